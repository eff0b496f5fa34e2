#include "kernels/compressor/rotated_rows.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>

#include "kernels/golden/rounding.h"

namespace kernels::compressor {
namespace {

using tilesmith::Finding;

float Widen(float value) { return value; }
float Widen(tilesmith::bf16 value) { return golden::ToFloat(value); }

template <typename T>
float RootMeanSquare(std::span<const T> row) {
  double squares = 0;
  for (const T value : row) squares += double{Widen(value)} * double{Widen(value)};
  return static_cast<float>(std::sqrt(squares / static_cast<double>(row.size())));
}

template <typename T>
Finding JudgeRows(const std::string& operand, std::span<const T> actual,
                  std::span<const T> expected, std::size_t columns, int units) {
  Finding finding;
  float rms = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (i % columns == 0) rms = RootMeanSquare(expected.subspan(i, columns));
    const float want = Widen(expected[i]), got = Widen(actual[i]);
    const double share = double{std::fabs(got - want)} /
                         (units * (1e-4 + double{std::max(std::fabs(want), rms)} / 128));
    if (!(share <= 1)) {
      return {share, operand + "[" + std::to_string(i / columns) + ",…," +
                         std::to_string(i % columns) + "] expected " + std::to_string(want) +
                         ", got " + std::to_string(got) + ", " + std::to_string(share) +
                         " of what its row allows"};
    }
    finding.error_share = std::max(finding.error_share, share);
  }
  return finding;
}

}  // namespace

tilesmith::Comparator RotatedRows(std::string operand, std::size_t columns, bool as_bf16,
                                  int units) {
  const std::string name = "rows(1e-4,1/128 of element or rms)*" + std::to_string(units);
  return tilesmith::Judged(name, [operand = std::move(operand), columns, as_bf16,
                                  units](const tilesmith::Outcome& outcome) {
    if (as_bf16) {
      return JudgeRows(operand, outcome.Actual<tilesmith::bf16>(operand),
                       outcome.Expected<tilesmith::bf16>(operand), columns, units);
    }
    return JudgeRows(operand, outcome.Actual<float>(operand), outcome.Expected<float>(operand),
                     columns, units);
  });
}

}  // namespace kernels::compressor
