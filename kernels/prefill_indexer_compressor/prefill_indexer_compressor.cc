// Registers prefill_indexer_compressor (V2) and prefill_indexer_compressor_v3.

#include "kernels/prefill_indexer_compressor/prefill_indexer_compressor.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernels/compressor/rotated_rows.h"
#include "kernels/golden/fills.h"
#include "kernels/prefill_compressor/describe.h"
#include "kernels/prefill_indexer_compressor/prefill_indexer_compressor_golden.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using tilesmith::Finding;
using tilesmith::Judged;
using tilesmith::Normal;
using tilesmith::Outcome;
using Args = PrefillCompressorArgs;

struct Seed {
  int OUT_TILE = 64;
  int K_TILE = 512;
  int HEAD_CHUNK = 32;
  int HEAD_TILE = 64;
  int PACKED_RMS_TILE = 16;
  int PACKED_STATE_UPDATE_TILE = 16;
};

constexpr std::size_t kHead = 128;
const PrefillSlotNames kNames{.table = "inner_compress_state_block_table",
                              .cmp = "idx_slot_mapping",
                              .state = "inner_state_slot_mapping"};

void FillCase(tilesmith::CaseInputs& inputs) {
  FillPrefillCase(inputs, {PrefillIndexerRatio4::kRatio, PrefillIndexerRatio4::kPage, kNames});
  golden::FillNormal(inputs, inputs.Get<bf16>("hadamard"), std::sqrt(1.0 / kHead));
}

// The cache rows that the chunk writes, in the order of their windows.
std::vector<std::size_t> WrittenRows(const Outcome& outcome) {
  const auto slots = outcome.Input<std::int64_t>(kNames.cmp);
  const std::int64_t active = std::min(outcome.Dim("num_tokens"), outcome.Dim("T"));
  std::vector<std::size_t> rows;
  for (std::int64_t t = 0; t < active; ++t) {
    const std::int64_t slot = slots[static_cast<std::size_t>(t)];
    if (slot >= 0) rows.push_back(static_cast<std::size_t>(slot));
  }
  return rows;
}

// V3 codes: one apart at most, on 1 % of the written elements. Where the row's largest element
// rounded to another bf16 number, its scale moves by up to 1/128 and many of its codes by one; such
// rows are told by their scale, and one in a hundred, or one, may be.
Finding CloseCodes(const Outcome& outcome, const std::string& operand,
                   const std::vector<std::size_t>& rows) {
  const std::vector<std::size_t> slots = WrittenRows(outcome);
  const auto actual = outcome.Actual<std::int8_t>(operand);
  const auto expected = outcome.Expected<std::int8_t>(operand);
  const auto scales = outcome.Actual<float>("idx_kv_scale");
  const auto expected_scales = outcome.Expected<float>("idx_kv_scale");
  std::size_t apart = 0, rescaled = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    // 127/amax and its reciprocal may differ in their last bits; another amax is 2^-8 away.
    const float scale = expected_scales[slots[i]];
    const bool same_scale = std::fabs(scales[slots[i]] - scale) <= 1e-6f * scale;
    if (!same_scale) ++rescaled;
    for (std::size_t c = 0; c < kHead; ++c) {
      const std::size_t at = rows[i] * kHead + c;
      const int distance = std::abs(int{actual[at]} - int{expected[at]});
      if (distance > 1) {
        return {2, operand + "[" + std::to_string(at) + "] expected " +
                       std::to_string(expected[at]) + ", got " + std::to_string(actual[at])};
      }
      if (same_scale && distance == 1) ++apart;
    }
  }
  const std::size_t may_differ = std::max<std::size_t>(1, rows.size() * kHead / 100);
  const std::size_t may_rescale = std::max<std::size_t>(1, rows.size() / 100);
  const double share = std::max(static_cast<double>(apart) / static_cast<double>(may_differ),
                                static_cast<double>(rescaled) / static_cast<double>(may_rescale));
  if (share <= 1) return {share, ""};
  return {share, operand + ": " + std::to_string(apart) + " codes differ where " +
                     std::to_string(may_differ) + " may, " + std::to_string(rescaled) +
                     " rows have another scale where " + std::to_string(may_rescale) + " may"};
}

Finding CloseCacheCodes(const Outcome& outcome) {
  return CloseCodes(outcome, "idx_kv_cache", WrittenRows(outcome));
}

// kv's row i belongs to the i-th written row; what follows is 0.
Finding CloseKvCodes(const Outcome& outcome) {
  const auto actual = outcome.Actual<std::int8_t>("kv");
  std::vector<std::size_t> rows(std::min(WrittenRows(outcome).size(), actual.size() / kHead));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
  for (std::size_t at = rows.size() * kHead; at < actual.size(); ++at) {
    if (actual[at] != 0) {
      return {2, "kv[" + std::to_string(at) + "] expected 0, got " + std::to_string(actual[at])};
    }
  }
  return CloseCodes(outcome, "kv", rows);
}

tilesmith::Kernel<Args> Describe(const std::string& name, PrefillContract contract) {
  tilesmith::Kernel<Args> kernel(name);
  kernel.Contract("prefill_indexer_compressor", contract == PrefillContract::kV2 ? "V2" : "V3")
      .GoldenFiles({"indexer_prefill_compressor", "prefill_compressor4:indexer"})
      .Template("prefill_indexer_compressor.h", "kernels::PrefillIndexerCompressor",
                &PrefillIndexerCompressor<Seed{}>)
      .Space("../../search_spaces/" + name + ".toml");
  AddPrefillOperands<PrefillIndexerRatio4>(kernel, contract, kNames);
  kernel.Input("hadamard", &Args::hadamard, {"128", "128"}, tilesmith::Zeros())
      .Scratch("rounded", &Args::rounded, {"T", "128"})
      .Scratch("product", &Args::product, {"T", "128"})
      .Prepare(&FillCase)
      .Golden(&PrefillIndexerCompressorGolden);
  return kernel;
}

const auto* const registered =
    Describe("prefill_indexer_compressor", PrefillContract::kV2)
        // 16 outliers of (1e-4, 1/128) in the originals: one flip before the matrix can make ten.
        .InOut("idx_kv_cache", &Args::cmp_kv, {"CMP_BLOCKS", "CMP_PAGE", "1", "128"}, Normal(1),
               compressor::RotatedRows("idx_kv_cache", kHead, true))
        .Output("kv", &Args::kv_rows, {"T // 4", "128"}, compressor::RotatedRows("kv", kHead, true))
        .OptionalInFiles()
        .Register();

const auto* const registered_v3 =
    Describe("prefill_indexer_compressor_v3", PrefillContract::kV3)
        .InOut("idx_kv_cache", &Args::idx_kv_cache, {"CMP_BLOCKS", "CMP_PAGE", "1", "128"},
               tilesmith::Uniform(-127, 127), Judged("codes_by_row", &CloseCacheCodes))
        .InOut("idx_kv_scale", &Args::idx_kv_scale, {"CMP_BLOCKS", "CMP_PAGE", "1", "1"},
               tilesmith::Uniform(0.001, 0.01), tilesmith::RatioAllClose(1e-4, 1.0 / 128, 0.01))
        .Output("kv", &Args::kv_codes, {"T // 4", "128"}, Judged("codes_by_row", &CloseKvCodes))
        .OptionalInFiles()
        .Register();

}  // namespace
}  // namespace kernels
