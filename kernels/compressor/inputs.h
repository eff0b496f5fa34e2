// Inputs of a decode step: batches at positions of their own, state pages and cache rows in random
// order, slots that say "do not write". For Prepare functions; no golden uses them.
#pragma once

#include <string>

#include "tuner/kernel.h"

namespace kernels::compressor {

struct StepInputs {
  int ratio;
  int window;      // tokens that are pooled
  int state_page;  // tokens
  int stride;      // of this many batches, one ends a window
  bool holes;      // pages of history may be unmapped (V3)
  std::string cache_slots;
  std::string state_slots;
};

/// Weights and activations, angles, tables and slot mappings of V2 and V3. Where the pool has too few
/// pages left for a batch, it reads strangers' pages and writes no state.
void FillSlottedStep(tilesmith::CaseInputs& inputs, const StepInputs& step);

/// x, weights, ape and γ (float or bf16) with the deviations of kernels.md §2, "Test data".
void FillProjection(tilesmith::CaseInputs& inputs);

}  // namespace kernels::compressor
