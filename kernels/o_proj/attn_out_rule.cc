#include "kernels/o_proj/attn_out_rule.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>

#include "kernels/golden/rounding.h"
#include "kernels/o_proj/o_proj_golden.h"

namespace kernels {
namespace {

using tilesmith::Finding;
using tilesmith::Outcome;

constexpr double kAtol = 1e-4, kRtol = 1.0 / 128, kSteps = 3;

// The largest scale of a token's groups.
std::vector<float> LargestScales(const Outcome& outcome, std::span<const bf16> o) {
  OProjArgs args = {};
  args.o = o.data();
  args.wo_a = outcome.Input<bf16>("wo_a").data();
  args.D = static_cast<int>(outcome.Dim("D"));
  args.G = static_cast<int>(outcome.Dim("G"));
  args.H = static_cast<int>(outcome.Dim("H"));
  args.O_LORA = static_cast<int>(outcome.Dim("O_LORA"));
  args.T = static_cast<int>(o.size() / 512 / static_cast<std::size_t>(args.H));
  std::vector<float> largest(static_cast<std::size_t>(args.T), 0.0f);
  for (int g = 0; g < args.G; ++g) {
    const GroupCodes group = OProjGroupCodes(args, g);
    for (std::size_t t = 0; t < largest.size(); ++t) {
      largest[t] = std::max(largest[t], group.scales[t]);
    }
  }
  return largest;
}

// What one step of the largest code of channel d is worth, but for the token's scale.
std::vector<double> CodeWeights(const Outcome& outcome) {
  const std::span<const std::int8_t> wo_b = outcome.Input<std::int8_t>("wo_b");
  const std::span<const float> scales = outcome.Input<float>("wo_b_scale");
  const std::size_t row = wo_b.size() / scales.size();
  std::vector<double> weights(scales.size());
  for (std::size_t d = 0; d < scales.size(); ++d) {
    int largest = 0;
    for (std::int8_t code : wo_b.subspan(d * row, row)) largest = std::max(largest, std::abs(code));
    weights[d] = static_cast<double>(std::fabs(scales[d])) * largest;
  }
  return weights;
}

Finding WithinCodeSteps(const Outcome& outcome, const std::vector<float>& scales) {
  const std::span<const bf16> expected = outcome.Expected<bf16>("attn_out");
  const std::span<const bf16> actual = outcome.Actual<bf16>("attn_out");
  const std::vector<double> weights = CodeWeights(outcome);
  Finding finding;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double e = golden::ToFloat(expected[i]), a = golden::ToFloat(actual[i]);
    const std::size_t t = i / weights.size(), d = i % weights.size();
    const double allowed = kAtol + kRtol * std::fabs(e) + kSteps * scales[t] * weights[d];
    const double share = std::fabs(a - e) / allowed;
    if (share <= 1) {
      finding.error_share = std::max(finding.error_share, share);
    } else {
      return {share, "attn_out[" + std::to_string(t) + "," + std::to_string(d) + "] is " +
                         std::to_string(a) + ", expected " + std::to_string(e) +
                         " within three code steps, " + std::to_string(allowed)};
    }
  }
  return finding;
}

}  // namespace

tilesmith::Comparator AttnOutRule(std::function<std::vector<bf16>(const Outcome&)> make_o) {
  return tilesmith::Judged(
      "attn_out(0.0001,0.0078125,0.005 or 3 codes)",
      [make_o = std::move(make_o)](const Outcome& outcome) -> Finding {
        Finding plain = outcome.Under(tilesmith::RatioAllClose(kAtol, kRtol), "attn_out");
        if (plain.message.empty()) return plain;
        return WithinCodeSteps(outcome, LargestScales(outcome, make_o(outcome)));
      });
}

}  // namespace kernels
