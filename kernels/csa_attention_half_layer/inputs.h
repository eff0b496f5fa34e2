// Inputs of csa_attention_half_layer's cases. For the Prepare function; no golden uses them.
#pragma once

#include <cstdint>
#include <vector>

#include "tuner/kernel.h"

namespace kernels::csa_half_layer {

/// Weights; RoPE tables; batches at positions where something changes, or in timed cases near the
/// end of what the caches hold; state and cache pages in random order, slots that agree with them
/// or say "do not write". Throws std::invalid_argument where a pool is too small for the batches.
void FillStep(tilesmith::CaseInputs& inputs);

/// The part of it that depends on positions, for batches whose first tokens are at `first`:
/// position_ids, kv_seq_lens, tables and slots.
void PlaceBatches(tilesmith::CaseInputs& inputs, const std::vector<std::int64_t>& first);

}  // namespace kernels::csa_half_layer
