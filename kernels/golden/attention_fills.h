// Inputs that the stages of attention share: where a step begins, what an indexer chose, the weights
// of the output projection. For Prepare functions, as golden/fills.h.
#pragma once

#include <span>

#include "tuner/kernel.h"

namespace kernels::golden {

/// The first position of a batch's step, below `limit`: in half the cases one where the window is
/// short, fills or wraps, or a compressed column completes.
int StartPosition(tilesmith::CaseInputs& inputs, int limit);

/// What the indexer leaves for one token: distinct columns below `visible`, in any order, plus
/// `offset`; −1 behind them.
void FillTopk(tilesmith::CaseInputs& inputs, std::span<int> row, int visible, int offset);

/// wo_a, wo_b and its scale, as the original's tests draw them.
void FillProjection(tilesmith::CaseInputs& inputs);

}  // namespace kernels::golden
