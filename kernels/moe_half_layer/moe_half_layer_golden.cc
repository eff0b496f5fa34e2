#include "kernels/moe_half_layer/moe_half_layer_golden.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/expert_routed/expert_routed_golden.h"
#include "kernels/expert_shared/expert_shared_golden.h"
#include "kernels/hc_post/hc_post_golden.h"
#include "kernels/hc_pre/hc_pre_golden.h"
#include "kernels/moe_combine/moe_combine_golden.h"
#include "kernels/moe_gate/moe_gate_golden.h"
#include "kernels/moe_half_layer/dispatch_golden.h"

namespace kernels {
namespace {

using Args = MoeHalfLayerArgs;

std::size_t Size(int n) { return static_cast<std::size_t>(n); }
std::size_t TokenElements(const Args& a) { return Size(a.T) * Size(a.D); }
std::size_t Routes(const Args& a) { return Size(a.T) * Size(a.TOPK); }
std::size_t Slots(const Args& a) { return Size(a.E) * Size(a.RECV_MAX); }

struct Mixes {
  std::vector<float> post, comb;
};

// Into x_mixed.
Mixes MixStreams(const Args& a) {
  Mixes mixes{std::vector<float>(Size(a.T) * 4), std::vector<float>(Size(a.T) * 16)};
  HcPreArgs stage{};
  stage.x = a.x_hc;
  stage.hc_fn = a.hc_ffn_fn;
  stage.hc_scale = a.hc_ffn_scale;
  stage.hc_base = a.hc_ffn_base;
  stage.x_mixed = a.x_mixed;
  stage.post = mixes.post.data();
  stage.comb = mixes.comb.data();
  stage.T = a.T;
  stage.D = a.D;
  HcPreGolden(stage);
  return mixes;
}

struct Routing {
  std::vector<std::int8_t> codes;
  std::vector<float> scale, weights;
};

void SetSizes(const Args& a, MoeGateArgs* stage) {
  stage->T = a.T;
  stage->D = a.D;
  stage->E = a.E;
  stage->TOPK = a.TOPK;
  stage->VOCAB = a.VOCAB;
  stage->layer_id = a.layer_id;
  stage->num_tokens = a.num_tokens;
  stage->num_hash_layers = a.num_hash_layers;
  stage->route_scale = a.route_scale;
}

// Into indices.
Routing Route(const Args& a) {
  Routing routing{std::vector<std::int8_t>(TokenElements(a)), std::vector<float>(Size(a.T)),
                  std::vector<float>(Routes(a))};
  std::vector<bf16> normed(TokenElements(a));
  MoeGateArgs stage{};
  stage.x_mixed = a.x_mixed;
  stage.norm_w = a.norm_w;
  stage.gate_w = a.gate_w;
  stage.gate_bias = a.gate_bias;
  stage.tid2eid = a.tid2eid;
  stage.input_ids = a.input_ids;
  stage.x_norm = normed.data();
  stage.x_norm_i8 = routing.codes.data();
  stage.x_norm_scale = routing.scale.data();
  stage.indices = a.indices;
  stage.weights = routing.weights.data();
  SetSizes(a, &stage);
  MoeGateGolden(stage);
  return routing;
}

struct Packed {
  std::vector<std::int8_t> x;
  std::vector<float> scale, weights;
  std::vector<int> route, count;
};

Packed Dispatch(const Args& a, const Routing& routing) {
  Packed packed{std::vector<std::int8_t>(Slots(a) * Size(a.D)), std::vector<float>(Slots(a)),
                std::vector<float>(Slots(a)), std::vector<int>(Slots(a)),
                std::vector<int>(Size(a.E))};
  MoeDispatchArgs stage{};
  stage.x = routing.codes.data();
  stage.scale = routing.scale.data();
  stage.indices = a.indices;
  stage.weights = routing.weights.data();
  stage.recv_x = packed.x.data();
  stage.recv_scale_dq = packed.scale.data();
  stage.recv_weights = packed.weights.data();
  stage.recv_route = packed.route.data();
  stage.recv_expert_count = packed.count.data();
  stage.T = a.T;
  stage.D = a.D;
  stage.E = a.E;
  stage.TOPK = a.TOPK;
  stage.RECV_MAX = a.RECV_MAX;
  stage.num_tokens = a.num_tokens;
  MoeDispatchGolden(stage);
  return packed;
}

std::vector<bf16> RoutedExperts(const Args& a, const Packed& packed) {
  std::vector<bf16> y(packed.x.size());
  ExpertRoutedArgs stage{};
  stage.recv_x = packed.x.data();
  stage.recv_scale_dq = packed.scale.data();
  stage.recv_weights = packed.weights.data();
  stage.recv_expert_count = packed.count.data();
  stage.routed_w1 = a.routed_w1;
  stage.routed_w1_scale = a.routed_w1_scale;
  stage.routed_w3 = a.routed_w3;
  stage.routed_w3_scale = a.routed_w3_scale;
  stage.routed_w2 = a.routed_w2;
  stage.routed_w2_scale = a.routed_w2_scale;
  stage.recv_y = y.data();
  stage.E_LOC = a.E;
  stage.RECV_MAX = a.RECV_MAX;
  stage.D = a.D;
  stage.MI = a.MI;
  stage.swiglu_limit = a.swiglu_limit;
  ExpertRoutedGolden(stage);
  return y;
}

std::vector<bf16> SharedExpert(const Args& a, const Routing& routing) {
  std::vector<bf16> sh(TokenElements(a));
  ExpertSharedArgs stage{};
  stage.x_local_i8 = routing.codes.data();
  stage.x_local_scale_dq = routing.scale.data();
  stage.shared_w1 = a.shared_w1;
  stage.shared_w1_scale = a.shared_w1_scale;
  stage.shared_w3 = a.shared_w3;
  stage.shared_w3_scale = a.shared_w3_scale;
  stage.shared_w2 = a.shared_w2;
  stage.shared_w2_scale = a.shared_w2_scale;
  stage.sh = sh.data();
  stage.T = a.T;
  stage.D = a.D;
  stage.MI = a.MI;
  stage.swiglu_limit = a.swiglu_limit;
  ExpertSharedGolden(stage);
  return sh;
}

// By route. Inactive tokens have no rows: theirs stay 0.
std::vector<bf16> Return(const Args& a, const Packed& packed, const std::vector<bf16>& recv_y) {
  std::vector<bf16> routed_y(Routes(a) * Size(a.D));
  MoeReturnArgs stage{};
  stage.recv_y = recv_y.data();
  stage.recv_route = packed.route.data();
  stage.recv_expert_count = packed.count.data();
  stage.routed_y = routed_y.data();
  stage.D = a.D;
  stage.E = a.E;
  stage.RECV_MAX = a.RECV_MAX;
  MoeReturnGolden(stage);
  return routed_y;
}

std::vector<bf16> Combine(const Args& a, const std::vector<bf16>& sh,
                          const std::vector<bf16>& routed_y) {
  std::vector<bf16> ffn_out(sh.size());
  MoeCombineArgs stage{};
  stage.sh = sh.data();
  stage.routed_y = routed_y.data();
  stage.ffn_out = ffn_out.data();
  stage.T = a.T;
  stage.D = a.D;
  stage.TOPK = a.TOPK;
  stage.active = a.num_tokens;
  MoeCombineGolden(stage);
  return ffn_out;
}

void MixBack(const Args& a, const Mixes& mixes, const std::vector<bf16>& ffn_out) {
  HcPostArgs stage{};
  stage.x = ffn_out.data();
  stage.residual = a.x_hc;
  stage.post = mixes.post.data();
  stage.comb = mixes.comb.data();
  stage.y = a.x_next;
  stage.T = a.T;
  stage.D = a.D;
  HcPostGolden(stage);
}

}  // namespace

void MoeHalfLayerGolden(const Args& a) {
  const Mixes mixes = MixStreams(a);
  const Routing routing = Route(a);
  const Packed packed = Dispatch(a, routing);
  const std::vector<bf16> recv_y = RoutedExperts(a, packed);
  const std::vector<bf16> sh = SharedExpert(a, routing);
  MixBack(a, mixes, Combine(a, sh, Return(a, packed, recv_y)));
}

}  // namespace kernels
