// How fast the store is: trials stored one transaction each, and questions asked of many of them.
//
//   results_store_benchmark [--inserts=50000] [--trials=1000000] [--kernels=20] [--problems=10]
//                           [--samples=30] [--repeats=5] [--folder=DIR]
//
// Prints figures and judges nothing: they depend on the disk. The database is made in --folder
// (default: the folder for temporary files) and removed at the end.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "results/query.h"
#include "results/sqlite.h"
#include "results/store.h"

namespace tilesmith {
namespace {

using Clock = std::chrono::steady_clock;

double Seconds(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

struct Sizes {
  std::map<std::string, std::int64_t> flags = {{"inserts", 50000}, {"trials", 1000000},
                                               {"kernels", 20},    {"problems", 10},
                                               {"samples", 30},    {"repeats", 5}};
  std::string folder = std::filesystem::temp_directory_path().string();

  std::int64_t operator[](const std::string& name) const { return flags.at(name); }
};

Sizes ParseFlags(int argc, char** argv) {
  Sizes sizes;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const std::size_t equals = flag.find('=');
    if (!flag.starts_with("--") || equals == std::string::npos) {
      throw UserError("usage: --name=value, not '" + flag + "'");
    }
    const std::string name = flag.substr(2, equals - 2);
    const std::string value = flag.substr(equals + 1);
    if (name == "folder") {
      sizes.folder = value;
    } else if (sizes.flags.contains(name)) {
      sizes.flags[name] = std::max(1LL, std::stoll(value));
    } else {
      throw UserError("unknown flag --" + name);
    }
  }
  return sizes;
}

Problem ProblemOf(std::int64_t index) {
  return {fmt::format("problem-{}", index), {{"T", 8 + index}, {"D", 4096}}};
}

std::vector<std::int64_t> InternKernels(ResultStore& store, const Sizes& sizes) {
  std::vector<std::int64_t> ids;
  for (std::int64_t i = 0; i < sizes["kernels"]; ++i) {
    Provenance provenance;
    provenance.kernel = fmt::format("kernel_{}", i);
    provenance.source_hash = "0123456789abcdef";
    provenance.compiler_version = "g++ 12.2.0";
    provenance.machine = "machine";
    ids.push_back(store.Intern(provenance));
  }
  return ids;
}

class Trials {
 public:
  explicit Trials(const Sizes& sizes) : sizes_(sizes) {}

  // The i-th trial: kernels and problems in turn, the config counting up.
  const Trial& Next(const std::vector<std::int64_t>& provenances) {
    const std::int64_t kernel = count_ % sizes_["kernels"];
    const std::int64_t rest = count_ / sizes_["kernels"];
    trial_.provenance = provenances[static_cast<std::size_t>(kernel)];
    trial_.problem = ProblemOf(rest % sizes_["problems"]);
    const std::int64_t config = rest / sizes_["problems"];
    trial_.config = Config({{"T_TILE", config % 64}, {"D_TILE", config / 64}});
    trial_.status = random_() % 8 == 0 ? Status::kWrong : Status::kOk;
    trial_.median_ns = 1e4 + static_cast<double>(random_() % 1000000);
    trial_.samples_ns.assign(static_cast<std::size_t>(sizes_["samples"]),
                             static_cast<float>(trial_.median_ns));
    trial_.pivot_samples_ns = trial_.samples_ns;
    ++count_;
    return trial_;
  }

 private:
  const Sizes& sizes_;
  std::mt19937_64 random_{1};
  std::int64_t count_ = 0;
  Trial trial_;
};

void TimeInserts(ResultStore& store, const Sizes& sizes, Trials& trials,
                 const std::vector<std::int64_t>& provenances) {
  const auto begin = Clock::now();
  for (std::int64_t i = 0; i < sizes["inserts"]; ++i) store.Put(trials.Next(provenances));
  const double seconds = Seconds(begin);
  fmt::print("{} trials, one transaction each: {:.0f} per second\n", sizes["inserts"],
             static_cast<double>(sizes["inserts"]) / seconds);
}

// Fills up by copying rows in one transaction; the way they got in does not matter to the
// questions.
void FillUp(ResultStore& store, const Sizes& sizes, Trials& trials,
            const std::vector<std::int64_t>& provenances) {
  Database& database = store.database();
  const std::int64_t stored = database.Integer("SELECT count(*) FROM trial").value_or(0);
  const auto begin = Clock::now();
  Transaction transaction(database);
  for (std::int64_t i = stored; i < sizes["trials"]; ++i) {
    const Trial& trial = trials.Next(provenances);
    database.Run(
        "INSERT INTO trial (provenance, problem, config, tiles, status, stage, message, repro, "
        "median_ns, dropped_at, pivot, code_hash, created_at, samples_ns, pivot_samples_ns) "
        "VALUES (?1, (SELECT id FROM problem WHERE name = ?2 AND kernel = "
        "(SELECT kernel FROM provenance WHERE id = ?1)), ?3, "
        "json_object('T_TILE', ?4, 'D_TILE', ?5), ?6, '', '', '', ?7, 0, '', '', "
        "'2026-01-01T00:00:00.000Z', ?8, ?8)",
        trial.provenance, trial.problem.name, trial.config.ToString(),
        trial.config.tiles()[0].second, trial.config.tiles()[1].second, ToString(trial.status),
        trial.median_ns, trial.samples_ns);
  }
  transaction.Commit();
  fmt::print("filled up to {} trials in {:.1f} s\n", sizes["trials"], Seconds(begin));
}

template <typename Question>
void Time(const Sizes& sizes, const std::string& name, const Question& question) {
  std::vector<double> times;
  std::size_t rows = 0;
  for (std::int64_t i = 0; i < sizes["repeats"]; ++i) {
    const auto begin = Clock::now();
    rows = question();
    times.push_back(Seconds(begin) * 1e3);
  }
  std::sort(times.begin(), times.end());
  fmt::print("{}: {} rows, first or slowest {:.2f} ms, median {:.2f} ms\n", name, rows,
             times.back(), times[times.size() / 2]);
}

void AskQuestions(ResultStore& store, const Sizes& sizes, std::int64_t provenance) {
  Database& database = store.database();
  Time(sizes, "view best",
       [&] { return database.Prepare("SELECT * FROM best").All().cells.size(); });
  Time(sizes, "fastest 10 of one problem", [&] {
    Query query;
    query.kernel = "kernel_0";
    query.problem = "problem-0";
    query.top = 10;
    return Ask(store, query).rows.cells.size();
  });
  Time(sizes, "where over the tiles of one kernel", [&] {
    Query query;
    query.kernel = "kernel_0";
    query.where = "T_TILE >= 4 AND median_ns < 2e4";
    return Ask(store, query).rows.cells.size();
  });
  Time(sizes, "resume: all trials of one problem",
       [&] { return store.Trials(provenance, ProblemOf(0)).size(); });
  Time(sizes, "view sessions",
       [&] { return database.Prepare("SELECT * FROM sessions").All().cells.size(); });
}

void Run(const Sizes& sizes) {
  const std::filesystem::path folder =
      std::filesystem::path(sizes.folder) / fmt::format("tilesmith-benchmark-{}", getpid());
  const std::string path = (folder / "store.db").string();
  {
    ResultStore store(path);
    const std::vector<std::int64_t> provenances = InternKernels(store, sizes);
    Trials trials(sizes);
    TimeInserts(store, sizes, trials, provenances);
    FillUp(store, sizes, trials, provenances);
    AskQuestions(store, sizes, provenances[0]);
  }
  fmt::print("file: {} MB\n", std::filesystem::file_size(path) / 1000000);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tilesmith

int main(int argc, char** argv) {
  try {
    tilesmith::Run(tilesmith::ParseFlags(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
