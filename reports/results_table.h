// The table of all tuned problems, for a page that is kept beside the kernels: regenerated between
// two marks of a Markdown document, the rest of which is a person's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/generated_header.h"
#include "reports/table.h"

namespace tilesmith {

/// Share of the roofline that an entry's chosen config attains: the least time that memory or
/// arithmetic allows, over the measured one. `of` names the bound ("DRAM", "VNNI"); empty: unknown.
struct RooflineShare {
  double share = 0;
  std::string of;
};

struct ResultsRow {
  const HeaderEntry* entry = nullptr;
  RooflineShare roofline;
};

/// Columns: kernel, problem, default (median of a call), best (median of the chosen config), tiles
/// (those of the chosen that differ from the default's), verdict with speed-up and interval, GB/s or
/// GFLOP/s (whichever bounds it; GB/s when unknown), roofline. In the rows' order.
Table ResultsTable(const std::vector<ResultsRow>& rows);

inline constexpr std::string_view kTableBegin = "<!-- tilesmith: generated, do not edit -->";
inline constexpr std::string_view kTableEnd = "<!-- tilesmith: end -->";

/// `document` with what stands between the marks replaced by `generated`; the marks stay. Throws
/// UserError naming `path` when one of them is missing.
std::string ReplaceGenerated(const std::string& document, const std::string& path,
                             const std::string& generated);

}  // namespace tilesmith
