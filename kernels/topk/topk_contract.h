// What indices of the best scores must fulfil when the scores themselves carry error: two kernels
// whose sums round differently may legally disagree on which of two nearly equal scores is larger
// (kernels.md appendix C.4 and §2, V3). For comparators of kernels that select.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "tuner/kernel.h"

namespace kernels {

/// One row of selected indices.
struct TopKRowCheck {
  std::span<const float> scores;         // the golden's, of the candidates; all finite
  std::span<const std::int32_t> chosen;  // the kernel's: min(k, candidates) indices, then −1
  std::size_t k = 0;
  std::int32_t offset = 0;  // what was added to every index
  /// Largest error that a kernel's score may have where the golden's is s. Null: none.
  std::function<double(double s)> bound;
};

/// Accepts `chosen` when its first min(k, candidates) entries are distinct and lie in
/// [offset, offset + candidates), all others are −1, no omitted score surely exceeds a chosen one
/// (s + bound < s' − bound), and none that stands earlier is surely below one that stands later.
/// Error share: the largest such excess as a share of the bounds' sum. Messages begin with `name`.
tilesmith::Finding CheckTopK(const TopKRowCheck& row, const std::string& name);

/// Accepts `chosen` when it is what P10 makes of the kernel's own `scores`: descending, the lower
/// index first among equals. Ends the freedom that error bounds leave.
tilesmith::Finding CheckTopKOrder(std::span<const float> scores,
                                  std::span<const std::int32_t> chosen, std::size_t k,
                                  std::int32_t offset, const std::string& name);

}  // namespace kernels
