#include "tuner/gate/case_run.h"

#include <algorithm>

#include <fmt/format.h>

#include "results/error.h"
#include "tuner/gate/elements.h"
#include "tuner/gate/faults.h"

namespace tilesmith {

CaseRun::CaseRun(const KernelSpec& kernel, const Case& test_case)
    : kernel_(kernel),
      case_(test_case),
      arguments_(kernel, test_case.problem.dims, test_case.scalars),
      turn_(test_case.seed) {
  FaultWatch::Clear();
  const Placement placement = test_case.seed % 2 == 1 ? Placement::kEnd : Placement::kStart;
  for (std::size_t i = 0; i < kernel.operands.size(); ++i) {
    const Operand& operand = kernel.operands[i];
    const bool read_only = operand.direction == Direction::kInput;
    owned_.push_back(read_only ? GuardedBuffer()
                               : GuardedBuffer(test_case.shapes[i].bytes, placement));
  }
  for (std::size_t i = 0; i < owned_.size(); ++i) {
    const bool read_only = kernel.operands[i].direction == Direction::kInput;
    const GuardedBuffer& buffer = read_only ? test_case.inputs[i] : owned_[i];
    arguments_.Bind(i, buffer.data());
    FaultWatch::Add(kernel.operands[i].name, buffer, SizeOf(kernel.operands[i].dtype), read_only);
  }
}

void CaseRun::Call(const Variant& variant) {
  for (std::size_t i = 0; i < owned_.size(); ++i) {
    const Operand& operand = kernel_.operands[i];
    if (operand.direction == Direction::kInOut) {
      std::copy_n(case_.inputs[i].data(), owned_[i].size(), owned_[i].data());
    } else if (operand.direction != Direction::kInput) {
      Poison(operand, turn_, owned_[i].data(), owned_[i].size());
    }
  }
  ++turn_;
  variant.Run(arguments_.get());
}

std::string CaseRun::Damage() const {
  for (std::size_t i = 0; i < owned_.size(); ++i) {
    if (owned_[i].data() == nullptr) continue;
    std::string damage = DescribeDamage(owned_[i], kernel_.operands[i].name);
    if (!damage.empty()) return damage;
  }
  return {};
}

CaseOutcome CaseRun::After() const {
  std::vector<const std::byte*> actual;
  for (const GuardedBuffer& buffer : owned_) actual.push_back(buffer.data());
  return {kernel_, case_, std::move(actual)};
}

std::vector<std::byte> CaseRun::OutputBits() const {
  std::vector<std::byte> bits;
  for (std::size_t i = 0; i < owned_.size(); ++i) {
    if (!IsCompared(kernel_.operands[i].direction)) continue;
    bits.insert(bits.end(), owned_[i].data(), owned_[i].data() + owned_[i].size());
  }
  return bits;
}

CaseRun::Difference CaseRun::FirstDifference(const std::vector<std::byte>& first,
                                             const std::vector<std::byte>& second) const {
  const auto at = static_cast<std::size_t>(
      std::mismatch(first.begin(), first.end(), second.begin()).first - first.begin());
  std::size_t begin = 0;
  for (std::size_t i = 0; i < owned_.size(); ++i) {
    const Operand& operand = kernel_.operands[i];
    if (!IsCompared(operand.direction)) continue;
    if (at < begin + owned_[i].size()) {
      const std::size_t element = (at - begin) / SizeOf(operand.dtype);
      return {ElementName(operand.name, case_.shapes[i].shape, element),
              ReadElement(operand.dtype, first.data() + begin, element),
              ReadElement(operand.dtype, second.data() + begin, element)};
    }
    begin += owned_[i].size();
  }
  TILESMITH_CHECK(!"a byte of the outputs");
  return {};
}

}  // namespace tilesmith
