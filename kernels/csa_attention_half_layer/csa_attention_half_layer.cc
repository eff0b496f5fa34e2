// Registers csa_attention_half_layer.

#include "kernels/csa_attention_half_layer/csa_attention_half_layer.h"

#include <string>

#include "kernels/csa_attention_half_layer/csa_attention_half_layer_golden.h"
#include "kernels/csa_attention_half_layer/inputs.h"
#include "kernels/csa_attention_half_layer/rules.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using csa_half_layer::Args;
using tilesmith::Normal;
using tilesmith::Zeros;
using Builder = tilesmith::Kernel<Args>;

void AddDims(Builder& kernel) {
  kernel.Dim("B", &Args::B)
      .Dim("S", &Args::S)
      .Dim("D", &Args::D)
      .Dim("H", &Args::H)
      .Dim("QL", &Args::QL)
      .Dim("G", &Args::G)
      .Dim("O_LORA", &Args::O_LORA)
      .Dim("IDX_TOPK", &Args::IDX_TOPK)
      .AlsoCalled("index_topk")
      .Dim("SCORE_LEN", &Args::SCORE_LEN)
      .Dim("MAX_SEQ", &Args::MAX_SEQ)
      .Dim("STATE_BLOCKS", &Args::STATE_BLOCKS)
      .Dim("STATE_PAGES", &Args::STATE_PAGES)
      .Dim("IDX_BLOCKS", &Args::IDX_BLOCKS)
      .Dim("IDX_PAGE", &Args::IDX_PAGE)
      .Dim("IDX_MAX", &Args::IDX_MAX)
      .Dim("ORI_BLOCKS", &Args::ORI_BLOCKS)
      .Dim("CMP_BLOCKS", &Args::CMP_BLOCKS)
      .Dim("CMP_PAGE", &Args::CMP_PAGE)
      .Dim("CMP_MAX", &Args::CMP_MAX);
}

// Scales and biases of a trained layer (kernels.md §11.1).
void AddFront(Builder& kernel) {
  kernel.Input("x_hc", &Args::x_hc, {"B * S", "4", "D"}, Normal(1))
      .ColdInput("hc_attn_fn", &Args::hc_attn_fn, {"24", "4 * D"}, Normal(0.0519))
      .Input("hc_attn_scale", &Args::hc_attn_scale, {"3"},
             tilesmith::Values({.076099, .032597, .226994}))
      .Input(
          "hc_attn_base", &Args::hc_attn_base, {"24"},
          tilesmith::Values({5.9166,  -3.6223, -2.9324, -3.3124, -3.91,   -.9384, -3.3256, -2.524,
                             2.0706,  -2.5728, .1424,   -3.9453, -3.8859, 3.4634, -3.3799, -2.6077,
                             -2.7191, -2.4846, 2.0395,  -.501,   -3.5992, -2.752, -3.3493, 3.1587}))
      .Input("attn_norm_w", &Args::attn_norm_w, {"D"}, Normal(0.1, 1))
      .ColdInput("wq_a", &Args::wq_a, {"D", "QL"}, Zeros())
      .ColdInput("wq_b", &Args::wq_b, {"QL", "H * 512"}, Zeros())
      .ColdInput("wq_b_scale", &Args::wq_b_scale, {"H * 512"}, Zeros())
      .ColdInput("wkv", &Args::wkv, {"D", "512"}, Zeros())
      .Input("gamma_cq", &Args::gamma_cq, {"QL"}, Normal(0.1, 1))
      .Input("gamma_ckv", &Args::gamma_ckv, {"512"}, Normal(0.1, 1))
      .Input("freqs_cos", &Args::freqs_cos, {"MAX_SEQ", "64"}, Zeros())
      .Input("freqs_sin", &Args::freqs_sin, {"MAX_SEQ", "64"}, Zeros());
}

void AddCompressors(Builder& kernel) {
  kernel.ColdInput("cmp_wkv", &Args::cmp_wkv, {"1024", "D"}, Zeros())
      .ColdInput("cmp_wgate", &Args::cmp_wgate, {"1024", "D"}, Zeros())
      .Input("cmp_ape", &Args::cmp_ape, {"4", "1024"}, Normal(0.1528))
      .Input("cmp_norm_w", &Args::cmp_norm_w, {"512"}, Normal(0.261, 0.685))
      .InOut("compress_state", &Args::compress_state, {"STATE_BLOCKS", "4", "2048"}, Normal(1),
             csa_half_layer::StateGivenX())
      .Input("compress_state_block_table", &Args::compress_state_block_table, {"B", "STATE_PAGES"},
             Zeros())
      .ColdInput("idx_wq_b", &Args::idx_wq_b, {"QL", "8192"}, Zeros())
      .ColdInput("idx_wq_b_scale", &Args::idx_wq_b_scale, {"8192"}, Zeros())
      .ColdInput("weights_proj", &Args::weights_proj, {"D", "64"}, Zeros())
      .Input("hadamard_idx", &Args::hadamard_idx, {"128", "128"}, Zeros())
      .ColdInput("inner_wkv", &Args::inner_wkv, {"256", "D"}, Zeros())
      .ColdInput("inner_wgate", &Args::inner_wgate, {"256", "D"}, Zeros())
      .Input("inner_ape", &Args::inner_ape, {"4", "256"}, Normal(0.1528))
      .Input("inner_norm_w", &Args::inner_norm_w, {"128"}, Normal(0.261, 0.685))
      .InOut("inner_compress_state", &Args::inner_compress_state, {"STATE_BLOCKS", "4", "512"},
             Normal(1), csa_half_layer::InnerStateGivenX())
      .Input("inner_compress_state_block_table", &Args::inner_compress_state_block_table,
             {"B", "STATE_PAGES"}, Zeros())
      .InOut("idx_kv_cache", &Args::idx_kv_cache, {"IDX_BLOCKS", "IDX_PAGE", "1", "128"}, Normal(1),
             csa_half_layer::KeysGivenX())
      .Input("idx_block_table", &Args::idx_block_table, {"B", "IDX_MAX"}, Zeros());
}

void AddAttention(Builder& kernel) {
  kernel
      .InOut("kv_cache", &Args::kv_cache, {"ORI_BLOCKS", "128", "1", "512"}, Normal(1),
             csa_half_layer::RingsGivenX())
      .Input("ori_block_table", &Args::ori_block_table, {"B", "1"}, Zeros())
      .InOut("cmp_kv", &Args::cmp_kv, {"CMP_BLOCKS", "CMP_PAGE", "1", "512"}, Normal(1),
             csa_half_layer::CompressedGivenX())
      .Input("cmp_block_table", &Args::cmp_block_table, {"B", "CMP_MAX"}, Zeros())
      .Input("attn_sink", &Args::attn_sink, {"H"}, Normal(2))
      .ColdInput("wo_a", &Args::wo_a, {"G", "O_LORA", "H * 512 // G"}, Zeros())
      .ColdInput("wo_b", &Args::wo_b, {"D", "G * O_LORA"}, Zeros())
      .ColdInput("wo_b_scale", &Args::wo_b_scale, {"D"}, Zeros())
      .Input("position_ids", &Args::position_ids, {"B", "S"}, Zeros())
      .Input("kv_seq_lens", &Args::kv_seq_lens, {"B"}, Zeros())
      .Input("ori_slot_mapping", &Args::ori_slot_mapping, {"B", "S"}, Zeros())
      .Input("cmp_slot_mapping", &Args::cmp_slot_mapping, {"B", "S"}, Zeros())
      .Input("state_slot_mapping", &Args::state_slot_mapping, {"B", "S"}, Zeros())
      .Input("idx_slot_mapping", &Args::idx_slot_mapping, {"B", "S"}, Zeros())
      .Input("inner_state_slot_mapping", &Args::inner_state_slot_mapping, {"B", "S"}, Zeros())
      .Output("x_normed", &Args::x_normed, {"B * S", "D"},
              tilesmith::RatioAllClose(1e-4, 1.0 / 128))
      .Output("x_out", &Args::x_out, {"B * S", "4", "D"}, tilesmith::RatioRelDiff(3e-3, 0.008, 1));
}

// What the stages hand on, and the scratch of those up to the compressors.
void AddScratch(Builder& kernel) {
  kernel.Scratch("x_mixed", &Args::x_mixed, {"B * S", "D"})
      .Scratch("post", &Args::post, {"B * S", "4"})
      .Scratch("comb", &Args::comb, {"B * S", "16"})
      .Scratch("rope_cos", &Args::rope_cos, {"B * S", "64"})
      .Scratch("rope_sin", &Args::rope_sin, {"B * S", "64"})
      .Scratch("cmp_cos", &Args::cmp_cos, {"B", "32"})
      .Scratch("cmp_sin", &Args::cmp_sin, {"B", "32"})
      .Scratch("idx_cos", &Args::idx_cos, {"B", "32"})
      .Scratch("idx_sin", &Args::idx_sin, {"B", "32"})
      .Scratch("q", &Args::q, {"B * S", "H", "512"})
      .Scratch("kv", &Args::kv, {"B * S", "512"})
      .Scratch("qr", &Args::qr, {"B * S", "QL"})
      .Scratch("qr_scale", &Args::qr_scale, {"B * S", "1"})
      .Scratch("cmp_out", &Args::cmp_out, {"B * S", "512"})
      .Scratch("inner_kv", &Args::inner_kv, {"B * S", "128"})
      .Scratch("score", &Args::score, {"B * S", "SCORE_LEN"})
      .Scratch("topk_idxs", &Args::topk_idxs, {"B * S", "SCORE_LEN"})
      .Scratch("cmp_sparse_indices", &Args::cmp_sparse_indices, {"B * S", "128 + IDX_TOPK"})
      .Scratch("valid_block_mask", &Args::valid_block_mask,
               {"B * S", "max(2, ceil_div(128 + IDX_TOPK, 128))"})
      .Scratch("attn_out", &Args::attn_out, {"B * S", "D"})
      .Scratch("hc_squares", &Args::hc_squares, {"B * S", "64"})
      .Scratch("hc_partials", &Args::hc_partials, {"64", "B * S", "24"})
      .Scratch("hc_mixes", &Args::hc_mixes, {"24", "B * S"})
      .Scratch("hc_weights", &Args::hc_weights, {"4", "B * S"})
      .Scratch("x_f32", &Args::x_f32, {"B * S", "D"})
      .Scratch("qr_f32", &Args::qr_f32, {"14", "B * S", "QL"})
      .Scratch("kv_f32", &Args::kv_f32, {"14", "B * S", "512"})
      .Scratch("q_sums", &Args::q_sums, {"ceil_div(B * S, 8) * H * 4096"})
      .Scratch("q_f32", &Args::q_f32, {"B * S", "H * 512"})
      .Scratch("cmp_kv_proj", &Args::cmp_kv_proj, {"B * S", "1024"})
      .Scratch("cmp_score_proj", &Args::cmp_score_proj, {"B * S", "1024"})
      .Scratch("cmp_pooled", &Args::cmp_pooled, {"B", "512"});
}

// The scratch of the indexer and of the attention.
void AddLateScratch(Builder& kernel) {
  const std::string blocks = "ceil_div(128 + IDX_TOPK, 128)", octets = "ceil_div(B * S, 8)";
  kernel.Scratch("inner_kv_proj", &Args::inner_kv_proj, {"B * S", "256"})
      .Scratch("inner_score_proj", &Args::inner_score_proj, {"B * S", "256"})
      .Scratch("inner_pooled", &Args::inner_pooled, {"B", "128"})
      .Scratch("idx_q_sums", &Args::idx_q_sums, {octets + " * 8", "8192"})
      .Scratch("idx_q", &Args::idx_q, {"B * S", "8192"})
      .Scratch("idx_q_rot", &Args::idx_q_rot, {"B * S", "8192"})
      .Scratch("idx_q_words", &Args::idx_q_words, {"B * S", "8192"})
      .Scratch("idx_q_starts", &Args::idx_q_starts, {"B * S", "64"})
      .Scratch("idx_q_scale", &Args::idx_q_scale, {"B * S", "64"})
      .Scratch("idx_weight_partials", &Args::idx_weight_partials, {"14", "B * S", "64"})
      .Scratch("idx_weights", &Args::idx_weights, {"B * S", "64"})
      .Scratch("idx_lists", &Args::idx_lists, {"B * S", "4 * SCORE_LEN"})
      .Scratch("o", &Args::o, {"B * S", "H", "512"})
      .Scratch("rows", &Args::rows, {"B * S", blocks, "128"})
      .Scratch("counts", &Args::counts, {"B * S", blocks})
      .Scratch("block_max", &Args::block_max, {"B * S", blocks, "H"})
      .Scratch("block_sum", &Args::block_sum, {"B * S", blocks, "H"})
      .Scratch("block_out", &Args::block_out, {"B * S", blocks, "H", "512"})
      .Scratch("rope_in", &Args::rope_in, {"B * S", "H", "64"})
      .Scratch("lora", &Args::lora, {"B * S", "G", "O_LORA"})
      .Scratch("codes", &Args::codes, {"G * " + octets + " * ceil_div(O_LORA, 64) * 512 + 63"})
      .Scratch("code_scale", &Args::code_scale, {"B * S", "G"})
      .Scratch("partial", &Args::partial, {"G * " + octets + " * ceil_div(D, 16) * 128"});
}

// kernels.md's roofline lines of the stages, summed; half of the batches end a window. What passes
// from stage to stage is no traffic.
const char* const kFlops =
    "B * S * (192 * D + 16 * D + 4 * D"
    " + 2 * (D * QL + QL * H * 512 + D * 512)"
    " + 4 * D * 1280"
    " + 2 * QL * 8192 + 192 * 64 + 128 * 128 * 128 + 128 * D + 259 * 64 * SCORE_LEN"
    " + 4 * H * 512 * (128 + IDX_TOPK)"
    " + 2 * O_LORA * (H * 512 + D * G) + 36 * D)";
const char* const kBytes =
    "384 * D + 2 * D"
    " + 2 * D * QL + QL * H * 512 + 2048 * H + 1024 * D"
    " + 4 * D * 1280"
    " + QL * 8192 + 32768 + 128 * D + 32768"
    " + 2 * H * 512 * O_LORA + D * G * O_LORA + 4 * D"
    " + B * S * (34 * D + 10240 + SCORE_LEN * 256 + (128 + IDX_TOPK) * 1024 + 2048)"
    " + ceil_div(B, 2) * 40960";

const tilesmith::KernelSpec* Register() {
  Builder kernel("csa_attention_half_layer");
  kernel.Contract("csa_attention_half_layer", "V2")
      .Template("csa_attention_half_layer.h", "kernels::CsaAttentionHalfLayer",
                &CsaAttentionHalfLayer<csa_half_layer::DefaultTiles{}>)
      .Space("../../search_spaces/csa_attention_half_layer.toml");
  AddDims(kernel);
  AddFront(kernel);
  AddCompressors(kernel);
  AddAttention(kernel);
  AddScratch(kernel);
  AddLateScratch(kernel);
  return kernel.Prepare(&csa_half_layer::FillStep)
      .Golden(&CsaAttentionHalfLayerGolden)
      .Flops(kFlops, tilesmith::DType::kI8)
      .Bytes(kBytes)
      .Register();
}

const auto* const registered = Register();

}  // namespace
}  // namespace kernels
