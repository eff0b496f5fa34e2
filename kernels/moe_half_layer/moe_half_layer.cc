// Registers moe_half_layer.

#include "kernels/moe_half_layer/moe_half_layer.h"

#include <string>

#include "kernels/moe_half_layer/inputs.h"
#include "kernels/moe_half_layer/moe_half_layer_golden.h"
#include "kernels/moe_half_layer/rules.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using moe_half_layer::Args;
using tilesmith::Normal;
using tilesmith::Zeros;
using Builder = tilesmith::Kernel<Args>;

void AddDims(Builder& kernel) {
  kernel.Dim("T", &Args::T)
      .Dim("D", &Args::D)
      .Dim("E", &Args::E)
      .Dim("TOPK", &Args::TOPK)
      .Dim("MI", &Args::MI)
      .Dim("RECV_MAX", &Args::RECV_MAX)
      .Dim("VOCAB", &Args::VOCAB)
      .Dim("layer_id", &Args::layer_id)
      .Dim("num_tokens", &Args::num_tokens)
      .Scalar("num_hash_layers", &Args::num_hash_layers, 3)
      .Scalar("route_scale", &Args::route_scale, 1.5)
      .AlsoCalled("routed_scaling_factor")
      .Scalar("swiglu_limit", &Args::swiglu_limit, 10);
}

// Scales and biases of a trained layer (kernels.md §11.1), streams of norm about 1; the router as
// moe_gate's.
void AddFront(Builder& kernel) {
  kernel.Input("x_hc", &Args::x_hc, {"T", "4", "D"}, Normal(1))
      .ColdInput("hc_ffn_fn", &Args::hc_ffn_fn, {"24", "4 * D"}, Normal(0.0519))
      .Input("hc_ffn_scale", &Args::hc_ffn_scale, {"3"},
             tilesmith::Values({.076099, .032597, .226994}))
      .Input(
          "hc_ffn_base", &Args::hc_ffn_base, {"24"},
          tilesmith::Values({5.9166,  -3.6223, -2.9324, -3.3124, -3.91,   -.9384, -3.3256, -2.524,
                             2.0706,  -2.5728, .1424,   -3.9453, -3.8859, 3.4634, -3.3799, -2.6077,
                             -2.7191, -2.4846, 2.0395,  -.501,   -3.5992, -2.752, -3.3493, 3.1587}))
      .Input("norm_w", &Args::norm_w, {"D"}, Normal(0.1, 1))
      .ColdInput("gate_w", &Args::gate_w, {"E", "D"}, Normal(0.02))
      .Input("gate_bias", &Args::gate_bias, {"E"}, Normal(0.05))
      .Input("tid2eid", &Args::tid2eid, {"VOCAB", "TOPK"}, Zeros())
      .Input("input_ids", &Args::input_ids, {"T"}, Zeros());
}

void AddExperts(Builder& kernel) {
  kernel.ColdInput("routed_w1", &Args::routed_w1, {"E", "MI", "D"}, Zeros())
      .ColdInput("routed_w1_scale", &Args::routed_w1_scale, {"E", "MI"}, Zeros())
      .ColdInput("routed_w3", &Args::routed_w3, {"E", "MI", "D"}, Zeros())
      .ColdInput("routed_w3_scale", &Args::routed_w3_scale, {"E", "MI"}, Zeros())
      .ColdInput("routed_w2", &Args::routed_w2, {"E", "D", "MI"}, Zeros())
      .ColdInput("routed_w2_scale", &Args::routed_w2_scale, {"E", "D"}, Zeros())
      .ColdInput("shared_w1", &Args::shared_w1, {"MI", "D"}, Zeros())
      .ColdInput("shared_w1_scale", &Args::shared_w1_scale, {"MI"}, Zeros())
      .ColdInput("shared_w3", &Args::shared_w3, {"MI", "D"}, Zeros())
      .ColdInput("shared_w3_scale", &Args::shared_w3_scale, {"MI"}, Zeros())
      .ColdInput("shared_w2", &Args::shared_w2, {"D", "MI"}, Zeros())
      .ColdInput("shared_w2_scale", &Args::shared_w2_scale, {"D"}, Zeros());
}

// Files of others have what the layer hands on alone.
void AddOutputs(Builder& kernel) {
  kernel.Output("x_mixed", &Args::x_mixed, {"T", "D"}, tilesmith::RatioAllClose(1e-4, 1.0 / 128))
      .OptionalInFiles()
      .Output("indices", &Args::indices, {"T", "TOPK"}, moe_half_layer::IdsGivenX())
      .OptionalInFiles()
      .Output("x_next", &Args::x_next, {"T", "4", "D"}, moe_half_layer::NextGivenIds());
}

// What the stages hand on, and the scratch of the first two.
void AddScratch(Builder& kernel) {
  kernel.Scratch("post", &Args::post, {"T", "4"})
      .Scratch("comb", &Args::comb, {"T", "16"})
      .Scratch("x_norm", &Args::x_norm, {"T", "D"})
      .Scratch("x_norm_i8", &Args::x_norm_i8, {"T", "D"})
      .Scratch("x_norm_scale", &Args::x_norm_scale, {"T", "1"})
      .Scratch("weights", &Args::weights, {"T", "TOPK"})
      .Scratch("recv_x", &Args::recv_x, {"E", "RECV_MAX", "D"})
      .Scratch("recv_scale_dq", &Args::recv_scale_dq, {"E", "RECV_MAX"})
      .Scratch("recv_weights", &Args::recv_weights, {"E", "RECV_MAX"})
      .Scratch("recv_route", &Args::recv_route, {"E", "RECV_MAX"})
      .Scratch("recv_expert_count", &Args::recv_expert_count, {"E", "1"})
      .Scratch("recv_y", &Args::recv_y, {"E", "RECV_MAX", "D"})
      .Scratch("routed_y", &Args::routed_y, {"T * TOPK", "D"})
      .Scratch("sh", &Args::sh, {"T", "D"})
      .Scratch("ffn_out", &Args::ffn_out, {"T", "D"})
      .Scratch("hc_squares", &Args::hc_squares, {"T", "64"})
      .Scratch("hc_partials", &Args::hc_partials, {"64", "T", "24"})
      .Scratch("hc_mixes", &Args::hc_mixes, {"24", "T"})
      .Scratch("hc_weights", &Args::hc_weights, {"4", "T"})
      .Scratch("gate_scores", &Args::gate_scores, {"T", "E"})
      .Scratch("gate_inverse_rms", &Args::gate_inverse_rms, {"T"});
}

std::string Panels(const std::string& experts, const std::string& rows,
                   const std::string& columns) {
  return experts + " * ceil_div(" + rows + ", 8) * ceil_div(" + columns + ", 64) * 512 + 63";
}
std::string Sums(const std::string& experts, const std::string& rows, const std::string& columns) {
  return experts + " * ceil_div(" + rows + ", 8) * ceil_div(" + columns + ", 16) * 128";
}

void AddExpertScratch(Builder& kernel) {
  kernel.Scratch("routed_x_panels", &Args::routed_x_panels, {Panels("E", "RECV_MAX", "D")})
      .Scratch("routed_gate", &Args::routed_gate, {Sums("E", "RECV_MAX", "MI")})
      .Scratch("routed_up", &Args::routed_up, {Sums("E", "RECV_MAX", "MI")})
      .Scratch("routed_h", &Args::routed_h, {"E", "RECV_MAX", "MI"})
      .Scratch("routed_h_panels", &Args::routed_h_panels, {Panels("E", "RECV_MAX", "MI")})
      .Scratch("routed_h_scale", &Args::routed_h_scale, {"E", "RECV_MAX"})
      .Scratch("routed_down", &Args::routed_down, {Sums("E", "RECV_MAX", "D")})
      .Scratch("routed_active", &Args::routed_active, {"E"})
      .Scratch("shared_x_panels", &Args::shared_x_panels, {Panels("1", "T", "D")})
      .Scratch("shared_gate", &Args::shared_gate, {Sums("1", "T", "MI")})
      .Scratch("shared_up", &Args::shared_up, {Sums("1", "T", "MI")})
      .Scratch("shared_h", &Args::shared_h, {"T", "MI"})
      .Scratch("shared_h_panels", &Args::shared_h_panels, {Panels("1", "T", "MI")})
      .Scratch("shared_h_scale", &Args::shared_h_scale, {"T"})
      .Scratch("shared_down", &Args::shared_down, {Sums("1", "T", "D")});
}

// R routes that chance deals to E experts reach E·R / (E + R) of them and more.
const std::string kRoutes = "(num_tokens * TOPK)";
const std::string kActive = "(E * " + kRoutes + " // (E + " + kRoutes + "))";

// Of the streams and the weights; what lies between the stages may stay in a cache.
Builder Describe() {
  Builder kernel("moe_half_layer");
  kernel.Contract("moe_half_layer", "V2")
      .Template("moe_half_layer.h", "kernels::MoeHalfLayer",
                &MoeHalfLayer<moe_half_layer::DefaultTiles{}>)
      .Space("../../search_spaces/moe_half_layer.toml")
      .Prepare(&moe_half_layer::FillCase)
      .Golden(&MoeHalfLayerGolden)
      .Flops("6 * (T + " + kRoutes + ") * D * MI + 2 * num_tokens * D * E + 192 * T * D",
             tilesmith::DType::kI8)
      .Bytes("(1 + " + kActive + ") * (3 * D * MI + 4 * (2 * MI + D)) + 4 * E * D + 384 * D + " +
             "32 * T * D");
  AddDims(kernel);
  AddFront(kernel);
  AddExperts(kernel);
  AddOutputs(kernel);
  AddScratch(kernel);
  AddExpertScratch(kernel);
  return kernel;
}

const auto* const registered = Describe().Register();

}  // namespace
}  // namespace kernels
