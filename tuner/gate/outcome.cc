#include "tuner/gate/outcome.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "results/error.h"
#include "tuner/gate/elements.h"

namespace tilesmith {

bool CaseOutcome::IsJudged(std::size_t operand) const {
  return IsCompared(kernel_.operands[operand].direction) &&
         case_.expected[operand].data() != nullptr;
}

Judgement CaseOutcome::Judge(std::size_t operand) const {
  Judgement judged = Apply(kernel_.operands[operand].comparator, operand);
  // Before what the rule says: it names a difference, this its cause.
  if (std::string touched = TouchedRow(operand); !touched.empty()) {
    judged.ok = false;
    judged.message = std::move(touched);
  }
  return judged;
}

Judgement CaseOutcome::JudgeAll() const {
  Judgement worst;
  worst.ok = true;
  double zeros = 0, counted = 0;
  for (std::size_t i = 0; i < kernel_.operands.size(); ++i) {
    if (!IsJudged(i)) continue;
    const Judgement judged = Judge(i);
    if (!judged.ok) return judged;
    worst.error_share = std::max(worst.error_share, judged.error_share);
    for (const Rows rows = LiveRows(i); const std::size_t at : rows.begins) {
      const DType dtype = kernel_.operands[i].dtype;
      const auto size = static_cast<double>(rows.size);
      zeros += size * ZeroShare(dtype, actual_[i] + at * SizeOf(dtype), rows.size);
      counted += size;
    }
  }
  worst.zero_share = counted == 0 ? 0 : zeros / counted;
  return worst;
}

CaseOutcome::Rows CaseOutcome::LiveRows(std::size_t operand) const {
  const OperandShape& shape = case_.shapes[operand];
  const DType dtype = kernel_.operands[operand].dtype;
  const std::byte* expected = case_.expected[operand].data();
  const Rows whole{{0}, shape.elements};
  if (shape.elements == 0) return {{}, 0};
  if (shape.shape.empty() || shape.shape.back() == 1) return whole;
  Rows live{{}, static_cast<std::size_t>(shape.shape.back())};
  for (std::size_t at = 0; at < shape.elements; at += live.size) {
    const bool dead = ZeroShare(dtype, expected + at * SizeOf(dtype), live.size) == 1;
    if (!dead) live.begins.push_back(at);
  }
  return live.begins.empty() ? whole : live;
}

std::int64_t CaseOutcome::elements() const {
  std::int64_t total = 0;
  for (std::size_t i = 0; i < kernel_.operands.size(); ++i) {
    if (IsJudged(i)) total += static_cast<std::int64_t>(case_.shapes[i].elements);
  }
  return total;
}

Judgement CaseOutcome::Apply(const Comparator& rule, std::size_t operand) const {
  const Operand& output = kernel_.operands[operand];
  const OperandShape& shape = case_.shapes[operand];
  if (rule.kind != Comparator::Kind::kJudged) {
    return tilesmith::Judge(output, rule, shape.shape, case_.expected[operand].data(),
                            actual_[operand]);
  }
  const Finding finding = rule.rule(*this);
  return {finding.message.empty(), finding.error_share,
          ZeroShare(output.dtype, actual_[operand], shape.elements), finding.message};
}

// A write to a row that is not the kernel's to write is another row's loss, however small.
std::string CaseOutcome::TouchedRow(std::size_t operand) const {
  const Operand& state = kernel_.operands[operand];
  const OperandShape& shape = case_.shapes[operand];
  if (state.direction != Direction::kInOut || shape.shape.empty() || shape.bytes == 0) return {};
  const std::size_t row = static_cast<std::size_t>(shape.shape.back()) * SizeOf(state.dtype);
  const std::byte* before = case_.inputs[operand].data();
  const std::byte* expected = case_.expected[operand].data();
  for (std::size_t at = 0; at < shape.bytes; at += row) {
    if (std::memcmp(before + at, expected + at, row) != 0) continue;
    const std::byte* after = actual_[operand] + at;
    if (std::memcmp(before + at, after, row) == 0) continue;
    const auto differs = std::mismatch(after, after + row, before + at).first - after;
    const std::size_t i =
        at / SizeOf(state.dtype) + static_cast<std::size_t>(differs) / SizeOf(state.dtype);
    return fmt::format("{} was to stay {:.9g}, got {:.9g}: the golden leaves its row untouched",
                       ElementName(state.name, shape.shape, i),
                       ReadElement(state.dtype, case_.inputs[operand].data(), i),
                       ReadElement(state.dtype, actual_[operand], i));
  }
  return {};
}

std::int64_t CaseOutcome::Dim(std::string_view name) const {
  for (const auto& [dim, value] : case_.problem.dims) {
    if (dim == name) return value;
  }
  throw UserError(fmt::format("{}: a rule of '{}' asks for dimension '{}', which it does not have",
                              kernel_.registration_file, kernel_.name, name));
}

double CaseOutcome::Scalar(std::string_view name) const {
  for (std::size_t i = 0; i < kernel_.scalars.size(); ++i) {
    if (kernel_.scalars[i].name == name) return case_.scalars[i];
  }
  throw UserError(fmt::format("{}: a rule of '{}' asks for scalar '{}', which it does not have",
                              kernel_.registration_file, kernel_.name, name));
}

Finding CaseOutcome::Under(const Comparator& rule, std::string_view operand) const {
  const Judgement judged = Apply(rule, IndexOf(operand));
  return {judged.error_share, judged.message};
}

std::size_t CaseOutcome::IndexOf(std::string_view name) const {
  for (std::size_t i = 0; i < kernel_.operands.size(); ++i) {
    if (kernel_.operands[i].name == name) return i;
  }
  throw UserError(fmt::format("{}: a rule of '{}' asks for operand '{}', which it does not have",
                              kernel_.registration_file, kernel_.name, name));
}

std::pair<const void*, std::size_t> CaseOutcome::Find(Side side, std::string_view name,
                                                      DType dtype) const {
  const std::size_t i = IndexOf(name);
  const Operand& operand = kernel_.operands[i];
  const bool there =
      side == Side::kInput ? IsRead(operand.direction) : IsCompared(operand.direction);
  if (!there || operand.dtype != dtype) {
    throw UserError(fmt::format("{}: a rule of '{}' asks for '{}' as {} {}, which it is not",
                                kernel_.registration_file, kernel_.name, name, ToString(dtype),
                                side == Side::kInput ? "input" : "output"));
  }
  if (side == Side::kInput) return {case_.inputs[i].data(), case_.shapes[i].elements};
  if (side == Side::kActual) return {actual_[i], case_.shapes[i].elements};
  return {case_.expected[i].data(), IsJudged(i) ? case_.shapes[i].elements : 0};
}

}  // namespace tilesmith
