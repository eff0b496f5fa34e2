// Inputs of the packed prefill compressors that depend on each other: positions, page tables and
// slots of one chunk that begins somewhere in a sequence.
#pragma once

#include <string>

#include "tuner/kernel.h"

namespace kernels {

/// The operands that say where rows lie, by the names that a kernel's contract gives them.
struct PrefillSlotNames {
  std::string table = "compress_state_block_table";
  std::string cmp = "cmp_slot_mapping";
  std::string state = "state_slot_mapping";
};

/// What a ratio says of its pages and windows.
struct PrefillPaging {
  int ratio;  // tokens per compressed row
  int page;   // rows of a state page
  PrefillSlotNames names = {};
};

/// Fills wkv and wgate (deviations of kernels.md §2), the RoPE tables freqs_cos and freqs_sin, and
/// position_ids, the block table and both slot mappings such that
/// - the active tokens end a window whose history may lie before the chunk, or the chunk begins the
///   sequence;
/// - pages of state and cache are permuted, some are not mapped, and where the pool is smaller than
///   the chunk, pages that hold history are recycled by it;
/// - some windows' rows are not wanted (−1), as speculative tokens' are not.
/// Reads the dimensions T, num_tokens, MAX_SEQ, MAX_BLOCKS, STATE_BLOCKS, CMP_BLOCKS and CMP_PAGE.
/// Throws std::invalid_argument where MAX_SEQ or MAX_BLOCKS has no room for T positions.
void FillPrefillCase(tilesmith::CaseInputs& inputs, const PrefillPaging& paging);

}  // namespace kernels
