#include "tuner/command/today.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <nlohmann/json.hpp>

#include "results/error.h"
#include "tuner/command/options.h"
#include "tuner/command/selection.h"
#include "tuner/kernel.h"
#include "tuner/sweep/provenance.h"

namespace tilesmith {
namespace {

// The instruction sets among a machine's details; null when they say nothing of them.
nlohmann::json InstructionSets(const MachineRecord& machine) {
  const nlohmann::json detail = nlohmann::json::parse(machine.detail, nullptr, false);
  return detail.is_object() && detail.contains("isa") ? detail["isa"] : nlohmann::json();
}

bool SourceIsComparable(const Provenance& stored, const Provenance& now,
                        const MachineRecord& measured_on, const MachineRecord& here) {
  if (stored.machine == now.machine) return true;
  return stored.compiler_version == now.compiler_version &&
         InstructionSets(measured_on) == InstructionSets(here);
}

std::string FirstDifference(const Provenance& stored, const Provenance& now, bool with_source) {
  if (stored.tool_version != now.tool_version) {
    return fmt::format("tilesmith is {} now, was {}", now.tool_version, stored.tool_version);
  }
  if (stored.space_hash != now.space_hash) return "the search space changed";
  if (with_source && stored.compiler_version != now.compiler_version) {
    return fmt::format("the compiler is '{}' now, was '{}'", now.compiler_version,
                       stored.compiler_version);
  }
  if (with_source && stored.source_hash != now.source_hash) return "the kernel source changed";
  return stored.golden_hash == now.golden_hash ? "" : "the golden changed";
}

}  // namespace

Compiler* Today::CompilerOf(const Provenance& stored) {
  const auto [place, is_new] = compilers_.try_emplace(stored.compiler + '\n' + stored.flags);
  if (!is_new) return place->second.get();
  CompilerOptions options;
  options.compiler = stored.compiler;
  // Twice the default ones is harmless; without the user's own the source might preprocess
  // otherwise.
  options.cxxflags = SplitArguments(stored.flags);
  try {
    place->second = std::make_unique<Compiler>(std::move(options));
  } catch (const UserError& why) {
    fmt::print(notes_, "note: cannot tell whether sources changed since {} compiled them: {}\n",
               stored.compiler, why.what());
  }
  return place->second.get();
}

std::string Today::WhyStale(const Provenance& stored, const MachineRecord& measured_on) {
  const KernelSpec* kernel = Registry::Get().Find(stored.kernel);
  if (kernel == nullptr) return "";
  Compiler* compiler = CompilerOf(stored);
  if (compiler == nullptr) return "";
  SweepOptions options;
  options.threads = stored.threads;
  options.gate.first_seed = stored.seed;
  Workshop workshop{store_, *compiler, machine_};
  const Provenance now = CurrentProvenance(*kernel, LoadSpace(*kernel), workshop, options);
  const bool with_source = SourceIsComparable(stored, now, measured_on, machine_.Record());
  if (!with_source) {
    fmt::print(notes_,
               "note: cannot tell here whether the source of {} changed: it was tuned on {}\n",
               stored.kernel, measured_on.name);
  }
  return FirstDifference(stored, now, with_source);
}

void Today::LeaveOutStale(HeaderContents& contents) {
  for (HeaderKernel& kernel : contents.kernels) {
    std::vector<HeaderEntry> fresh;
    for (HeaderEntry& entry : kernel.entries) {
      const std::string why = WhyStale(entry.provenance, entry.machine);
      if (why.empty()) {
        fresh.push_back(std::move(entry));
      } else {
        contents.left_out.push_back(
            fmt::format("{} {}: {}", entry.duel.kernel, entry.duel.problem.name, why));
      }
    }
    kernel.entries = std::move(fresh);
  }
  std::erase_if(contents.kernels,
                [](const HeaderKernel& kernel) { return kernel.entries.empty(); });
}

}  // namespace tilesmith
