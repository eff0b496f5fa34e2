// A small moe_half_layer with operands that each end where memory ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernels/golden/rounding.h"
#include "kernels/moe_half_layer/moe_half_layer.h"
#include "tests/kernels/guarded.h"

namespace kernels {

struct LayerSize {
  int T, D, E, TOPK, MI, RECV_MAX, num_tokens;
};

class Layer {
 public:
  using Args = MoeHalfLayerArgs;

  explicit Layer(const LayerSize& s) {
    args.T = s.T;
    args.D = s.D;
    args.E = s.E;
    args.TOPK = s.TOPK;
    args.MI = s.MI;
    args.RECV_MAX = s.RECV_MAX;
    args.num_tokens = s.num_tokens;
    args.VOCAB = s.E;
    args.layer_id = 10;
    args.num_hash_layers = 3;
    args.route_scale = 1.5f;
    args.swiglu_limit = 10;
    AddFront();
    AddExperts();
    AddOutputs();
    AddScratch();
    AddExpertScratch();
  }

  /// x_next after one call; scratch and outputs are poisoned before.
  std::vector<float> Next(void (*kernel)(const Args&)) {
    for (const auto& poison : poison_) poison();
    kernel(args);
    return {args.x_next, args.x_next + 4 * args.T * args.D};
  }
  std::vector<int> Ids() const { return {args.indices, args.indices + args.T * args.TOPK}; }
  /// An input, to change.
  template <typename T>
  T* Edit(const T* Args::*member) {
    return const_cast<T*>(args.*member);
  }

  Args args{};

 private:
  template <typename T>
  std::span<T> Lend(long size) {
    auto memory = std::make_shared<Guarded<T>>(static_cast<std::size_t>(size));
    poison_.push_back([raw = memory.get()] { raw->Poison(); });
    memory_.push_back(memory);
    return memory->all();
  }
  template <typename T>
  void Lend(T* Args::*member, long size) {
    args.*member = Lend<T>(size).data();
  }
  template <typename T>
  std::span<T> Input(const T* Args::*member, long size) {
    const std::span<T> values = Lend<T>(size);
    poison_.pop_back();
    args.*member = values.data();
    return values;
  }
  void Floats(const float* Args::*member, long size, float scale, float mean = 0) {
    for (float& v : Input(member, size)) v = mean + scale * SmallValue(random_);
  }
  void Weight(const signed char* Args::*codes, const float* Args::*scale, long outputs,
              long inputs) {
    for (signed char& code : Input(codes, outputs * inputs)) {
      code = static_cast<signed char>(random_());
    }
    Floats(scale, outputs, 2e-4f, 1e-3f);
  }

  void AddFront() {
    const long T = args.T, D = args.D, E = args.E;
    Floats(&Args::x_hc, T * 4 * D, 1.7f);
    Floats(&Args::hc_ffn_fn, 24 * 4 * D, 0.3f);
    Floats(&Args::hc_ffn_scale, 3, 0.02f, 0.1f);
    Floats(&Args::hc_ffn_base, 24, 1);
    for (bf16& v : Input(&Args::norm_w, D)) v = golden::Bf16Rne(1 + 0.2f * SmallValue(random_));
    Floats(&Args::gate_w, E * D, 0.4f);
    Floats(&Args::gate_bias, E, 0.1f);
    int next = 0;  // word w has experts w, w + 1, …
    for (int& id : Input(&Args::tid2eid, long{args.VOCAB} * args.TOPK)) {
      id = (next / args.TOPK + next % args.TOPK) % args.E;
      ++next;
    }
    for (long& word : Input(&Args::input_ids, T)) {
      word = static_cast<long>(random_() % static_cast<std::uint64_t>(args.VOCAB));
    }
  }
  void AddExperts() {
    const long D = args.D, MI = args.MI, E = args.E;
    Weight(&Args::routed_w1, &Args::routed_w1_scale, E * MI, D);
    Weight(&Args::routed_w3, &Args::routed_w3_scale, E * MI, D);
    Weight(&Args::routed_w2, &Args::routed_w2_scale, E * D, MI);
    Weight(&Args::shared_w1, &Args::shared_w1_scale, MI, D);
    Weight(&Args::shared_w3, &Args::shared_w3_scale, MI, D);
    Weight(&Args::shared_w2, &Args::shared_w2_scale, D, MI);
  }
  void AddOutputs() {
    Lend(&Args::x_mixed, long{args.T} * args.D);
    Lend(&Args::indices, long{args.T} * args.TOPK);
    Lend(&Args::x_next, long{args.T} * 4 * args.D);
  }
  void AddScratch() {
    const long T = args.T, D = args.D, rows = long{args.E} * args.RECV_MAX;
    Lend(&Args::post, T * 4);
    Lend(&Args::comb, T * 16);
    Lend(&Args::x_norm, T * D);
    Lend(&Args::x_norm_i8, T * D);
    Lend(&Args::x_norm_scale, T);
    Lend(&Args::weights, T * args.TOPK);
    Lend(&Args::recv_x, rows * D);
    Lend(&Args::recv_scale_dq, rows);
    Lend(&Args::recv_weights, rows);
    Lend(&Args::recv_route, rows);
    Lend(&Args::recv_expert_count, args.E);
    Lend(&Args::recv_y, rows * D);
    Lend(&Args::routed_y, T * args.TOPK * D);
    Lend(&Args::sh, T * D);
    Lend(&Args::ffn_out, T * D);
    Lend(&Args::hc_squares, T * 64);
    Lend(&Args::hc_partials, 64 * T * 24);
    Lend(&Args::hc_mixes, 24 * T);
    Lend(&Args::hc_weights, 4 * T);
    Lend(&Args::gate_scores, T * args.E);
    Lend(&Args::gate_inverse_rms, T);
  }
  void AddExpertScratch() {
    const long T = args.T, D = args.D, E = args.E, MI = args.MI, rows = args.RECV_MAX;
    const long spare = simd::kPanelBytes - 1;
    Lend(&Args::routed_x_panels, E * simd::PanelBytes(rows, D) + spare);
    Lend(&Args::routed_gate, E * simd::SumsSize(rows, MI));
    Lend(&Args::routed_up, E * simd::SumsSize(rows, MI));
    Lend(&Args::routed_h, E * rows * MI);
    Lend(&Args::routed_h_panels, E * simd::PanelBytes(rows, MI) + spare);
    Lend(&Args::routed_h_scale, E * rows);
    Lend(&Args::routed_down, E * simd::SumsSize(rows, D));
    Lend(&Args::routed_active, E);
    Lend(&Args::shared_x_panels, simd::PanelBytes(T, D) + spare);
    Lend(&Args::shared_gate, simd::SumsSize(T, MI));
    Lend(&Args::shared_up, simd::SumsSize(T, MI));
    Lend(&Args::shared_h, T * MI);
    Lend(&Args::shared_h_panels, simd::PanelBytes(T, MI) + spare);
    Lend(&Args::shared_h_scale, T);
    Lend(&Args::shared_down, simd::SumsSize(T, D));
  }

  std::mt19937_64 random_{7};
  std::vector<std::shared_ptr<void>> memory_;
  std::vector<std::function<void()>> poison_;
};

}  // namespace kernels
