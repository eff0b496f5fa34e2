#include "reports/header_evidence.h"

#include <fmt/format.h>

#include "reports/cpp_text.h"
#include "reports/digest.h"

namespace tilesmith {
namespace {

std::string Speedup(const DuelEntry& entry, double confidence) {
  return fmt::format("{:.3f}x the default [{:.3f}, {:.3f}] at {:.4g} %", entry.speedup,
                     entry.ci_low, entry.ci_high, 100 * confidence);
}

std::string VerdictText(const Duel& duel) {
  std::string text(ToString(duel.verdict));
  const DuelEntry* judged = JudgedEntry(duel);
  if (judged == nullptr) return text + ", nothing to compare with";
  if (judged->config == duel.chosen) return text + ", " + Speedup(*judged, duel.confidence);
  return fmt::format("{}, keeps the default; best rival {}: {}", text, judged->config.ToString(),
                     Speedup(*judged, duel.confidence));
}

template <typename... Values>
void AddAll(Digest& digest, const Values&... values) {
  (digest.Add(fmt::format("{}", values)), ...);
}

void AddConfig(Digest& digest, const Dims& dims) {
  AddAll(digest, dims.size());
  for (const auto& [name, value] : dims) AddAll(digest, name, value);
}

void AddProvenance(Digest& digest, const Provenance& p) {
  AddAll(digest, p.kernel, p.source_hash, p.space_hash, p.golden_hash, p.compiler,
         p.compiler_version, p.flags, p.machine, p.threads, p.pinning, p.seed, p.tool_version);
}

void AddDuelEntry(Digest& digest, const DuelEntry& entry) {
  AddConfig(digest, entry.config.tiles());
  AddAll(digest, entry.role, entry.median_ns, entry.speedup, entry.ci_low, entry.ci_high,
         ToString(entry.verdict), entry.samples_ns.size());
  for (float sample : entry.samples_ns) AddAll(digest, sample);
}

void AddDuel(Digest& digest, const Duel& duel) {
  AddAll(digest, duel.kernel, duel.problem.name, duel.seed, duel.rounds, duel.confidence,
         duel.tie_band, ToString(duel.verdict), duel.reason, duel.entries.size());
  AddConfig(digest, duel.problem.dims);
  AddConfig(digest, duel.chosen.tiles());
  for (const DuelEntry& entry : duel.entries) AddDuelEntry(digest, entry);
}

}  // namespace

const DuelEntry* JudgedEntry(const Duel& duel) {
  const DuelEntry* chosen = duel.Find(duel.chosen);
  if (chosen != nullptr && chosen != duel.Default()) return chosen;
  const DuelEntry* best = nullptr;
  for (const DuelEntry& entry : duel.entries) {
    if (&entry == duel.Default()) continue;
    if (best == nullptr || best->speedup < entry.speedup) best = &entry;
  }
  return best;
}

std::string VerdictSummary(const Duel& duel) {
  const DuelEntry* judged = JudgedEntry(duel);
  if (judged == nullptr) return std::string(ToString(duel.verdict));
  return fmt::format("{} {:.2f}x", ToString(duel.verdict), judged->speedup);
}

std::string EvidenceComment(const HeaderEntry& entry) {
  const Duel& duel = entry.duel;
  const Provenance& provenance = entry.provenance;
  std::string out =
      Comment("///", fmt::format("{} ({}): {}, {} rounds.", duel.problem.name,
                                 ToString(duel.problem.dims), VerdictText(duel), duel.rounds));
  if (!duel.reason.empty()) out += Comment("///", fmt::format("Why: {}.", duel.reason));
  out += Comment("///", fmt::format("{}; {} thread{}; {} {}.", entry.machine.name,
                                    provenance.threads, provenance.threads == 1 ? "" : "s",
                                    provenance.compiler_version, provenance.flags));
  return out;
}

std::string EvidenceDigest(const std::vector<KernelLayout>& kernels) {
  Digest digest;
  for (const KernelLayout& kernel : kernels) {
    AddAll(digest, kernel.space->kernel, kernel.space->hash, kernel.entries.size());
    for (const KernelLayout::Entry& entry : kernel.entries) {
      AddProvenance(digest, entry.evidence->provenance);
      AddAll(digest, entry.evidence->machine.fingerprint);
      AddDuel(digest, entry.evidence->duel);
    }
  }
  return digest.Hex();
}

}  // namespace tilesmith
