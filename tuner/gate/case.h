// A case: one problem with one seed, its inputs filled and its expected outputs computed by the
// golden. Made once in the parent, inherited by every forked child for nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "results/records.h"
#include "tuner/gate/guarded_buffer.h"
#include "tuner/gate/sandbox.h"
#include "tuner/kernel.h"

namespace tilesmith {

/// Sizes of one operand at given dimensions.
struct OperandShape {
  std::vector<std::int64_t> shape;
  std::size_t elements = 0;
  std::size_t bytes = 0;
};
/// Evaluates an operand's shape. Throws UserError naming kernel and operand when an expression
/// fails, gives a negative size or more bytes than can be counted.
OperandShape ShapeOf(const KernelSpec& kernel, const Operand& operand, const Dims& dims);

/// Memory that a forked child writes and its parent reads: where goldens put their outputs.
class SharedBuffer {
 public:
  SharedBuffer() = default;
  explicit SharedBuffer(std::size_t bytes);
  ~SharedBuffer();
  SharedBuffer(SharedBuffer&& other) noexcept;
  SharedBuffer& operator=(SharedBuffer&& other) noexcept;
  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

struct Case {
  Problem problem;
  std::uint64_t seed = 1;
  std::vector<OperandShape> shapes;  // by operand, as all below
  /// What a kernel reads: filled, then protected against writing. Empty for outputs and scratch.
  std::vector<GuardedBuffer> inputs;
  /// What the golden wrote. Empty for inputs and scratch.
  std::vector<SharedBuffer> expected;
  std::vector<double> scalars;
  /// "T=13,D=99 seed 2"
  std::string Name() const;
  std::size_t Bytes() const;
};

/// Fills the inputs: fills first, then the kernel's prepare function. The seed also decides the
/// placement: odd seeds end at the guard page, even ones begin there.
Case MakeInputs(const KernelSpec& kernel, const Problem& problem, std::uint64_t seed);

/// The same inputs with room for expected outputs of its own.
Case MakeLike(const KernelSpec& kernel, const Case& other);

/// Runs the golden in a forked child. Throws UserError when it crashes, hangs or reaches past its
/// operands: a broken golden proves nothing.
void ComputeGolden(const KernelSpec& kernel, Case& test_case, const Limits& limits);

/// Cases by problem sizes and seed, made on demand and kept for the configs to come.
class CaseLibrary {
 public:
  CaseLibrary(const KernelSpec& kernel, const Limits& limits) : kernel_(kernel), limits_(limits) {}
  /// With golden outputs.
  std::shared_ptr<const Case> Get(const Problem& problem, std::uint64_t seed);

 private:
  const KernelSpec& kernel_;
  Limits limits_;
  std::map<std::pair<std::string, std::uint64_t>, std::shared_ptr<const Case>> cases_;
};

}  // namespace tilesmith
