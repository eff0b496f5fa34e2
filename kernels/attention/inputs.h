// Inputs of the attention kernels: sequences at positions of every kind, the codes and tables that
// lead to their rows, and values as the layers before hand them over.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tuner/kernel.h"

namespace kernels::attention {

/// q, both caches, the overlay, the sink, the angles: whichever of them the kernel has. Keys and
/// queries have unit variance, as normalised ones have.
void FillValues(tilesmith::CaseInputs& inputs, const std::vector<std::string>& rows);

/// ori_block_table and cmp_block_table, where the kernel has them: distinct pages in random order.
void FillTables(tilesmith::CaseInputs& inputs, const std::vector<std::string>& tables);

/// cmp_sparse_indices of V2 for steps at positions of every kind: as csa_index_build makes them
/// from an indexer's choice; as HCA, in whose columns every compressed column has its place; as
/// SWA, without compressed columns.
enum class Codes { kCsa, kHca, kSwa };
void FillCodedIndices(tilesmith::CaseInputs& inputs, Codes kind);

/// V3: the window's physical rows under `window`, oldest first, −1 behind them, for steps at
/// positions below `limit`; returns those positions [B, S]. A batch's pages lie anywhere in the
/// cache.
std::vector<int> FillWindowRows(tilesmith::CaseInputs& inputs, const std::string& window, int B,
                                int limit);

/// A chunk's window and compressed entries: as codes and their number (V2), or as rows and columns
/// (V3).
void FillPrefillCodes(tilesmith::CaseInputs& inputs);
void FillPrefillRows(tilesmith::CaseInputs& inputs);

}  // namespace kernels::attention
