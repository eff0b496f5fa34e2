// Registers prefill_sparse_attention and prefill_sparse_attention_v3.

#include "kernels/prefill_sparse_attention/prefill_sparse_attention.h"

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
  attention::FillPrefillCodes(inputs);
  attention::FillValues(inputs, {"ori_kv", "kv_overlay", "cmp_kv"});
  golden::FillProjection(inputs);
}

const tilesmith::KernelSpec* RegisterV2() {
  Registration made("prefill_sparse_attention", "T", "ceil_div(128 + IDX_TOPK, 128)");
  made.kernel()
      .Contract("prefill_sparse_attention", "V2")
      .GoldenFiles({"prefill_sparse_attn", "sparse_attn:prefill"})
      .Template("prefill_sparse_attention.h", "kernels::PrefillSparseAttention",
                &PrefillSparseAttention<attention::PrefillTiles{}>)
      .Space("../../search_spaces/prefill_sparse_attention.toml")
      .Prepare(&FillCase)
      .Golden(&golden::AttentionGolden<&golden::PrefillColumns>);
  made.Tokens().Dim("num_tokens", &Args::num_tokens).Dim("IDX_TOPK", &Args::IDX_TOPK);
  made.AlsoCalled("index_topk").Queries().WindowCache().WindowPages("kv_overlay");
  made.CompressedCache()
      .Input("cmp_sparse_indices", &Args::cmp_sparse_indices, {"T", "128 + IDX_TOPK"})
      .Input("cmp_sparse_lens", &Args::cmp_sparse_lens, {"T"});
  return made.Weights()
      .PrefillScratch()
      .Projection(&golden::PrefillColumns)
      .Roofline("min(128 + IDX_TOPK, 384)", true)
      .Register();
}

void FillCaseV3(tilesmith::CaseInputs& inputs) {
  attention::FillTables(inputs, {"cmp_block_table"});
  attention::FillPrefillRows(inputs);
  attention::FillValues(inputs, {"ori_kv", "cmp_kv"});
  golden::FillProjection(inputs);
}

const tilesmith::KernelSpec* RegisterV3() {
  Registration made("prefill_sparse_attention_v3", "T", "ceil_div(128 + IDX_TOPK, 128)");
  made.kernel()
      .Contract("prefill_sparse_attention", "V3")
      .GoldenFiles({"prefill_sparse_attn", "sparse_attn:prefill"})
      .Template("prefill_sparse_attention.h", "kernels::PrefillSparseAttentionV3",
                &PrefillSparseAttentionV3<attention::PrefillTiles{}>)
      .Space("../../search_spaces/prefill_sparse_attention_v3.toml")
      .Prepare(&FillCaseV3)
      .Golden(&golden::AttentionGolden<&golden::PrefillV3Columns>);
  made.Tokens().Dim("num_tokens", &Args::num_tokens).Dim("IDX_TOPK", &Args::IDX_TOPK);
  made.AlsoCalled("index_topk")
      .Queries()
      .WindowCache()
      .Input("swa_indices", &Args::window_indices, {"T", "128"});
  // Its length of a page, cmp_storage_block_size in files, is the cache's own.
  made.CompressedCache().Input("cmp_indices", &Args::cmp_sparse_indices, {"T", "IDX_TOPK"});
  return made.Weights()
      .PrefillScratch()
      .Projection(&golden::PrefillV3Columns)
      .Roofline("128 + IDX_TOPK", true)
      .Register();
}

const auto* const registered = RegisterV2();
const auto* const registered_v3 = RegisterV3();

}  // namespace
}  // namespace kernels
