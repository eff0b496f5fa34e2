#include "tuner/gate/exact_tiles.h"

#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "tuner/gate/case_run.h"
#include "tuner/gate/faults.h"

namespace tilesmith {
namespace {

// Constraints may tie a tile to one of class R, so not every config survives the exchange.
constexpr int kTriesPerDraw = 200;

Config WithDefaultOrder(const SpaceDefinition& definition, const Config& drawn) {
  Dims tiles = drawn.tiles();
  for (auto& [name, value] : tiles) {
    const auto tile = std::ranges::find(definition.tiles, name, &Tile::name);
    if (tile->reorders) value = *definition.default_config.Find(name);
  }
  return Config(tiles);
}

GateReport Compare(const KernelSpec& kernel, const Variant& variant, const Variant& reference,
                   const std::vector<GateCase>& cases, const GateOptions& options,
                   Channel& channel) {
  GateReport report;
  for (const auto& [stage, data] : cases) {
    channel.Stage("exact " + data->Name());
    CaseRun run(kernel, *data);
    reference.SetThreads(options.threads);
    run.Call(reference);
    const std::vector<std::byte> expected = run.OutputBits();
    variant.SetThreads(options.threads);
    run.Call(variant);
    const std::vector<std::byte> bits = run.OutputBits();
    if (bits != expected) {
      report.status = Status::kWrong;
      report.stage = "exact";
      const CaseRun::Difference differs = run.FirstDifference(expected, bits);
      report.message = fmt::format(
          "{} of {} is {:.9g} with the default's tiles, {:.9g} with these: a tile of class E "
          "changed its bits",
          differs.element, data->Name(), differs.first, differs.second);
      return report;
    }
    ++report.cases;
    report.elements += run.After().elements();
  }
  return report;
}

}  // namespace

std::vector<Config> DrawExact(const SpaceDefinition& definition, const SearchSpace& space,
                              int count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Config> drawn;
  for (int tries = count * kTriesPerDraw; tries > 0 && std::ssize(drawn) < count; --tries) {
    const Config config = WithDefaultOrder(definition, space.At(space.Sample(random)));
    if (config == definition.default_config || !space.IndexOf(config)) continue;
    if (std::ranges::find(drawn, config) == drawn.end()) drawn.push_back(config);
  }
  return drawn;
}

GateReport CheckSameBits(const KernelSpec& kernel, const std::string& library,
                         const std::string& reference, const std::vector<GateCase>& cases,
                         const GateOptions& options) {
  const Ending ending = RunInChild(
      [&](Channel& channel) {
        FaultWatch::Install(channel);
        channel.Stage("load");
        const Variant first(reference);
        const Variant second(library);
        channel.Send(Compare(kernel, second, first, cases, options, channel).ToJson());
      },
      options.limits);
  if (ending.how != Ending::How::kReturned) return ReportOf(ending);
  return GateReport::FromJson(ending.payload);
}

std::vector<Verified> VerifyExact(const KernelSpec& kernel, const SpaceDefinition& definition,
                                  const Problem& problem, const MachineFacts& facts, int count,
                                  Compiler& compiler, const GateOptions& options) {
  const SearchSpace space(definition, problem, facts);
  std::vector<Config> configs = DrawExact(definition, space, count, options.first_seed);
  configs.push_back(definition.default_config);
  const std::vector<Compiled> compiled = compiler.Compile(kernel, configs);
  CaseLibrary library(kernel, options.limits);
  std::vector<Verified> rows;
  for (std::size_t i = 0; i + 1 < configs.size(); ++i) {
    const std::string what = problem.name + " " + configs[i].ToString();
    GateReport report = CompileFailure(compiled[i]);
    if (report.ok()) report = CompileFailure(compiled.back());
    if (report.ok()) {
      const auto cases = GateCases(definition, configs[i], problem, options, library);
      report = CheckLibrary(kernel, compiled[i].library, cases, options);
      if (report.ok()) {
        report =
            CheckSameBits(kernel, compiled[i].library, compiled.back().library, cases, options);
      }
    }
    rows.push_back({kernel.name, what + " against the default's bits", report});
  }
  return rows;
}

}  // namespace tilesmith
