// The operands of a case, as the gate would lend them to a kernel's Prepare.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numbers>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tuner/kernel.h"

namespace tilesmith {

class FakeInputs : public CaseInputs {
 public:
  explicit FakeInputs(std::uint64_t seed) : random_(seed) {}

  template <typename T>
  void Add(const std::string& name, std::size_t count) {
    operands_[name] = {std::vector<std::byte>(count * sizeof(T)), count, DTypeOf<T>()};
  }

  std::int64_t Dim(std::string_view) const override {
    throw std::logic_error("no dimension asked");
  }
  std::uint64_t Random() override { return random_(); }
  double RandomNormal() override {
    const double radius = std::sqrt(-2 * std::log(Unit()));
    return radius * std::cos(2 * std::numbers::pi * Unit());
  }

 private:
  struct Memory {
    std::vector<std::byte> bytes;
    std::size_t count = 0;
    DType dtype = DType::kF32;
  };

  double Unit() { return (static_cast<double>(random_() >> 12) + 0.5) * 0x1p-52; }

  std::pair<void*, std::size_t> Find(std::string_view name, DType dtype) override {
    Memory& memory = operands_.at(std::string(name));
    if (memory.dtype != dtype) throw std::logic_error("another type was added");
    return {memory.bytes.data(), memory.count};
  }

  std::mt19937_64 random_;
  std::map<std::string, Memory> operands_;
};

}  // namespace tilesmith
