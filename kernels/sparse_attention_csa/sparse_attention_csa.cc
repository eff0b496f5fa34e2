// Registers sparse_attention_csa and sparse_attention_csa_v3.

#include "kernels/sparse_attention_csa/sparse_attention_csa.h"

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
  attention::FillTables(inputs, {"ori_block_table", "cmp_block_table"});
  attention::FillCodedIndices(inputs, attention::Codes::kCsa);
  attention::FillValues(inputs, {"ori_kv", "mtp_kv_overlay", "cmp_kv"});
  golden::FillProjection(inputs);
}

const tilesmith::KernelSpec* RegisterV2() {
  Registration made("sparse_attention_csa", "B * S", "ceil_div(TOPK, 128)");
  made.kernel()
      .Contract("sparse_attention_csa", "V2")
      .GoldenFiles({"sparse_attn:csa"})
      .Template("sparse_attention_csa.h", "kernels::SparseAttentionCsa",
                &SparseAttentionCsa<attention::DecodeTiles{}>)
      .Space("../../search_spaces/sparse_attention_csa.toml")
      .Prepare(&FillCase)
      .Golden(&golden::AttentionGolden<&golden::CodedColumns>);
  made.Tokens().Dim("TOPK", &Args::TOPK).Queries().WindowCache().WindowPages("mtp_kv_overlay");
  made.CompressedCache()
      .Input("cmp_sparse_indices", &Args::cmp_sparse_indices, {"B * S", "TOPK"})
      .Input("valid_block_mask", &Args::valid_block_mask, {"B * S", "max(2, ceil_div(TOPK, 128))"});
  return made.Weights()
      .CoreScratch()
      .Projection(&golden::CodedColumns)
      .Roofline("TOPK", true)
      .Register();
}

// Columns of the sequence so far, some of which the step's earlier tokens may not see yet.
void FillCaseV3(tilesmith::CaseInputs& inputs) {
  attention::FillTables(inputs, {"cmp_block_table"});
  const auto B = static_cast<int>(inputs.Dim("B")), S = static_cast<int>(inputs.Dim("S"));
  const auto held = static_cast<int>(inputs.Dim("CMP_MAX") * inputs.Dim("CMP_PAGE"));
  const std::vector<int> positions =
      attention::FillWindowRows(inputs, "window_swa_indices", B, 4 * held);
  const std::span<int> ids = inputs.Get<int>("position_ids"), topk = inputs.Get<int>("idx_topk");
  const std::size_t columns = topk.size() / ids.size();
  for (std::size_t t = 0; t < positions.size(); ++t) {
    ids[t] = positions[t];
    golden::FillTopk(inputs, topk.subspan(t * columns, columns), (positions[t] + S) / 4, 0);
  }
  attention::FillValues(inputs, {"ori_kv", "cmp_kv"});
  golden::FillProjection(inputs);
}

const tilesmith::KernelSpec* RegisterV3() {
  Registration made("sparse_attention_csa_v3", "B * S", "ceil_div(128 + IDX_TOPK, 128)");
  made.kernel()
      .Contract("sparse_attention_csa", "V3")
      .GoldenFiles({"sparse_attn:csa"})
      .Template("sparse_attention_csa.h", "kernels::SparseAttentionCsaV3",
                &SparseAttentionCsaV3<attention::DecodeTilesV3{}>)
      .Space("../../search_spaces/sparse_attention_csa_v3.toml")
      .Prepare(&FillCaseV3)
      .Golden(&golden::AttentionGolden<&golden::CsaV3Columns>);
  made.Tokens().Dim("IDX_TOPK", &Args::IDX_TOPK).AlsoCalled("index_topk");
  made.Dim("SCORE_LEN", &Args::SCORE_LEN)
      .Queries()
      .WindowCache()
      .Input("window_swa_indices", &Args::window_indices, {"B * S", "128"});
  made.CompressedCache()
      .Input("idx_topk", &Args::idx_topk, {"B * S", "SCORE_LEN"})
      .Input("position_ids", &Args::position_ids, {"B * S", "1"});
  return made.Weights()
      .CoreScratch()
      .GatherScratch()
      .Projection(&golden::CsaV3Columns)
      .Roofline("128 + IDX_TOPK", true)
      .Register();
}

const auto* const registered = RegisterV2();
const auto* const registered_v3 = RegisterV3();

}  // namespace
}  // namespace kernels
