// How the indices of the K largest scores are judged: exactly, but for scores that tie.
#pragma once

#include "tuner/kernel.h"

namespace tilesmith {

/// A rule for "indices" [T, K] of "score" [T, N] (kernels.md P10): where scores tie any of their
/// indices will do, but each once; past the row there are none, so -1.
Finding JudgeTopk(const Outcome& outcome);

}  // namespace tilesmith
