// Judges an output against the golden's (kernels.md (a)). Every rule accepts with `<=`: NaN fails,
// and a value that is not finite passes only where the golden has the same one. The message names
// the worst element (operand, index, expected, got), or the first one where that was never written,
// and the box of indices that holds all misses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tuner/kernel.h"

namespace tilesmith {

struct Judgement {
  bool ok = false;
  /// Error as a share of what the rule allows; at most 1 when ok.
  double error_share = 0;
  /// Share of exact zeros in the actual output; the gate suspects outputs that are nearly all zero.
  double zero_share = 0;
  std::string message;  // empty when ok
};

/// Compares `actual` with `expected`, both of `shape` and the operand's type, by a plain rule: any
/// but Judged, which needs the whole case (tuner/gate/outcome.h).
Judgement Judge(const Operand& operand, const Comparator& rule,
                const std::vector<std::int64_t>& shape, const std::byte* expected,
                const std::byte* actual);

/// Share of exact zeros among `count` elements; 0 of none.
double ZeroShare(DType dtype, const std::byte* data, std::size_t count);

/// "y[3,1,4095]"
std::string ElementName(const std::string& operand, const std::vector<std::int64_t>& shape,
                        std::size_t index);

/// Fills an output or scratch with what no kernel means: a NaN for floats; integers with two
/// different patterns by turns, so that no constant can hit both. The NaN of scratch is another one
/// than that of outputs, so that Judge() can tell an element that was never written from one made
/// of such scratch.
void Poison(const Operand& operand, std::uint64_t turn, std::byte* data, std::size_t bytes);

}  // namespace tilesmith
