// moe_half_layer: the FFN half of a layer on one rank (kernels.md §12, appendix A "moe"), composed
// of the kernels that are tuned on their own:
//
//   hc_pre → moe_gate → dispatch → expert_routed, expert_shared → return → moe_combine → hc_post
//
// The two kinds of experts do not depend on each other; each keeps all threads busy, so that one
// runs after the other. Dispatch and return (dispatch.h) have no tiles and are stages of this
// composition alone.
//
// Streams are FP32 (hc_pre and hc_post of contract V3), all else is V2. x_mixed and indices are
// outputs, so that a choice between experts that nearly tie can be judged, and what was made of it.
#pragma once

#include "kernels/moe_half_layer/stages.h"
#include "kernels/moe_half_layer/tiles.h"

namespace kernels {

/// kTiles: those of the stages, with their prefixes: HC_PRE_, GATE_, ROUTED_, SHARED_, COMBINE_,
/// HC_POST_.
template <auto kTiles>
void MoeHalfLayer(const MoeHalfLayerArgs& a) {
  using namespace moe_half_layer;
  HcPre<HcPreTiles<kTiles>{}>(HcPreOf(a));
  MoeGate<GateTiles<kTiles>{}>(GateOf(a));
  MoeDispatch(DispatchOf(a));
  ExpertRouted<RoutedTiles<kTiles>{}>(RoutedOf(a));
  ExpertShared<SharedTiles<kTiles>{}>(SharedOf(a));
  MoeReturn(ReturnOf(a));
  MoeCombine<CombineTiles<kTiles>{}>(CombineOf(a));
  HcPost<HcPostTiles<kTiles>{}>(HcPostOf(a));
}

}  // namespace kernels
