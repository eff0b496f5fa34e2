// Registers expert_shared.

#include "kernels/expert_shared/expert_shared.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "kernels/expert_shared/expert_shared_golden.h"
#include "kernels/golden/rounding.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using tilesmith::Zeros;

struct Seed {
  int MM_INTER_TILE = 256;
  int K_TILE = 512;
  int INTER_K = 512;
  int ACT_INTER_TILE = 128;
  int ACT_GATE_INNER = 4;
  int QUANT_TILE = 256;
  int D_OUT_TILE = 256;
  int D_OUT_TILE_ACT = 512;
  int W2_ACT_INNER = 2;
};

// Codes of normal weights: the row's largest is 127, and the largest of a few thousand deviates
// lies near 3.7 standard deviations.
constexpr double kCodeDeviation = 127 / 3.7;

// The code that each of 256 equally likely bytes stands for: quantiles of that distribution.
std::array<std::int8_t, 256> NormalCodes() {
  std::array<std::int8_t, 256> codes{};
  for (int byte = 0; byte < 256; ++byte) {
    double low = -8, high = 8;
    for (int step = 0; step < 50; ++step) {
      const double middle = (low + high) / 2;
      (0.5 * std::erfc(-middle / std::sqrt(2.0)) < (byte + 0.5) / 256 ? low : high) = middle;
    }
    codes[static_cast<std::size_t>(byte)] =
        static_cast<std::int8_t>(std::lround(low * kCodeDeviation));
  }
  return codes;
}

// Eight codes per random number: the weights of one problem are up to 66 MB.
void FillCodes(tilesmith::CaseInputs& inputs, std::span<std::int8_t> weights) {
  static const std::array<std::int8_t, 256> codes = NormalCodes();
  for (std::size_t i = 0; i < weights.size(); i += 8) {
    const std::uint64_t random = inputs.Random();
    for (std::size_t j = 0; j < 8 && i + j < weights.size(); ++j) {
      weights[i + j] = codes[(random >> (8 * j)) & 0xff];
    }
  }
}

// A weight of P3: codes that reach ±127 in every row, and scales that spread log-normally (cv) over
// the rows, such that the dequantised weight has the standard deviation that the trained ones have.
void FillWeight(tilesmith::CaseInputs& inputs, const std::string& name, double deviation,
                double cv) {
  const std::span<std::int8_t> weights = inputs.Get<std::int8_t>(name);
  const std::span<float> scales = inputs.Get<float>(name + "_scale");
  FillCodes(inputs, weights);
  const std::size_t k = weights.size() / scales.size();
  const double unit = deviation / kCodeDeviation / std::exp(cv * cv);  // E[e^(2·cv·z)] = e^(2·cv²)
  for (std::size_t row = 0; row < scales.size(); ++row) {
    const std::uint64_t random = inputs.Random();
    weights[row * k + (random >> 1) % k] = random & 1 ? 127 : -127;
    scales[row] = static_cast<float>(unit * std::exp(cv * inputs.RandomNormal()));
  }
}

// Activations as the layer before hands them over: bf16 deviates, quantised by row.
void FillTokens(tilesmith::CaseInputs& inputs) {
  const std::span<std::int8_t> codes = inputs.Get<std::int8_t>("x_local_i8");
  const std::span<float> scales = inputs.Get<float>("x_local_scale_dq");
  std::vector<float> row(codes.size() / scales.size());
  for (std::size_t t = 0; t < scales.size(); ++t) {
    for (float& value : row) {
      value = golden::ToFloat(golden::Bf16Rne(static_cast<float>(inputs.RandomNormal())));
    }
    scales[t] = golden::QuantiseRow(row, codes.data() + t * row.size());
  }
}

// Deviations and spreads of kernels.md §10.1.
void FillCase(tilesmith::CaseInputs& inputs) {
  FillTokens(inputs);
  FillWeight(inputs, "shared_w1", 1.71e-2, 0.5);
  FillWeight(inputs, "shared_w3", 1.70e-2, 0.5);
  FillWeight(inputs, "shared_w2", 1.68e-2, 0.33);
}

using Args = ExpertSharedArgs;

const auto* const registered =
    tilesmith::Kernel<Args>("expert_shared")
        .Template("expert_shared.h", "kernels::ExpertShared", &ExpertShared<Seed{}>)
        .Space("../../search_spaces/expert_shared.toml")
        .Dim("T", &Args::T)
        .Dim("D", &Args::D)
        .Dim("MI", &Args::MI)
        .Scalar("swiglu_limit", &Args::swiglu_limit, 10)
        .Input("x_local_i8", &Args::x_local_i8, {"T", "D"}, Zeros())
        .Input("x_local_scale_dq", &Args::x_local_scale_dq, {"T", "1"}, Zeros())
        .ColdInput("shared_w1", &Args::shared_w1, {"MI", "D"}, Zeros())
        .ColdInput("shared_w1_scale", &Args::shared_w1_scale, {"MI"}, Zeros())
        .ColdInput("shared_w3", &Args::shared_w3, {"MI", "D"}, Zeros())
        .ColdInput("shared_w3_scale", &Args::shared_w3_scale, {"MI"}, Zeros())
        .ColdInput("shared_w2", &Args::shared_w2, {"D", "MI"}, Zeros())
        .ColdInput("shared_w2_scale", &Args::shared_w2_scale, {"D"}, Zeros())
        .Prepare(&FillCase)
        .Output("sh", &Args::sh, {"T", "D"}, tilesmith::RatioRelDiff(2e-3, 0.01))
        .Scratch("x_panels", &Args::x_panels, {"ceil_div(T, 8) * ceil_div(D, 64) * 512 + 63"})
        .Scratch("gate", &Args::gate, {"ceil_div(T, 8) * ceil_div(MI, 16) * 128"})
        .Scratch("up", &Args::up, {"ceil_div(T, 8) * ceil_div(MI, 16) * 128"})
        .Scratch("h", &Args::h, {"T", "MI"})
        .Scratch("h_panels", &Args::h_panels, {"ceil_div(T, 8) * ceil_div(MI, 64) * 512 + 63"})
        .Scratch("h_scale", &Args::h_scale, {"T"})
        .Scratch("down", &Args::down, {"ceil_div(T, 8) * ceil_div(D, 16) * 128"})
        .Golden(&ExpertSharedGolden)
        .Flops("6 * T * D * MI", tilesmith::DType::kI8)
        .Bytes("3 * D * MI + 4 * (2 * MI + D) + T * (3 * D + 4)")
        .Register();

}  // namespace
}  // namespace kernels
