#include "tests/broken/topk_rule.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include <fmt/format.h>

namespace tilesmith {

Finding JudgeTopk(const Outcome& outcome) {
  const auto score = outcome.Input<float>("score");
  const auto expected = outcome.Expected<std::int32_t>("indices");
  const auto actual = outcome.Actual<std::int32_t>("indices");
  const auto N = outcome.Dim("N"), K = outcome.Dim("K");
  for (std::int64_t i = 0; i < std::ssize(actual); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const std::int32_t got = actual[at], right = expected[at];
    if (got == right) continue;
    const auto row =
        score.subspan(static_cast<std::size_t>(i / K * N), static_cast<std::size_t>(N));
    const auto before =
        actual.subspan(static_cast<std::size_t>(i / K * K), static_cast<std::size_t>(i % K));
    const bool ties = right >= 0 && got >= 0 && got < N &&
                      row[static_cast<std::size_t>(got)] == row[static_cast<std::size_t>(right)];
    if (ties && std::ranges::find(before, got) == before.end()) continue;
    return {2, fmt::format("indices[{},{}] expected {}, got {}{}", i / K, i % K, right, got,
                           got >= N ? ": padding, no element of the row" : "")};
  }
  return {};
}

}  // namespace tilesmith
