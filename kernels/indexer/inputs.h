// Inputs that the decode indexers' registrations share. For Prepare functions; no golden uses them.
#pragma once

#include <cstdint>
#include <string>

#include "tuner/kernel.h"

namespace kernels::indexer {

/// Score rows shorter than this are there to be checked, not timed.
inline constexpr std::int64_t kLongScores = 1024;

/// `hadamard`: Sylvester's matrix in timed cases, else any with its norm.
void FillMatrix(tilesmith::CaseInputs& inputs);

/// Row `row` of cos and sin: the table's at `position`.
void FillAngles(tilesmith::CaseInputs& inputs, std::int64_t row, std::int64_t position);

/// idx_block_table [B, TABLE]: distinct pages in random order.
void FillTable(tilesmith::CaseInputs& inputs);

/// A position for batch b's first token of a step of S. Timed cases are near the end of what the
/// scores hold; others are where something changes, `longest` at most.
std::int64_t PickPosition(tilesmith::CaseInputs& inputs, std::int64_t b, std::int64_t longest);

}  // namespace kernels::indexer
