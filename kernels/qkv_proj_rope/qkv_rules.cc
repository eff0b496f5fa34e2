#include "kernels/qkv_proj_rope/qkv_rules.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "kernels/golden/rounding.h"
#include "kernels/qkv_proj_rope/qkv_proj_rope_golden.h"

namespace kernels {
namespace {

using tilesmith::Finding;
using tilesmith::Outcome;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kAtol = 1e-4, kRtol = 1.0 / 128, kRatio = 0.005;

std::size_t Tokens(const Outcome& outcome) { return outcome.Actual<float>("qr_scale").size(); }

// What the codes of `token` as emitted give.
std::vector<bf16> Recomputed(const Outcome& outcome, const QkvAnglesOf& angles, std::size_t token) {
  const auto codes = outcome.Actual<std::int8_t>("qr");
  const std::size_t QL = codes.size() / Tokens(outcome);
  const QkvAngles of = angles(outcome, token);
  return QueriesOfCodes(codes.subspan(token * QL, QL), outcome.Actual<float>("qr_scale")[token],
                        outcome.Input<std::int8_t>("wq_b"), outcome.Input<float>("wq_b_scale"),
                        of.cos, of.sin);
}

// Whether the variant's codes of `token` are not the golden's.
bool Flipped(const Outcome& outcome, std::size_t token) {
  const auto actual = outcome.Actual<std::int8_t>("qr"),
             expected = outcome.Expected<std::int8_t>("qr");
  const std::size_t QL = actual.size() / Tokens(outcome);
  return !std::ranges::equal(actual.subspan(token * QL, QL), expected.subspan(token * QL, QL));
}

// Elements beyond the tolerance, and the first of them.
struct Misses {
  double count = 0;
  std::string first;

  void Compare(std::span<const bf16> actual, std::span<const bf16> expected, std::size_t token) {
    for (std::size_t i = 0; i < actual.size(); ++i) {
      const double a = golden::ToFloat(actual[i]), e = golden::ToFloat(expected[i]);
      if (std::abs(a - e) <= kAtol + kRtol * std::abs(e)) continue;
      const bool number = std::isfinite(a) && std::isfinite(e);  // others no ratio excuses
      if (std::exchange(count, number ? count + 1 : kInfinity) > 0) continue;
      first = "q of token " + std::to_string(token) + ", element " + std::to_string(i) +
              ": expected " + std::to_string(e) + ", got " + std::to_string(a);
    }
  }
};

Finding JudgeQueries(const Outcome& outcome, const QkvAnglesOf& angles) {
  const auto actual = outcome.Actual<bf16>("q"), expected = outcome.Expected<bf16>("q");
  const std::size_t tokens = Tokens(outcome), row = actual.size() / tokens;
  Misses misses;
  for (std::size_t t = 0; t < tokens; ++t) {
    const std::span<const bf16> mine = actual.subspan(t * row, row);
    if (Flipped(outcome, t)) misses.Compare(mine, Recomputed(outcome, angles, t), t);
    else misses.Compare(mine, expected.subspan(t * row, row), t);
  }
  const double allowed = std::nearbyint(kRatio * static_cast<double>(actual.size()));
  if (misses.count <= allowed) return {allowed > 0 ? misses.count / allowed : 0, ""};
  return {misses.count, misses.first +
                            "; more than 0.5 % of all miss 1e-4 + |expected|/128, or one "
                            "is no number"};
}

Finding JudgeCodes(const Outcome& outcome) {
  const auto actual = outcome.Actual<std::int8_t>("qr"),
             expected = outcome.Expected<std::int8_t>("qr");
  const std::size_t tokens = Tokens(outcome), row = actual.size() / tokens;
  const auto allowed = [](std::size_t n) {
    return std::max(1.0, std::nearbyint(kRatio * static_cast<double>(n)));
  };
  double all = 0, worst = 0;
  for (std::size_t t = 0; t < tokens; ++t) {
    double flips = 0;
    for (std::size_t i = t * row; i < (t + 1) * row; ++i) {
      const int distance = std::abs(actual[i] - expected[i]);
      if (distance > 1) {
        return {static_cast<double>(distance), "qr of token " + std::to_string(t) + ", code " +
                                                   std::to_string(i - t * row) + ": expected " +
                                                   std::to_string(expected[i]) + ", got " +
                                                   std::to_string(actual[i])};
      }
      flips += distance;
    }
    all += flips;
    worst = std::max(worst, flips / allowed(row));
  }
  worst = std::max(worst, all / allowed(actual.size()));
  if (worst <= 1) return {worst, ""};
  return {worst, "qr: " + std::to_string(static_cast<long>(all)) + " of " +
                     std::to_string(actual.size()) +
                     " codes are one off, at most 0.5 % of all and of each row may be"};
}

}  // namespace

QkvAngles AnglesOfRows(const tilesmith::Outcome& outcome, std::size_t token) {
  const auto of = [&](const char* table) {
    return outcome.Input<bf16>(table).subspan(token * kQkvRopeDim).first<kQkvRopeDim / 2>();
  };
  return {of("rope_cos"), of("rope_sin")};
}

tilesmith::Comparator QueriesOfEmittedCodes(QkvAnglesOf angles) {
  return tilesmith::Judged("ratio_allclose(0.0001,0.0078125,0.005) given the emitted qr",
                           [angles = std::move(angles)](const Outcome& outcome) {
                             return JudgeQueries(outcome, angles);
                           });
}

tilesmith::Comparator FewCodesFlip() {
  return tilesmith::Judged("codes(1,0.005) overall and per row", &JudgeCodes);
}

}  // namespace kernels
