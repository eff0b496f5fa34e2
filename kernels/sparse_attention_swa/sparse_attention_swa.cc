// Registers sparse_attention_swa and sparse_attention_swa_v3.

#include "kernels/sparse_attention_swa/sparse_attention_swa.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "kernels/attention/inputs.h"
#include "kernels/attention/registration.h"
#include "kernels/attention/seed_tiles.h"
#include "kernels/golden/attention_fills.h"

namespace kernels {
namespace {

using Args = AttentionArgs;
using attention::Registration;

void FillCase(tilesmith::CaseInputs& inputs) {
  attention::FillTables(inputs, {"ori_block_table"});
  attention::FillCodedIndices(inputs, attention::Codes::kSwa);
  attention::FillValues(inputs, {"ori_kv", "mtp_kv_overlay"});
  golden::FillProjection(inputs);
}

const tilesmith::KernelSpec* RegisterV2() {
  Registration made("sparse_attention_swa", "B * S", "1 + ceil_div(B * S, 128)");
  made.kernel()
      .Contract("sparse_attention_swa", "V2")
      .GoldenFiles({"sparse_attn:swa"})
      .Template("sparse_attention_swa.h", "kernels::SparseAttentionSwa",
                &SparseAttentionSwa<attention::DecodeTiles{}>)
      .Space("../../search_spaces/sparse_attention_swa.toml")
      .Prepare(&FillCase)
      .Golden(&golden::AttentionGolden<&golden::SetColumns>);
  made.Tokens().Dim("TOPK", &Args::TOPK).Queries().WindowCache().WindowPages("mtp_kv_overlay");
  made.Input("cmp_sparse_indices", &Args::cmp_sparse_indices, {"B * S", "TOPK"})
      .Input("win_bias", &Args::win_bias, {"B * S", "128 * (1 + ceil_div(B * S, 128))"});
  return made.Weights()
      .CoreScratch()
      .Projection(&golden::SetColumns)
      .Roofline("128", true)
      .Register();
}

void FillCaseV3(tilesmith::CaseInputs& inputs) {
  const auto T = static_cast<int>(inputs.Dim("T"));
  const std::vector<int> positions = attention::FillWindowRows(inputs, "swa_indices", T, 16384);
  const std::span<int> lengths = inputs.Get<int>("swa_lens");
  for (std::size_t t = 0; t < lengths.size(); ++t) lengths[t] = std::min(positions[t] + 1, 128);
  attention::FillValues(inputs, {"ori_kv"});
  golden::FillProjection(inputs);
}

const tilesmith::KernelSpec* RegisterV3() {
  Registration made("sparse_attention_swa_v3", "T", "1");
  made.kernel()
      .Contract("sparse_attention_swa", "V3")
      .GoldenFiles({"sparse_attn:swa"})
      .Template("sparse_attention_swa.h", "kernels::SparseAttentionSwaV3",
                &SparseAttentionSwaV3<attention::DecodeTilesV3{}>)
      .Space("../../search_spaces/sparse_attention_swa_v3.toml")
      .Prepare(&FillCaseV3)
      .Golden(&golden::AttentionGolden<&golden::SwaV3Columns>);
  made.Tokens()
      .Queries()
      .WindowCache()
      .Input("swa_indices", &Args::window_indices, {"T", "128"})
      .Input("swa_lens", &Args::window_lens, {"T"});
  return made.Weights()
      .CoreScratch()
      .GatherScratch()
      .Projection(&golden::SwaV3Columns)
      .Roofline("128", true)
      .Register();
}

const auto* const registered = RegisterV2();
const auto* const registered_v3 = RegisterV3();

}  // namespace
}  // namespace kernels
