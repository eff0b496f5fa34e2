// The scalar oracles of qkv_proj_rope; see qkv_args.h for the operands. Scratch may be null.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/qkv_proj_rope/qkv_args.h"

namespace kernels {

void QkvProjRopeGolden(const QkvProjRopeArgs& args);    // V2
void QkvProjRopeV1Golden(const QkvProjRopeArgs& args);  // x is normalised here, n rounded to bf16
void QkvProjRopeV3Golden(const QkvProjRopeArgs& args);  // num_tokens

/// The queries [H, 512] of one token from its codes: what follows P2. cos and sin are the token's
/// 32 angles.
std::vector<bf16> QueriesOfCodes(std::span<const std::int8_t> codes, float scale,
                                 std::span<const std::int8_t> wq_b,
                                 std::span<const float> wq_b_scale, std::span<const bf16, 32> cos,
                                 std::span<const bf16, 32> sin);

}  // namespace kernels
