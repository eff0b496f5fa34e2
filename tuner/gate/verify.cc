#include "tuner/gate/verify.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include <fmt/format.h>

#include "results/error.h"
#include "tuner/gate/case_run.h"
#include "tuner/gate/golden_file.h"
#include "tuner/gate/safetensors.h"
#include "tuner/space/space_file.h"

namespace tilesmith {
namespace {

namespace fs = std::filesystem;

Compiled CompileOne(Compiler& compiler, const KernelSpec& kernel, const Config& config) {
  return compiler.Compile(kernel, {config}).front();
}

std::vector<std::string> GoldenFiles(const std::string& path) {
  if (fs::is_regular_file(path)) return {path};
  if (!fs::is_directory(path)) {
    throw UserError(
        fmt::format("{}: no such file or folder; give a .safetensors[.xz] file or a folder "
                    "of them",
                    path));
  }
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    const std::string name = entry.path().string();
    if (name.ends_with(".safetensors") || name.ends_with(".safetensors.xz")) files.push_back(name);
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// A file and the kernel whose contract it holds, checked and ready to run.
struct Replay {
  const KernelSpec* kernel;
  std::string path;
  std::shared_ptr<const Case> data;
};

// Of several kernels that a file's names suit, those it has the tensors of; when there are none, all,
// so that what lacks is named.
std::vector<const KernelSpec*> KernelsOf(const SafeTensors& content, const std::string& file,
                                         std::vector<const KernelSpec*> candidates) {
  for (const auto& kernel : Registry::Get().kernels()) {
    if (std::find(candidates.begin(), candidates.end(), kernel.get()) == candidates.end()) {
      candidates.push_back(kernel.get());
    }
  }
  std::erase_if(candidates, [&](const auto* kernel) { return !IsFor(content, file, *kernel); });
  std::vector<const KernelSpec*> complete;
  std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(complete),
               [&](const auto* kernel) { return HasTensors(content, *kernel); });
  return complete.empty() ? candidates : complete;
}

// All files are read and checked before the first kernel runs.
std::vector<Replay> LoadReplays(const std::vector<const KernelSpec*>& kernels,
                                const std::string& path) {
  std::vector<Replay> replays;
  for (const std::string& file : GoldenFiles(path)) {
    const SafeTensors content = LoadSafeTensors(file);
    for (const KernelSpec* kernel : KernelsOf(content, file, kernels)) {
      if (std::find(kernels.begin(), kernels.end(), kernel) == kernels.end()) continue;
      replays.push_back(
          {kernel, file, std::make_shared<Case>(CaseFromFile(*kernel, file, content))});
    }
  }
  return replays;
}

// Our golden against the file's outputs: two independent references that must agree.
GateReport CheckGolden(const Replay& replay, const Limits& limits) {
  Case ours = MakeLike(*replay.kernel, *replay.data);
  ComputeGolden(*replay.kernel, ours, limits);
  std::vector<const std::byte*> outputs;
  for (const SharedBuffer& output : ours.expected) outputs.push_back(output.data());
  const CaseOutcome outcome(*replay.kernel, *replay.data, std::move(outputs));
  const Judgement judged = outcome.JudgeAll();
  GateReport report;
  report.stage = "golden";
  report.cases = 1;
  report.error_share = judged.error_share;
  report.elements = outcome.elements();
  if (!judged.ok) {
    report.status = Status::kWrong;
    report.message = "the golden disagrees with the file: " + judged.message;
  }
  return report;
}

GateReport CheckVariant(const Replay& replay, Compiler& compiler, const GateOptions& options) {
  const Config config = LoadSpaceFile(replay.kernel->space_file).default_config;
  const Compiled compiled = CompileOne(compiler, *replay.kernel, config);
  if (compiled.outcome != Compiled::Outcome::kOk) return CompileFailure(compiled);
  return CheckLibrary(*replay.kernel, compiled.library, {{"problem", replay.data}}, options);
}

}  // namespace

GateReport CompileFailure(const Compiled& compiled) {
  GateReport report;
  if (compiled.outcome == Compiled::Outcome::kOk) return report;
  report.status = compiled.outcome == Compiled::Outcome::kFailed ? Status::kCompileFailed
                                                                 : Status::kCompileTimeout;
  report.stage = "compile";
  report.message = compiled.message;
  return report;
}

std::vector<Verified> VerifyConfig(const KernelSpec& kernel, const SpaceDefinition& space,
                                   const std::vector<Problem>& problems, const Config& config,
                                   Compiler& compiler, const GateOptions& options) {
  const Compiled compiled = CompileOne(compiler, kernel, config);
  std::vector<Verified> verified;
  for (const Problem& problem : problems) {
    const std::string what = problem.name + " " + config.ToString();
    if (compiled.outcome != Compiled::Outcome::kOk) {
      verified.push_back({kernel.name, what, CompileFailure(compiled)});
      continue;
    }
    // A library of its own: the real sizes of several problems together need not fit in memory.
    CaseLibrary library(kernel, options.limits);
    const std::vector<GateCase> cases = GateCases(space, config, problem, options, library);
    verified.push_back({kernel.name, what, CheckLibrary(kernel, compiled.library, cases, options)});
  }
  return verified;
}

std::vector<Verified> VerifyGoldenData(const std::vector<const KernelSpec*>& kernels,
                                       const std::string& path, Compiler& compiler,
                                       const GateOptions& options) {
  const std::vector<Replay> replays = LoadReplays(kernels, path);
  if (replays.empty()) {
    throw UserError(
        fmt::format("{}: holds no golden data of kernel '{}' (the metadata's kernel and "
                    "contract decide)",
                    path, kernels.empty() ? "" : kernels.front()->family),
        Exit::kNothingMatched);
  }
  std::vector<Verified> verified;
  for (const Replay& replay : replays) {
    const std::string file = fs::path(replay.path).filename().string();
    verified.push_back(
        {replay.kernel->name, file + " golden", CheckGolden(replay, options.limits)});
    verified.push_back(
        {replay.kernel->name, file + " default variant", CheckVariant(replay, compiler, options)});
  }
  return verified;
}

std::string SaveGoldenData(const KernelSpec& kernel, const Problem& problem, std::uint64_t seed,
                           const std::string& folder, const Limits& limits) {
  Case made = MakeInputs(kernel, problem, seed);
  ComputeGolden(kernel, made, limits);
  const std::string path =
      (fs::path(folder) / kernel.name / (problem.name + ".safetensors")).string();
  SaveSafeTensors(path, FileFromCase(kernel, made));
  return path;
}

}  // namespace tilesmith
