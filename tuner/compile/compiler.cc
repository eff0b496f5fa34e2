#include "tuner/compile/compiler.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <sched.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/digest.h"
#include "results/error.h"
#include "tuner/abi.h"
#include "tuner/compile/diagnostics.h"
#include "tuner/compile/process.h"
#include "tuner/compile/stub.h"

namespace tilesmith {
namespace {

int Cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

}  // namespace

// One Compile(): the configs that the cache does not know, on their way through the compiler.
class Compiler::Batch {
 public:
  Batch(const Compiler& compiler, const KernelSpec& kernel, const std::vector<Config>& configs,
        const Done& done)
      : compiler_(compiler),
        kernel_(kernel),
        done_(done),
        source_hash_(compiler.PinnedSource(kernel).hash()),
        scratch_(compiler.cache_.folder()),
        results_(configs.size()) {
    for (std::size_t i = 0; i < configs.size(); ++i) Admit(i, configs[i]);
  }

  std::vector<Compiled> Run() {
    if (compiler_.toolchain_.launcher.empty()) {
      RunJobs(
          jobs_,
          [&](const Job& job) {
            return compiler_.toolchain_.Build(kernel_.include_root, job.stub, Output(job, ".so"));
          },
          [&](Job& job, const Finished& finished) { Settle(job, finished); });
    } else {
      CompileAndLink();
    }
    return std::move(results_);
  }

 private:
  struct Job {
    std::string stem, stub;
    std::vector<std::size_t>
        indices;  // the configs it is for; more than one when some are given twice
    double seconds = 0;
  };

  /// From the cache at once, or a job.
  void Admit(std::size_t index, const Config& config) {
    const std::string body = StubBody(kernel_, config);
    const std::string key = Digest()
                                .Add(source_hash_)
                                .Add(body)
                                .Add(compiler_.toolchain_.identity)
                                .Add(std::to_string(abi::kVersion))
                                .Hex();
    const std::string stem = compiler_.cache_.Stem(kernel_.name, key);
    const auto same = [&](const Job& job) { return job.stem == stem; };
    if (const auto twin = std::find_if(jobs_.begin(), jobs_.end(), same); twin != jobs_.end()) {
      twin->indices.push_back(index);
      return;
    }
    Job job{stem, compiler_.cache_.KeepStub(stem, StubIncludes(kernel_) + body), {index}};
    const std::optional<CacheEntry> entry = compiler_.cache_.Find(stem);
    if (entry && (entry->limit_s == 0 || compiler_.options_.limit_s <= entry->limit_s)) {
      Tell(job, *entry, true);
    } else {
      jobs_.push_back(std::move(job));
    }
  }

  std::string Output(const Job& job, const char* extension) const {
    return scratch_.path() + job.stem.substr(job.stem.rfind('/')) + extension;
  }

  template <typename ToCommand, typename OnEnd>
  void RunJobs(std::vector<Job>& jobs, const ToCommand& to_command, const OnEnd& on_end) {
    std::vector<Command> commands;
    for (const Job& job : jobs) commands.push_back(to_command(job));
    const int parallel = compiler_.options_.jobs > 0 ? compiler_.options_.jobs : Cores();
    RunAll(commands, parallel, compiler_.options_.limit_s,
           [&](std::size_t i, const Finished& finished) { on_end(jobs[i], finished); });
  }

  void CompileAndLink() {
    std::vector<Job> linkable;
    RunJobs(
        jobs_,
        [&](const Job& job) {
          return compiler_.toolchain_.CompileObject(kernel_.include_root, job.stub,
                                                    Output(job, ".o"));
        },
        [&](Job& job, const Finished& finished) {
          if (!finished.ok()) return Settle(job, finished);
          job.seconds = finished.seconds;
          linkable.push_back(job);
        });
    RunJobs(
        linkable,
        [&](const Job& job) {
          return compiler_.toolchain_.Link(Output(job, ".o"), Output(job, ".so"));
        },
        [&](Job& job, const Finished& finished) { Settle(job, finished); });
  }

  /// Files away what became of a job.
  void Settle(Job& job, const Finished& finished) {
    // Before anything is kept: what was compiled may be another source than the key says.
    compiler_.PinnedSource(kernel_);
    job.seconds += finished.seconds;
    if (finished.ok())
      return Tell(job, compiler_.cache_.KeepLibrary(job.stem, Output(job, ".so")), false);
    RefuseToGoOn(finished);
    CacheEntry failure;
    const bool timed_out = finished.how == Finished::How::kTimedOut;
    if (timed_out) {
      failure.limit_s = compiler_.options_.limit_s;
      failure.message = fmt::format("not compiled within {:g} s", failure.limit_s);
    } else {
      failure.message = FirstErrorLine(finished);
    }
    if (timed_out || !IsPassing(finished)) compiler_.cache_.KeepFailure(job.stem, failure);
    Tell(job, failure, false);
  }

  /// A full disk and a vanished compiler fail every config alike and say nothing about any.
  void RefuseToGoOn(const Finished& finished) const {
    if (IsDiskFull(finished)) {
      throw UserError(
          fmt::format("{}: the disk is full ({}); free some space or set XDG_CACHE_HOME and "
                      "TMPDIR to other folders",
                      compiler_.cache_.folder(), FirstErrorLine(finished)));
    }
    if (finished.how == Finished::How::kNotStarted) {
      throw UserError(
          fmt::format("cannot start the compiler ({}); pass another --compiler", finished.errors));
    }
  }

  void Tell(const Job& job, const CacheEntry& entry, bool cached) {
    Compiled compiled;
    if (!entry.ok) {
      compiled.outcome =
          entry.limit_s > 0 ? Compiled::Outcome::kTimedOut : Compiled::Outcome::kFailed;
    }
    if (entry.ok) compiled.library = job.stem + ".so";
    compiled.message = entry.message;
    const Toolchain& toolchain = compiler_.toolchain_;
    compiled.repro =
        ShellQuote(toolchain.Build(kernel_.include_root, job.stub, "/dev/null").arguments);
    compiled.code_hash = entry.code_hash;
    compiled.seconds = job.seconds;
    compiled.cached = cached;
    for (const std::size_t index : job.indices) {
      results_[index] = compiled;
      if (done_) done_(index, compiled);
    }
  }

  const Compiler& compiler_;
  const KernelSpec& kernel_;
  const Done& done_;
  const std::string source_hash_;
  ScratchFolder scratch_;
  std::vector<Compiled> results_;
  std::vector<Job> jobs_;
};

Compiler::Compiler(CompilerOptions options)
    : options_(std::move(options)),
      toolchain_(FindToolchain(options_.compiler, options_.cxxflags, options_.launcher)),
      cache_(options_.cache_folder) {
  const std::string mark = "toolchain-" + toolchain_.identity;
  if (cache_.HasMark(mark)) return;
  const ScratchFolder scratch(cache_.folder());
  ProbeToolchain(toolchain_, scratch.path() + "/probe.so");
  cache_.SetMark(mark, fmt::format("{}\n{}\n{}\n", path(), version(), flags()));
}

std::string Compiler::flags() const { return fmt::format("{}", fmt::join(toolchain_.flags, " ")); }

std::string Compiler::SourceHash(const KernelSpec& kernel,
                                 const std::vector<std::string>& tiles) const {
  const auto known = sources_.find(kernel.header);
  if (known == sources_.end() || !known->second.Unchanged()) {
    sources_.insert_or_assign(kernel.header, Source(toolchain_, kernel));
  }
  Digest digest;
  digest.Add(sources_.at(kernel.header).hash()).Add(kernel.function).Add(kernel.args_type);
  for (const std::string& tile : tiles) digest.Add(tile);
  return digest.Hex();
}

std::vector<Compiled> Compiler::Compile(const KernelSpec& kernel,
                                        const std::vector<Config>& configs, const Done& done) {
  return Batch(*this, kernel, configs, done).Run();
}

std::string Compiler::Stub(const KernelSpec& kernel, const Config& config) {
  return StubIncludes(kernel) + StubBody(kernel, config);
}

const Source& Compiler::PinnedSource(const KernelSpec& kernel) const {
  const auto known = sources_.find(kernel.header);
  if (known == sources_.end()) {
    return sources_.emplace(kernel.header, Source(toolchain_, kernel)).first->second;
  }
  if (known->second.Unchanged()) return known->second;
  Source now(toolchain_, kernel);
  if (now.hash() != known->second.hash()) {
    throw UserError(
        fmt::format("{}: the source of kernel '{}' changed while its variants were being "
                    "compiled; run again",
                    kernel.header, kernel.name));
  }
  return known->second = std::move(now);
}

}  // namespace tilesmith
