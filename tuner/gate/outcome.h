// A case after a call: what went in, what should have come out and what did, as rules see it, and
// the judgement of each output.
#pragma once

#include <cstddef>
#include <vector>

#include "tuner/gate/case.h"
#include "tuner/gate/comparators.h"
#include "tuner/kernel.h"

namespace tilesmith {

class CaseOutcome : public Outcome {
 public:
  /// `actual`: the outputs by operand, null for inputs and scratch; must outlive this object, as
  /// must kernel and case.
  CaseOutcome(const KernelSpec& kernel, const Case& test_case, std::vector<const std::byte*> actual)
      : kernel_(kernel), case_(test_case), actual_(std::move(actual)) {}

  /// Whether there is something to compare this operand with.
  bool IsJudged(std::size_t operand) const;
  /// One output under its own rule; an in/out operand's untouched rows besides, and their message
  /// first.
  Judgement Judge(std::size_t operand) const;
  /// Every output: the first that fails, else the one nearest to failing. zero_share is that of all
  /// outputs together, but for the rows that the golden leaves zero beside others that it does not:
  /// those are zero by contract (inactive tokens, experts without rows), not for want of inputs.
  Judgement JudgeAll() const;
  /// Elements that JudgeAll() compares.
  std::int64_t elements() const;

  std::int64_t Dim(std::string_view name) const override;
  double Scalar(std::string_view name) const override;
  Finding Under(const Comparator& rule, std::string_view operand) const override;

 private:
  // Rows of an output, of `size` elements each, by the number of their first element.
  struct Rows {
    std::vector<std::size_t> begins;
    std::size_t size = 0;
  };

  // Those whose zeros count; see JudgeAll().
  Rows LiveRows(std::size_t operand) const;
  std::pair<const void*, std::size_t> Find(Side side, std::string_view name,
                                           DType dtype) const override;
  std::size_t IndexOf(std::string_view name) const;
  Judgement Apply(const Comparator& rule, std::size_t operand) const;
  std::string TouchedRow(std::size_t operand) const;

  const KernelSpec& kernel_;
  const Case& case_;
  std::vector<const std::byte*> actual_;
};

}  // namespace tilesmith
