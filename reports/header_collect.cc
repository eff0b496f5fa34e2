// CollectHeader: which of the database's results a header may carry.
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "reports/generated_header.h"

namespace tilesmith {
namespace {

using Selected = ResultStore::Selected;

std::string Name(const Selected& selected) {
  return selected.duel.kernel + " " + selected.duel.problem.name;
}

// Time first: ids of a merged database do not follow it.
bool IsNewer(const Selected& a, const Selected& b) {
  return std::tie(a.duel.created_at, a.duel.id) > std::tie(b.duel.created_at, b.duel.id);
}

// The machine of the newest duel; empty when there is none.
std::string NewestMachine(const std::vector<Selected>& all) {
  const Selected* newest = nullptr;
  for (const Selected& selected : all) {
    if (newest == nullptr || IsNewer(selected, *newest)) newest = &selected;
  }
  return newest == nullptr ? "" : newest->machine.fingerprint;
}

// The newest selection of every problem: one may have been tuned for several thread counts or
// sizes.
std::map<std::pair<std::string, std::string>, const Selected*> NewestByProblem(
    const std::vector<Selected>& all, const std::string& machine) {
  std::map<std::pair<std::string, std::string>, const Selected*> newest;
  for (const Selected& selected : all) {
    if (selected.machine.fingerprint != machine) continue;
    const Selected*& place = newest[{selected.duel.kernel, selected.duel.problem.name}];
    if (place == nullptr || IsNewer(selected, *place)) place = &selected;
  }
  return newest;
}

// A fresh provenance of the same kernel, machine and thread count is the current one.
const Provenance* CurrentProvenance(const std::vector<Selected>& all, const Provenance& old) {
  for (const Selected& selected : all) {
    const Provenance& other = selected.provenance;
    const bool same_place =
        other.kernel == old.kernel && other.machine == old.machine && other.threads == old.threads;
    if (!selected.stale && same_place) return &other;
  }
  return nullptr;
}

std::string WhyStale(const std::vector<Selected>& all, const Provenance& old) {
  const Provenance* now = CurrentProvenance(all, old);
  if (now == nullptr) return "stale: the kernel, its space or the compiler changed since";
  if (old.source_hash != now->source_hash) return "the kernel source changed";
  if (old.space_hash != now->space_hash) return "the search space changed";
  if (old.golden_hash != now->golden_hash) return "the golden changed";
  if (old.compiler_version != now->compiler_version || old.compiler != now->compiler) {
    return fmt::format("the compiler changed: {}", now->compiler_version);
  }
  if (old.flags != now->flags) return fmt::format("the compiler flags changed: {}", now->flags);
  if (old.tool_version != now->tool_version) return "tilesmith's way of measuring changed";
  return "stale: seed or pinning changed";
}

bool HasNames(const Dims& dims, const std::vector<std::string>& names) {
  std::vector<std::string> own;
  for (const auto& [name, value] : dims) own.push_back(name);
  return own == names;
}

// Why the selection may not be emitted; nullopt when it may.
std::optional<std::string> Objection(const std::vector<Selected>& all, const Selected& selected,
                                     const std::optional<SpaceRecord>& space) {
  const Duel& duel = selected.duel;
  if (selected.stale) return WhyStale(all, selected.provenance);
  if (!space) return "the database has no search space of the kernel; sweep it again";
  if (duel.chosen.empty()) return "no config passed";
  if (!HasNames(duel.chosen.tiles(), space->tiles)) return "the tiles of the space changed";
  if (!HasNames(duel.problem.dims, space->dims)) return "the dimensions of the space changed";
  return std::nullopt;
}

}  // namespace

HeaderContents CollectHeader(const ResultStore& store, const std::string& machine) {
  const std::vector<Selected> all = store.Selections();
  const std::string wanted = machine.empty() ? NewestMachine(all) : machine;
  HeaderContents contents;
  for (const auto& [key, selected] : NewestByProblem(all, wanted)) {
    const std::string& name = key.first;
    const std::optional<SpaceRecord> space = store.Space(name);
    if (const auto objection = Objection(all, *selected, space)) {
      contents.left_out.push_back(fmt::format("{}: {}", Name(*selected), *objection));
    }
    // A kernel with nothing left keeps its namespace and default: products that include it still
    // build.
    if (space && (contents.kernels.empty() || contents.kernels.back().space.kernel != name)) {
      contents.kernels.push_back({*space, {}});
    }
    if (Objection(all, *selected, space)) continue;
    contents.kernels.back().entries.push_back(
        {selected->duel, selected->provenance, selected->machine});
  }
  return contents;
}

}  // namespace tilesmith
