#include "reports/results_table.h"

#include <fmt/format.h>

#include "reports/header_evidence.h"
#include "results/error.h"

namespace tilesmith {
namespace {

std::string Time(const DuelEntry* entry) {
  return entry == nullptr || !(entry->median_ns > 0) ? "" : HumanTime(entry->median_ns);
}

std::string ChangedTiles(const Config& chosen, const Config& base) {
  std::string text;
  for (const auto& [tile, value] : chosen.tiles()) {
    const std::int64_t* old = base.Find(tile);
    if (old != nullptr && *old == value) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", tile, value);
  }
  return text.empty() ? "the default" : text;
}

std::string VerdictText(const Duel& duel) {
  const DuelEntry* judged = JudgedEntry(duel);
  if (judged == nullptr) return VerdictSummary(duel);
  return fmt::format("{} [{:.3f}, {:.3f}]", VerdictSummary(duel), judged->ci_low, judged->ci_high);
}

std::string RateOf(const ResultsRow& row) {
  const Duel& duel = row.entry->duel;
  const bool memory = row.roofline.of.empty() || row.roofline.of == "DRAM";
  if (memory && duel.gbytes_per_s > 0) return fmt::format("{:.1f} GB/s", duel.gbytes_per_s);
  return duel.gflops > 0 ? fmt::format("{:.1f} GFLOP/s", duel.gflops) : "";
}

std::string Share(const RooflineShare& roofline) {
  return roofline.of.empty() ? ""
                             : fmt::format("{:.0f} % of {}", 100 * roofline.share, roofline.of);
}

}  // namespace

Table ResultsTable(const std::vector<ResultsRow>& rows) {
  Table table{
      {"kernel", "problem", "default", "best", "tiles changed", "verdict", "rate", "roofline"}, {}};
  for (const ResultsRow& row : rows) {
    const Duel& duel = row.entry->duel;
    const DuelEntry* base = duel.Default();
    table.rows.push_back({duel.kernel, duel.problem.name, Time(base), Time(duel.Find(duel.chosen)),
                          base == nullptr ? "" : ChangedTiles(duel.chosen, base->config),
                          VerdictText(duel), RateOf(row), Share(row.roofline)});
  }
  return table;
}

std::string ReplaceGenerated(const std::string& document, const std::string& path,
                             const std::string& generated) {
  const std::size_t begin = document.find(kTableBegin);
  const std::size_t end = begin == std::string::npos ? begin : document.find(kTableEnd, begin);
  if (end == std::string::npos) {
    throw UserError(fmt::format("{}: has no lines '{}' and '{}'; add them where the table is to be",
                                path, kTableBegin, kTableEnd));
  }
  return document.substr(0, begin + kTableBegin.size()) + "\n" + generated + document.substr(end);
}

}  // namespace tilesmith
