// A kernel's Args structure, filled through its registration.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "results/config.h"
#include "tuner/kernel.h"

namespace tilesmith {

class Arguments {
 public:
  /// Dimensions and scalars set, operands null. `dims` must hold every dimension of the kernel.
  Arguments(const KernelSpec& kernel, const Dims& dims, const std::vector<double>& scalars);

  /// Points an operand at its data.
  void Bind(std::size_t operand, void* data) { kernel_->operands[operand].bind(args_.get(), data); }
  const void* get() const { return args_.get(); }

 private:
  const KernelSpec* kernel_;
  std::shared_ptr<void> args_;
};

}  // namespace tilesmith
