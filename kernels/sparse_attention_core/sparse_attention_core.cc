// Registers sparse_attention_core.

#include "kernels/sparse_attention_core/sparse_attention_core.h"

#include "kernels/attention/inputs.h"
#include "kernels/attention/registration.h"
#include "kernels/attention/seed_tiles.h"

namespace kernels {
namespace {

using Args = AttentionArgs;

void FillCase(tilesmith::CaseInputs& inputs) {
  attention::FillTables(inputs, {"ori_block_table", "cmp_block_table"});
  attention::FillCodedIndices(inputs, attention::Codes::kCsa);
  attention::FillValues(inputs, {"ori_kv", "mtp_kv_overlay", "cmp_kv"});
}

const tilesmith::KernelSpec* RegisterCore() {
  attention::Registration made("sparse_attention_core", "B * S", "ceil_div(TOPK, 128)");
  made.kernel()
      .Contract("sparse_attention_core", "V2")
      .Template("sparse_attention_core.h", "kernels::SparseAttentionCore",
                &SparseAttentionCore<attention::CoreTiles{}>)
      .Space("../../search_spaces/sparse_attention_core.toml")
      .Prepare(&FillCase)
      .Golden(&golden::CoreGolden<&golden::CodedColumns>);
  made.Tokens().Dim("TOPK", &Args::TOPK).Queries().WindowCache().WindowPages("mtp_kv_overlay");
  made.CompressedCache()
      .Input("cmp_sparse_indices", &Args::cmp_sparse_indices, {"B * S", "TOPK"})
      .Input("valid_block_mask", &Args::valid_block_mask, {"B * S", "max(2, ceil_div(TOPK, 128))"});
  made.CoreScratch().Roofline("TOPK", false);
  made.kernel().Output("o", &Args::o, {"B * S", "H", "512"},
                       tilesmith::RatioAllClose(1e-4, 1.0 / 128));
  return made.Register();
}

const auto* const registered = RegisterCore();

}  // namespace
}  // namespace kernels
