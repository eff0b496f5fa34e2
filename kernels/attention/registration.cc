#include "kernels/attention/registration.h"

#include <utility>

#include "kernels/o_proj/attn_out_rule.h"
#include "kernels/o_proj/o_proj_golden.h"

namespace kernels::attention {

using tilesmith::Outcome;

Registration& Registration::Tokens() {
  if (tokens_ == "T") return Dim("T", &AttentionArgs::S);
  return Dim("B", &AttentionArgs::B).Dim("S", &AttentionArgs::S);
}

Registration& Registration::Queries() {
  return Dim("H", &AttentionArgs::H)
      .Input("q", &AttentionArgs::q, {tokens_, "H", "512"})
      .Input("attn_sink", &AttentionArgs::attn_sink, {"H"})
      .Input("freqs_cos", &AttentionArgs::freqs_cos, {tokens_, "64"})
      .Input("freqs_sin", &AttentionArgs::freqs_sin, {tokens_, "64"});
}

Registration& Registration::WindowCache() {
  return Dim("ORI_BLOCKS", &AttentionArgs::ORI_BLOCKS)
      .Input("ori_kv", &AttentionArgs::ori_kv, {"ORI_BLOCKS", "128", "1", "512"});
}

Registration& Registration::WindowPages(const std::string& overlay) {
  const bool batches = tokens_ != "T";
  return Input("ori_block_table", &AttentionArgs::ori_block_table,
               batches ? std::vector<std::string>{"B", "1"} : std::vector<std::string>{"1"})
      .Input(overlay, &AttentionArgs::mtp_kv_overlay, {tokens_, "512"});
}

Registration& Registration::CompressedCache() {
  const bool batches = tokens_ != "T";
  return Dim("CMP_BLOCKS", &AttentionArgs::CMP_BLOCKS)
      .Dim("CMP_PAGE", &AttentionArgs::CMP_PAGE)
      .Dim("CMP_MAX", &AttentionArgs::CMP_MAX)
      .Input("cmp_kv", &AttentionArgs::cmp_kv, {"CMP_BLOCKS", "CMP_PAGE", "1", "512"})
      .Input(
          "cmp_block_table", &AttentionArgs::cmp_block_table,
          batches ? std::vector<std::string>{"B", "CMP_MAX"} : std::vector<std::string>{"CMP_MAX"});
}

Registration& Registration::Weights() {
  Dim("D", &AttentionArgs::D).Dim("G", &AttentionArgs::G).Dim("O_LORA", &AttentionArgs::O_LORA);
  kernel_
      .ColdInput("wo_a", &AttentionArgs::wo_a, {"G", "O_LORA", "H * 512 // G"}, tilesmith::Zeros())
      .ColdInput("wo_b", &AttentionArgs::wo_b, {"D", "G * O_LORA"}, tilesmith::Zeros())
      .ColdInput("wo_b_scale", &AttentionArgs::wo_b_scale, {"D"}, tilesmith::Zeros());
  return *this;
}

Registration& Registration::CoreScratch() {
  kernel_.Scratch("rows", &AttentionArgs::rows, {tokens_, blocks_, "128"})
      .Scratch("counts", &AttentionArgs::counts, {tokens_, blocks_})
      .Scratch("block_max", &AttentionArgs::block_max, {tokens_, blocks_, "H"})
      .Scratch("block_sum", &AttentionArgs::block_sum, {tokens_, blocks_, "H"})
      .Scratch("block_out", &AttentionArgs::block_out, {tokens_, blocks_, "H", "512"})
      .Scratch("rope_in", &AttentionArgs::rope_in, {tokens_, "H", "64"});
  return *this;
}

Registration& Registration::PrefillScratch() {
  kernel_.Scratch("rows", &AttentionArgs::rows, {tokens_, blocks_, "128"})
      .Scratch("counts", &AttentionArgs::counts, {tokens_})
      .Scratch("block_max", &AttentionArgs::block_max, {tokens_, "H"})
      .Scratch("block_sum", &AttentionArgs::block_sum, {tokens_, "H"})
      .Scratch("block_out", &AttentionArgs::block_out, {tokens_, "H", "512"})
      .Scratch("rope_in", &AttentionArgs::rope_in, {tokens_, "H", "64"});
  return *this;
}

Registration& Registration::GatherScratch() {
  kernel_.Scratch("items", &AttentionArgs::items, {tokens_ + " * (" + blocks_ + ") + 1"})
      .Scratch("gathered", &AttentionArgs::gathered, {tokens_, blocks_, "128", "512"});
  return *this;
}

Registration& Registration::Projection(golden::ColumnsOf columns_of) {
  const auto make_o = [binders = binders_, columns_of](const Outcome& outcome) {
    AttentionArgs args = {};
    for (const Binder& bind : binders) bind(outcome, args);
    return golden::Attend(args, columns_of);
  };
  kernel_.Output("attn_out", &AttentionArgs::attn_out, {tokens_, "D"}, AttnOutRule(make_o))
      .Scratch("o", &AttentionArgs::o, {tokens_, "H", "512"})
      .Scratch("a", &AttentionArgs::a, {tokens_, "G", "O_LORA"})
      .Scratch("codes", &AttentionArgs::codes,
               {"G * ceil_div(" + tokens_ + ", 8) * ceil_div(O_LORA, 64) * 512 + 63"})
      .Scratch("code_scale", &AttentionArgs::code_scale, {tokens_, "G"})
      .Scratch("partial", &AttentionArgs::partial,
               {"G * ceil_div(" + tokens_ + ", 8) * ceil_div(D, 16) * 128"});
  return *this;
}

Registration& Registration::Roofline(const std::string& keys, bool projection) {
  std::string flops = "4 * H * 512 * (" + keys + ") * " + tokens_;
  std::string bytes = tokens_ + " * (H * 512 * 2 + (" + keys + ") * 1024)";
  if (projection) {
    flops += " + 2 * " + tokens_ + " * O_LORA * (H * 512 + D * G)";
    bytes += " + 2 * H * 512 * O_LORA + D * G * O_LORA + 4 * D + 2 * D * " + tokens_;
  } else {
    bytes += " + " + tokens_ + " * H * 512 * 2";
  }
  kernel_.Flops(flops).Bytes(bytes);
  return *this;
}

}  // namespace kernels::attention
