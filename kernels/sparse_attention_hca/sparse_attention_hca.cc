// Registers sparse_attention_hca and sparse_attention_hca_v3.

#include "kernels/sparse_attention_hca/sparse_attention_hca.h"

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
  attention::FillTables(inputs, {"ori_block_table", "cmp_block_table"});
  attention::FillCodedIndices(inputs, attention::Codes::kHca);
  attention::FillValues(inputs, {"ori_kv", "mtp_kv_overlay", "cmp_kv"});
  golden::FillProjection(inputs);
}

const tilesmith::KernelSpec* RegisterV2() {
  Registration made("sparse_attention_hca", "B * S", "ceil_div(TOPK, 128)");
  made.kernel()
      .Contract("sparse_attention_hca", "V2")
      .GoldenFiles({"sparse_attn:hca"})
      .Template("sparse_attention_hca.h", "kernels::SparseAttentionHca",
                &SparseAttentionHca<attention::DecodeTiles{}>)
      .Space("../../search_spaces/sparse_attention_hca.toml")
      .Prepare(&FillCase)
      .Golden(&golden::AttentionGolden<&golden::CodedColumns>);
  made.Tokens().Dim("TOPK", &Args::TOPK).Queries().WindowCache().WindowPages("mtp_kv_overlay");
  made.CompressedCache().Input("cmp_sparse_indices", &Args::cmp_sparse_indices, {"B * S", "TOPK"});
  return made.Weights()
      .CoreScratch()
      .Projection(&golden::CodedColumns)
      .Roofline("TOPK", true)
      .Register();
}

// Every complete compressed column, in order.
void FillCaseV3(tilesmith::CaseInputs& inputs) {
  attention::FillTables(inputs, {"cmp_block_table"});
  const auto B = static_cast<int>(inputs.Dim("B"));
  const auto held = static_cast<int>(inputs.Dim("CMP_MAX") * inputs.Dim("CMP_PAGE"));
  const std::vector<int> positions =
      attention::FillWindowRows(inputs, "window_swa_indices", B, std::min(128 * held, 1 << 20));
  const std::span<int> indices = inputs.Get<int>("cmp_sparse_indices");
  const std::size_t columns = indices.size() / positions.size();
  for (std::size_t t = 0; t < positions.size(); ++t) {
    const int visible = std::min((positions[t] + 1) / 128, held);
    for (std::size_t k = 0; k < columns; ++k) {
      indices[t * columns + k] = static_cast<int>(k) < visible ? static_cast<int>(k) : -1;
    }
  }
  attention::FillValues(inputs, {"ori_kv", "cmp_kv"});
  golden::FillProjection(inputs);
}

const tilesmith::KernelSpec* RegisterV3() {
  Registration made("sparse_attention_hca_v3", "B * S", "ceil_div(128 + CMP_TOPK, 128)");
  made.kernel()
      .Contract("sparse_attention_hca", "V3")
      .GoldenFiles({"sparse_attn:hca"})
      .Template("sparse_attention_hca.h", "kernels::SparseAttentionHcaV3",
                &SparseAttentionHcaV3<attention::DecodeTilesV3{}>)
      .Space("../../search_spaces/sparse_attention_hca_v3.toml")
      .Prepare(&FillCaseV3)
      .Golden(&golden::AttentionGolden<&golden::HcaV3Columns>);
  made.Tokens()
      .Dim("CMP_TOPK", &Args::TOPK)
      .Queries()
      .WindowCache()
      .Input("window_swa_indices", &Args::window_indices, {"B * S", "128"});
  made.CompressedCache().Input("cmp_sparse_indices", &Args::cmp_sparse_indices,
                               {"B * S", "CMP_TOPK"});
  return made.Weights()
      .CoreScratch()
      .GatherScratch()
      .Projection(&golden::HcaV3Columns)
      .Roofline("128 + CMP_TOPK", true)
      .Register();
}

const auto* const registered = RegisterV2();
const auto* const registered_v3 = RegisterV3();

}  // namespace
}  // namespace kernels
