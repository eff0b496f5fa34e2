#include "reports/sweep_summary.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "reports/header_evidence.h"

namespace tilesmith {
namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kLabelColumns = 11;  // "  rejected "

const std::string& KernelOf(const SweepResult& result) {
  return result.duel.kernel.empty() ? result.session.kernel : result.duel.kernel;
}

const std::string& ProblemOf(const SweepResult& result) {
  return result.duel.problem.name.empty() ? result.session.problem : result.duel.problem.name;
}

int RejectedCount(const SweepResult& result) {
  int rejected = 0;
  for (const auto& [status, count] : result.counts) rejected += PassedGate(status) ? 0 : count;
  return rejected;
}

// --- table ---

Cell Positive(double value) { return value > 0 ? Cell(value) : Cell(); }
Cell Positive(int value) { return value > 0 ? Cell(std::int64_t{value}) : Cell(); }
Cell Text(const std::string& text) { return text.empty() ? Cell() : Cell(text); }

// Of the config the row names; without one, why there is none: the commonest way to be rejected.
Cell StatusCell(const SweepResult& result) {
  if (!result.duel.chosen.empty()) return std::string(ToString(Status::kOk));
  const std::pair<Status, int>* most = nullptr;
  for (const auto& entry : result.counts) {
    if (PassedGate(entry.first) || entry.second <= 0) continue;
    if (most == nullptr || most->second < entry.second) most = &entry;
  }
  return most == nullptr ? Cell() : Cell(std::string(ToString(most->first)));
}

// median, samples and speed-up of an entry; empty cells without one.
struct EntryCells {
  explicit EntryCells(const DuelEntry* entry) {
    if (entry == nullptr) return;
    config = entry->config.ToString();
    median = Positive(entry->median_ns);
    speedup = entry->speedup;
    low = entry->ci_low;
    high = entry->ci_high;
    samples = static_cast<std::int64_t>(entry->samples_ns.size());
  }
  Cell config, median, speedup, low, high, samples;
};

// Cells of the columns from kernel to session.
std::vector<Cell> DocumentedCells(const SweepResult& result) {
  const Duel& duel = result.duel;
  const EntryCells chosen(duel.Find(duel.chosen));
  const EntryCells base(duel.Default());
  return {KernelOf(result),
          ProblemOf(result),
          Text(duel.chosen.ToString()),
          StatusCell(result),
          std::string(ToString(duel.verdict)),
          chosen.median,
          base.median,
          chosen.speedup,
          chosen.low,
          chosen.high,
          Positive(duel.rounds),
          chosen.samples,
          Positive(duel.gflops),
          Positive(duel.gbytes_per_s),
          Text(result.machine.name),
          Text(result.compiler),
          result.session.id};
}

// Cells of the columns after session.
std::vector<Cell> FurtherCells(const SweepResult& result) {
  const EntryCells base(result.duel.Default());
  const EntryCells rival(JudgedEntry(result.duel));
  return {base.config,
          std::int64_t{result.tried},
          std::int64_t{result.known},
          std::int64_t{RejectedCount(result)},
          Positive(result.bandwidth_share),
          Positive(result.peak_share),
          Text(result.note),
          rival.config,
          rival.speedup,
          rival.low,
          rival.high};
}

std::vector<Cell> Row(const SweepResult& result) {
  std::vector<Cell> row = DocumentedCells(result);
  for (Cell& cell : FurtherCells(result)) row.push_back(std::move(cell));
  return row;
}

// --- text ---

// Breaks after blanks, and after the commas of words that are too long (configs of many tiles).
std::vector<std::string> Pieces(const std::string& text) {
  constexpr std::size_t kWidth = kColumns - kLabelColumns;
  std::vector<std::string> pieces;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(' ', start), text.size() - 1) + 1;
    const bool is_long = end - start > kWidth;
    const std::size_t comma = is_long ? text.find(',', start) : std::string::npos;
    const std::size_t stop = std::min(comma, end - 1) + 1;
    pieces.push_back(text.substr(start, stop - start));
    start = stop;
  }
  return pieces;
}

// "  label    text", continued under the text.
std::string Line(std::string_view label, const std::string& text) {
  std::string out;
  std::string line = fmt::format("  {:<{}}", label, kLabelColumns - 2);
  for (const std::string& piece : Pieces(text)) {
    const std::size_t width = piece.size() - (piece.ends_with(' ') ? 1 : 0);
    if (line.size() > kLabelColumns && line.size() + width > kColumns) {
      out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
      line.assign(kLabelColumns, ' ');
    }
    line += piece;
  }
  return out + line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string OptionalLine(std::string_view label, const std::string& text) {
  return text.empty() ? "" : Line(label, text);
}

std::string Headline(const SweepResult& result) {
  const Duel& duel = result.duel;
  std::string out = KernelOf(result) + " " + ProblemOf(result);
  if (!duel.problem.dims.empty()) out += fmt::format(" ({})", ToString(duel.problem.dims));
  out += fmt::format(": {}", ToString(duel.verdict));
  const DuelEntry* judged = JudgedEntry(duel);
  if (judged == nullptr) return out + "\n";
  return out + fmt::format(", {:.3f}x [{:.3f}, {:.3f}] at {:.4g} %, {} rounds\n", judged->speedup,
                           judged->ci_low, judged->ci_high, 100 * duel.confidence, duel.rounds);
}

std::string Contestant(const DuelEntry* entry) {
  if (entry == nullptr) return "";
  return fmt::format("{}  {}", HumanTime(entry->median_ns), entry->config.ToString());
}

std::string Share(double share, std::string_view of) {
  return share > 0 ? fmt::format(" ({:.0f} % of the {})", 100 * share, of) : "";
}

// Hot operands come from caches, which a share of DRAM's bandwidth would only obscure.
std::string BandwidthShare(const SweepResult& result) {
  const double share = result.bandwidth_share;
  if (share > 1 && !result.cold) {
    return fmt::format(" ({:.1f} times the measured bandwidth: from cache)", share);
  }
  return Share(share, "measured bandwidth");
}

std::string Rates(const SweepResult& result) {
  std::vector<std::string> rates;
  if (result.duel.gbytes_per_s > 0) {
    rates.push_back(HumanNumber(result.duel.gbytes_per_s) + " GB/s" +
                    BandwidthShare(result));
  }
  if (result.duel.gflops > 0) {
    rates.push_back(HumanNumber(result.duel.gflops) + " GFLOP/s" +
                    Share(result.peak_share, "peak"));
  }
  return fmt::format("{}", fmt::join(rates, ", "));
}

std::string Tried(const SweepResult& result) {
  std::string out = fmt::format("{} now, {} known from before", result.tried, result.known);
  if (result.space_size > 0) out += fmt::format(", of {}", HumanNumber(result.space_size));
  std::vector<std::string> counts;
  for (const auto& [status, count] : result.counts) {
    if (count > 0) counts.push_back(fmt::format("{} {}", count, ToString(status)));
  }
  return counts.empty() ? out : fmt::format("{}; {}", out, fmt::join(counts, ", "));
}

std::string Rejections(const SweepResult& result) {
  constexpr std::size_t kShown = 5;
  std::string out;
  const std::size_t shown = std::min(kShown, result.rejections.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& [reason, configs] = result.rejections[i];
    out += Line(i == 0 ? "rejected" : "", fmt::format("{} x {}", configs, reason));
  }
  if (result.rejections.size() > shown) {
    out += Line("", fmt::format("and {} other reasons", result.rejections.size() - shown));
  }
  return out;
}

std::string Paragraph(const SweepResult& result) {
  const Duel& duel = result.duel;
  const DuelEntry* judged = JudgedEntry(duel);
  std::string out = Headline(result);
  out += OptionalLine("default", Contestant(duel.Default()));
  out += OptionalLine("best", Contestant(judged));
  if (!duel.chosen.empty()) {
    const bool keeps = judged == nullptr || judged->config != duel.chosen;
    out += OptionalLine("chosen", keeps ? duel.chosen.ToString() : "");
  }
  out += OptionalLine("why", duel.reason);
  out += OptionalLine("rate", Rates(result));
  out += Line("tried", Tried(result));
  out += Rejections(result);
  out += Line("time", TimeBreakdown(result.session));
  out += OptionalLine("machine", result.machine.name);
  out += OptionalLine("compiler", result.compiler);
  return out + OptionalLine("note", result.note);
}

}  // namespace

Table SweepTable(const std::vector<SweepResult>& results) {
  Table table;
  table.columns = {
      "kernel",        "problem",           "config",         "status",       "verdict",
      "median_ns",     "default_median_ns", "speedup",        "ci_low",       "ci_high",
      "rounds",        "samples",           "gflops",         "gbytes_per_s", "machine",
      "compiler",      "session",           "default_config", "tried",        "known",
      "rejected",      "bandwidth_share",   "peak_share",     "note",         "rival_config",
      "rival_speedup", "rival_ci_low",      "rival_ci_high"};
  for (const SweepResult& result : results) table.rows.push_back(Row(result));
  return table;
}

std::string SweepText(const std::vector<SweepResult>& results) {
  std::string out;
  for (const SweepResult& result : results) out += (out.empty() ? "" : "\n") + Paragraph(result);
  return out;
}

std::string TimeBreakdown(const Session& session) {
  const double parts = session.compile_s + session.verify_s + session.measure_s;
  const double wall = std::max(session.wall_s, parts);
  if (!(wall > 0)) return "nothing was timed";
  const auto percent = [wall](double seconds) { return std::lround(100 * seconds / wall); };
  const long compile = percent(session.compile_s);
  const long verify = percent(session.verify_s);
  const long measure = percent(session.measure_s);
  return fmt::format("compile {} %, verify {} %, measure {} %, framework {} % of {:.1f} s", compile,
                     verify, measure, std::max(0L, 100 - compile - verify - measure), wall);
}

}  // namespace tilesmith
