#include "tuner/sweep/sweep.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "results/error.h"
#include "tuner/compile/process.h"
#include "tuner/space/list_strategy.h"
#include "tuner/space/strategy.h"
#include "tuner/sweep/final.h"
#include "tuner/sweep/ledger.h"
#include "tuner/sweep/provenance.h"
#include "tuner/sweep/roofline.h"
#include "tuner/sweep/space_record.h"
#include "tuner/sweep/stopwatch.h"
#include "tuner/sweep/trial_runner.h"

namespace tilesmith {
namespace {

// With a time budget nobody knows how many configs it buys; a few seconds buy some dozens.
constexpr std::uint64_t kExpectedOfTimedBudget = 64;

// What a strategy minimises; nothing for a config that cannot be used.
std::optional<double> Objective(const Trial& trial) {
  if (!PassedGate(trial.status)) return std::nullopt;
  return trial.log_ratio;
}

SweepOptions Resolved(SweepOptions options, const Machine& machine) {
  if (options.threads <= 0) options.threads = machine.cores;
  options.gate.threads = options.threads;
  options.duel.seed = options.seed;
  return options;
}

class SweepRun {
 public:
  SweepRun(const KernelSpec& kernel, const SpaceDefinition& definition, const Problem& problem,
           Workshop& workshop, const SweepOptions& options, SweepObserver& observer)
      : kernel_(kernel),
        definition_(definition),
        problem_(problem),
        workshop_(workshop),
        options_(Resolved(options, workshop.machine)),
        observer_(observer),
        space_(definition, problem_, workshop.machine.Facts()),
        strategy_(ChooseStrategy()),
        provenance_(CurrentProvenance(kernel, definition, workshop, options_)),
        provenance_id_(Introduce()),
        runner_(kernel, definition, problem_, workshop, options_, session_),
        ledger_(workshop.store.Trials(provenance_id_, problem_)) {}

  SweepResult Run() {
    Begin();
    try {
      {
        const Stopwatch wall(session_.wall_s);
        Search();
        Finish();
      }
      End("finished");
    } catch (const Interrupt&) {
      End("interrupted");
      throw;
    } catch (...) {
      End("failed");
      throw;
    }
    return Result();
  }

 private:
  // Makes machine, space and provenance known to the store.
  std::int64_t Introduce() {
    workshop_.store.Put(workshop_.machine.Record());
    workshop_.store.Put(RecordOf(definition_, kernel_, workshop_.machine.Facts()));
    return workshop_.store.Intern(provenance_);
  }

  void Begin() {
    session_.command = options_.command;
    session_.kernel = kernel_.name;
    session_.problem = problem_.name;
    session_.strategy = strategy_->name();
    session_.budget = options_.budget.ToString();
    session_.seed = options_.seed;
    session_.machine = provenance_.machine;
    session_.id = workshop_.store.Begin(session_);
    observer_.OnStart(kernel_.name, problem_, space_.Count(), options_.budget);
  }

  void End(const char* state) {
    session_.state = state;
    workshop_.store.End(session_);
  }

  // --- the search: ask, and tell what is known or found ---

  void Search() {
    // Two rounds of the compiler at a time: all cores busy, few variants lost when the budget ends.
    const auto most = static_cast<std::uint64_t>(std::max(1, 2 * workshop_.machine.cores));
    while (!Spent()) {
      const auto batch = strategy_->Ask(static_cast<std::size_t>(std::min(most, ConfigsLeft())));
      if (batch.empty()) return;
      RunBatch(batch);
      for (const std::uint64_t index : batch) {
        if (const Trial* trial = ledger_.Find(space_.At(index)))
          strategy_->Tell(index, Objective(*trial));
      }
    }
  }

  std::unique_ptr<Strategy> ChooseStrategy() const {
    if (!options_.candidates.empty()) {
      return std::make_unique<ListStrategy>(space_, options_.candidates);
    }
    return MakeStrategy(options_.strategy, space_, options_.seed, ExpectedConfigs());
  }

  std::uint64_t ExpectedConfigs() const {
    if (options_.budget.configs) return *options_.budget.configs;
    return options_.budget.seconds ? kExpectedOfTimedBudget : space_.Count();
  }

  std::uint64_t ConfigsLeft() const {
    if (!options_.budget.configs) return UINT64_MAX;
    return *options_.budget.configs -
           std::min<std::uint64_t>(*options_.budget.configs, ledger_.size());
  }

  bool Spent() const {
    return ConfigsLeft() == 0 ||
           (options_.budget.seconds && ledger_.spent_s() >= *options_.budget.seconds);
  }

  void RunBatch(const std::vector<std::uint64_t>& batch) {
    std::vector<Config> unknown;
    for (const std::uint64_t index : batch) {
      const Config config = space_.At(index);
      const Trial* known = options_.fresh ? nullptr : ledger_.Stored(config);
      if (known != nullptr) Accept(*known, false);
      else unknown.push_back(config);
    }
    if (unknown.empty() || Spent()) return;
    const std::vector<Compiled> compiled = Compile(unknown);
    for (std::size_t i = 0; i < unknown.size() && !Spent(); ++i) {
      if (Interrupted()) throw Interrupt{};
      observer_.OnPhase("proving and timing " + unknown[i].ToString());
      Accept(runner_.Run(unknown[i], compiled[i], ledger_), true);
    }
  }

  std::vector<Compiled> Compile(const std::vector<Config>& configs) {
    const Stopwatch watch(session_.compile_s);
    observer_.OnPhase(fmt::format("compiling {} variants", configs.size()));
    return workshop_.compiler.Compile(kernel_, configs);
  }

  // Part of this sweep from here on; a new trial is stored before the next begins.
  void Accept(Trial trial, bool fresh) {
    if (fresh) Store(trial);
    ++(fresh ? tried_ : known_);
    observer_.OnTrial(trial, fresh);
    ledger_.Enter(std::move(trial));
  }

  void Store(Trial& trial) {
    trial.provenance = provenance_id_;
    trial.id = workshop_.store.Put(trial);
  }

  // --- the final ---

  void Finish() {
    const std::vector<Contestant> contestants = ChooseContestants(
        ledger_.Trials(), definition_.default_config, Incumbent(), options_.finalists);
    const std::optional<Duel> latest = workshop_.store.LatestDuel(provenance_id_, problem_);
    if (contestants.empty()) {
      duel_.reason =
          "the default config did not pass the gate, so there is nothing to compare with";
    } else if (latest && !options_.fresh && Answers(*latest, contestants, options_.duel)) {
      duel_ = *latest;
    } else {
      Decide(contestants);
    }
  }

  // What the last duel of this question on this machine chose, whatever its provenance.
  Config Incumbent() const {
    for (const auto& selected : workshop_.store.Selections(kernel_.name)) {
      if (selected.duel.problem.name == problem_.name &&
          selected.machine.fingerprint == provenance_.machine &&
          selected.provenance.threads == provenance_.threads) {
        return selected.duel.chosen;
      }
    }
    return {};
  }

  void Decide(const std::vector<Contestant>& contestants) {
    double measure_s = 0;
    FinalResult final_result;
    {
      const Stopwatch watch(measure_s);
      final_result =
          RunFinal(runner_.Bench(), contestants, workshop_.compiler, options_.duel, options_.gate,
                   runner_.pinning(), [&](std::string_view phase) { observer_.OnPhase(phase); });
    }
    session_.measure_s += measure_s;
    for (const Disqualified& out : final_result.disqualified) Disqualify(out);
    duel_ = std::move(final_result.duel);
    if (duel_.entries.empty()) {
      duel_.reason = "the default config failed during the duel";
      return;
    }
    duel_.measure_s = measure_s;
    Publish();
  }

  void Disqualify(const Disqualified& out) {
    const Trial* entered = ledger_.Find(out.config);
    TILESMITH_CHECK(entered != nullptr);
    Trial trial = *entered;
    trial.status = out.report.status;
    trial.stage = out.report.stage;
    trial.message = out.report.message;
    Store(trial);
    ledger_.Enter(std::move(trial));
  }

  void Publish() {
    duel_.session = session_.id;
    duel_.provenance = provenance_id_;
    duel_.kernel = kernel_.name;
    duel_.problem = problem_;
    if (const DuelEntry* chosen = duel_.Find(duel_.chosen)) {
      duel_.gflops = runner_.work().flops / chosen->median_ns;
      duel_.gbytes_per_s = runner_.work().bytes / chosen->median_ns;
    }
    duel_.id = workshop_.store.Put(duel_);
  }

  // --- what it comes to ---

  SweepResult Result() {
    SweepResult result;
    result.session = session_;
    result.machine = workshop_.machine.Record();
    result.compiler = provenance_.compiler_version;
    result.duel = duel_;
    result.duel.kernel = kernel_.name;
    result.duel.problem = problem_;
    result.counts = ledger_.Counts();
    result.rejections = ledger_.Rejections();
    result.tried = tried_;
    result.known = known_;
    result.space_size = static_cast<double>(space_.Count());
    result.cold = 2 * runner_.work().cold_bytes > runner_.work().bytes;
    AddShares(result);
    return result;
  }

  // Peaks are measured when something is timed; a sweep that only recalls does without.
  void AddShares(SweepResult& result) {
    if (duel_.entries.empty() || !workshop_.peaks_known(options_.threads)) return;
    const Peaks& peaks = workshop_.peaks(options_.threads);
    const double bandwidth = peaks.read_gbytes_per_s.median;
    const double arithmetic = ArithmeticPeak(kernel_, peaks).median;
    if (bandwidth > 0) result.bandwidth_share = duel_.gbytes_per_s / bandwidth;
    if (arithmetic > 0) result.peak_share = duel_.gflops / arithmetic;
  }

  const KernelSpec& kernel_;
  const SpaceDefinition& definition_;
  const Problem problem_;
  Workshop& workshop_;
  const SweepOptions options_;
  SweepObserver& observer_;
  SearchSpace space_;
  std::unique_ptr<Strategy> strategy_;
  Provenance provenance_;
  std::int64_t provenance_id_;
  Session session_;
  TrialRunner runner_;
  Ledger ledger_;
  int tried_ = 0, known_ = 0;
  Duel duel_;
};

}  // namespace

const Peaks& Workshop::peaks(int threads) {
  auto [slot, unknown] = peaks_.try_emplace(threads);
  if (unknown) slot->second = MeasurePeaks(threads);
  return slot->second;
}

SweepResult Sweep(const KernelSpec& kernel, const SpaceDefinition& space, const Problem& problem,
                  Workshop& workshop, const SweepOptions& options, SweepObserver& observer) {
  return SweepRun(kernel, space, problem, workshop, options, observer).Run();
}

}  // namespace tilesmith
