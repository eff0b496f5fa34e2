// How attn_out is judged (kernels.md §7.3). One bf16 unit in o may move an intermediate value
// across a rounding tie and flip its INT8 code, which moves all D outputs of that token by up to
// one code's weight: more than the outliers that ratio_allclose(1e-4, 1/128, 0.5 %) allows at eight
// tokens.
#pragma once

#include <functional>
#include <vector>

#include "kernels/o_proj/o_proj.h"
#include "tuner/kernel.h"

namespace kernels {

/// attn_out under ratio_allclose(1e-4, 1/128, 0.5 %); else every output within (1e-4, 1/128) plus
/// three code steps: 3 · max_g dq[t,g] · wo_b_scale[d] · max_j |wo_b[d,j]|. The scales dq are
/// computed anew from the inputs, by the golden, and only when the plain rule fails. `make_o`
/// returns the o [T, H, 512] that the outcome's inputs lead to.
tilesmith::Comparator AttnOutRule(
    std::function<std::vector<bf16>(const tilesmith::Outcome&)> make_o);

}  // namespace kernels
