// Inputs of a decode step: batches at positions of their own, state pages and cache rows in random
// order, slots that say "do not write". For Prepare functions; no golden uses them.
#pragma once

#include <string>

#include "tuner/kernel.h"

namespace kernels::compressor {

struct StepInputs {
  int ratio;
  int window;                    // tokens that are pooled
  int state_page;                // tokens
  int stride;                    // of this many batches, one ends a window
  bool holes;                    // pages of history may be unmapped (V3)
  std::string cache_slots = {};  // V2, V3
  std::string state_slots = {};
  std::string cache_table = {};  // V1
};

/// Weights and activations, angles, tables and slot mappings of V2 and V3. Where the pool has too
/// few pages left for a batch, it reads strangers' pages and writes no state.
void FillSlottedStep(tilesmith::CaseInputs& inputs, const StepInputs& step);

/// The same of V1. Where the pool has too few pages left for a batch, it has none and ends no
/// window; throws when it must, with S = ratio.
void FillTabledStep(tilesmith::CaseInputs& inputs, const StepInputs& step);

/// V0 with cos and sin in FP32, and in bf16.
void FillContiguousStep(tilesmith::CaseInputs& inputs, const StepInputs& step);
void FillRatio128V0Step(tilesmith::CaseInputs& inputs, const StepInputs& step);

/// x, weights and ape with the deviations of kernels.md §2, "Test data": zero-mean weights also
/// where the original drew all of them from [0, 1), since then every row of kv is alike.
void FillProjection(tilesmith::CaseInputs& inputs);

}  // namespace kernels::compressor
