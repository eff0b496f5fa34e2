#include "tuner/sweep/trial_runner.h"

#include <utility>

#include <fmt/format.h>

#include "results/error.h"
#include "results/statistics.h"
#include "tuner/compile/process.h"
#include "tuner/measure/meter.h"
#include "tuner/sweep/stopwatch.h"

namespace tilesmith {
namespace {

// Spread of log-ratios to the pivot above which a rank means nothing: both were disturbed, and
// apart.
constexpr double kNoisyDeviation = 0.35;

// Identical machine code is proven and timed once.
Trial Alias(Trial trial, const Trial& same) {
  trial.alias_of = same.alias_of != 0 ? same.alias_of : same.id;
  trial.status = same.status;
  trial.deterministic = same.deterministic;
  trial.error_share = same.error_share;
  trial.median_ns = same.median_ns;
  trial.log_ratio = same.log_ratio;
  return trial;
}

}  // namespace

TrialRunner::TrialRunner(const KernelSpec& kernel, const SpaceDefinition& definition,
                         const Problem& problem, Workshop& workshop, const SweepOptions& options,
                         Session& session)
    : kernel_(kernel),
      definition_(definition),
      problem_(problem),
      workshop_(workshop),
      options_(options),
      session_(session),
      work_(WorkOf(kernel, problem.dims)),
      pinning_(options.threads),
      cases_(kernel, options.gate.limits) {
  TILESMITH_CHECK(options.threads > 0);
}

Trial TrialRunner::Run(const Config& config, const Compiled& compiled, const Ledger& ledger) {
  Trial trial = NewTrial(config, compiled);
  if (compiled.outcome != Compiled::Outcome::kOk) {
    trial.status = compiled.outcome == Compiled::Outcome::kFailed ? Status::kCompileFailed
                                                                  : Status::kCompileTimeout;
    trial.stage = "compile";
    trial.message = compiled.message;
    trial.repro = compiled.repro;
    return trial;
  }
  if (const Trial* same = ledger.WithCode(compiled.code_hash)) return Alias(trial, *same);
  Prove(trial, compiled.library, ledger);
  return trial;
}

Trial TrialRunner::NewTrial(const Config& config, const Compiled& compiled) const {
  Trial trial;
  trial.session = session_.id;
  trial.kernel = kernel_.name;
  trial.problem = problem_;
  trial.config = config;
  trial.compile_ms = compiled.seconds * 1e3;
  trial.code_hash = compiled.code_hash;
  trial.repro = Repro(config);
  return trial;
}

std::string TrialRunner::Repro(const Config& config) const {
  const Compiler& compiler = workshop_.compiler;
  const Limits& limits = options_.gate.limits;
  std::vector<std::string> words = {
      options_.program,  "verify",       kernel_.name,
      "--problem",       problem_.name,  "--config",
      config.ToString(), "--threads",    std::to_string(options_.threads),
      "--compiler",      compiler.path()};
  const auto add = [&](const char* flag, std::string value) {
    words.insert(words.end(), {flag, std::move(value)});
  };
  const bool own_space = definition_.file.empty() || definition_.file == kernel_.space_file;
  if (!own_space) add("--space", definition_.file);
  if (!compiler.cxxflags().empty()) {
    words.push_back("--cxxflags=" + ShellQuote(compiler.cxxflags()));
  }
  if (limits.call_s != Limits{}.call_s) add("--call-limit", fmt::format("{:g}", limits.call_s));
  if (limits.memory_bytes != Limits{}.memory_bytes) {
    add("--memory-limit", std::to_string(limits.memory_bytes >> 20));
  }
  return ShellQuote(words);
}

void TrialRunner::Prove(Trial& trial, const std::string& library, const Ledger& ledger) {
  const std::vector<GateCase> cases = Cases(trial.config);
  Workbench& bench = Bench();
  const std::string pivot = ledger.pivot() ? LibraryOf(*ledger.pivot()) : library;
  const Trialled trialled =
      RunTrial(bench, library, pivot, cases, options_.gate, options_.screening, pinning_);
  session_.verify_s += trialled.verify_s;
  session_.measure_s += trialled.measure_s;
  Record(trial, trialled, ledger);
}

std::vector<GateCase> TrialRunner::Cases(const Config& config) {
  const Stopwatch watch(session_.verify_s);
  return GateCases(definition_, config, problem_, options_.gate, cases_);
}

// Out of the variant cache.
std::string TrialRunner::LibraryOf(const Config& config) {
  const Compiled compiled = workshop_.compiler.Compile(kernel_, {config}).front();
  if (compiled.outcome != Compiled::Outcome::kOk) {
    throw UserError("the pivot no longer compiles: " + compiled.message);
  }
  return compiled.library;
}

Workbench& TrialRunner::Bench() {
  if (bench_ == nullptr) {
    const Stopwatch watch(session_.measure_s);
    WarmUpMeter();
    workshop_.peaks(options_.threads);
    bench_ = std::make_unique<Workbench>(kernel_, cases_.Get(problem_, options_.gate.first_seed),
                                         workshop_.machine.llc_bytes);
  }
  return *bench_;
}

void TrialRunner::Record(Trial& trial, const Trialled& trialled, const Ledger& ledger) const {
  trial.status = trialled.gate.status;
  trial.stage = trialled.gate.stage;
  trial.message = trialled.gate.message;
  trial.deterministic = trialled.gate.deterministic;
  trial.error_share = trialled.gate.error_share;
  trial.verify_ms = trialled.verify_s * 1e3;
  trial.measure_ms = trialled.measure_s * 1e3;
  const Screened& screened = trialled.screened;
  if (screened.samples_ns.empty()) return;
  trial.samples_ns = screened.samples_ns;
  trial.pivot_samples_ns = screened.pivot_samples_ns;
  trial.pivot = ledger.pivot().value_or(trial.config).ToString();
  trial.median_ns = Median({screened.samples_ns.begin(), screened.samples_ns.end()});
  // The pivot's ratio to itself is 1, whatever the noise said.
  trial.log_ratio = ledger.pivot() ? screened.log_ratio : 0;
  trial.dropped_at = screened.dropped_at;
  if (trial.status == Status::kOk) trial.status = Believe(trial);
  if (trial.status == Status::kSuspect) {
    trial.stage = "measure";
    trial.message = fmt::format(
        "{:.4g} ns a call is less than the {:.4g} ns that its work takes at the "
        "best rates of this machine",
        trial.median_ns, LeastTime());
  }
}

// Right, and timed: but is the time possible, and is it a rank?
Status TrialRunner::Believe(const Trial& trial) const {
  if (trial.median_ns < LeastTime()) return Status::kSuspect;
  if (trial.dropped_at > 0) return Status::kPruned;
  const double spread = RobustDeviation(LogRatios(trial.pivot_samples_ns, trial.samples_ns));
  return spread <= kNoisyDeviation ? Status::kOk : Status::kNoisy;
}

double TrialRunner::LeastTime() const {
  return LeastPlausibleTime(kernel_, work_, workshop_.peaks(options_.threads));
}

}  // namespace tilesmith
