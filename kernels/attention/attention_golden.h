// The scalar oracle of the sparse attention kernels (kernels.md §7.2, §7.5): what every contract's
// columns are, and what is done with them. Shares nothing with the kernels' own code.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/attention/attention_args.h"

namespace kernels::golden {

/// A token's keys: blocks of rows of 512, nullptr where a column is invalid.
using Columns = std::vector<std::vector<const bf16*>>;
using ColumnsOf = Columns (*)(const AttentionArgs& args, int t);

Columns CodedColumns(const AttentionArgs& args, int t);      // V2 CSA, HCA
Columns SetColumns(const AttentionArgs& args, int t);        // V2 SWA
Columns CsaV3Columns(const AttentionArgs& args, int t);      // V3
Columns HcaV3Columns(const AttentionArgs& args, int t);      // V3
Columns SwaV3Columns(const AttentionArgs& args, int t);      // V3
Columns PrefillColumns(const AttentionArgs& args, int t);    // V2, compacted
Columns PrefillV3Columns(const AttentionArgs& args, int t);  // V3, compacted

/// o [T, H, 512] of all tokens.
std::vector<bf16> Attend(const AttentionArgs& args, ColumnsOf columns_of);

/// args.o of all tokens.
template <ColumnsOf kColumnsOf>
void CoreGolden(const AttentionArgs& args) {
  const std::vector<bf16> o = Attend(args, kColumnsOf);
  for (std::size_t i = 0; i < o.size(); ++i) args.o[i] = o[i];
}

/// args.attn_out from o and the output projection.
void ProjectGolden(const AttentionArgs& args, const std::vector<bf16>& o);

template <ColumnsOf kColumnsOf>
void AttentionGolden(const AttentionArgs& args) {
  ProjectGolden(args, Attend(args, kColumnsOf));
}

}  // namespace kernels::golden
