// The museum of broken kernels: the real sweep meets each of them, says what is wrong, and goes on.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/store.h"
#include "tests/broken/exhibits.h"
#include "tuner/space/space_file.h"
#include "tuner/sweep/sweep.h"

namespace tilesmith {

void PrintTo(const Exhibit& exhibit, std::ostream* out) { *out << exhibit.kernel->name; }

namespace {

using testing::ContainsRegex;

/// Takes down the trials in the order in which they end.
class Notes : public SweepObserver {
 public:
  void OnStart(const std::string&, const Problem&, std::uint64_t, const Budget&) override {}
  void OnTrial(const Trial& trial, bool fresh) override {
    EXPECT_TRUE(fresh);
    trials.push_back(trial);
  }
  void OnPhase(std::string_view) override {}

  std::vector<Trial> trials;
};

/// One database, one cache and one measurement of the machine for all exhibits. On the heap, and
/// never freed by a child that calls exit().
struct Museum {
  explicit Museum(const std::string& in)
      : folder(in), store(folder + "/museum.db"), machine(Machine::Detect()) {}

  Workshop& Shop(double compile_s) {
    Room& room = rooms[compile_s];
    if (room.workshop == nullptr) {
      CompilerOptions options;
      options.cache_folder = folder + "/cache";
      options.limit_s = compile_s;
      room.compiler = std::make_unique<Compiler>(options);
      room.workshop = std::make_unique<Workshop>(store, *room.compiler, machine);
    }
    return *room.workshop;
  }

  struct Room {
    std::unique_ptr<Compiler> compiler;
    std::unique_ptr<Workshop> workshop;
  };
  std::string folder;
  ResultStore store;
  Machine machine;
  std::map<double, Room> rooms;  // by time limit of the compiler
};

class MuseumTest : public testing::TestWithParam<Exhibit> {
 protected:
  static void SetUpTestSuite() {
    const std::string folder = testing::TempDir() + "museum_test";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    museum_ = new Museum(folder);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
  }
  static void TearDownTestSuite() {
    delete museum_;
    museum_ = nullptr;
  }

  static SpaceDefinition Space(const Exhibit& exhibit) {
    const std::string path = museum_->folder + "/" + exhibit.kernel->name + ".toml";
    std::ofstream(path) << "kernel = \"" << exhibit.kernel->name << "\"\n" << exhibit.space;
    return LoadSpaceFile(path);
  }

  static SweepOptions Options(const Exhibit& exhibit) {
    SweepOptions options;
    options.threads = exhibit.threads;
    options.gate.limits.call_s = exhibit.call_s;
    options.gate.limits.memory_bytes = exhibit.memory_mb << 20;
    // Three samples are too few to drop anyone by: what is timed here is of no interest.
    options.screening.samples = 3;
    options.screening.first_rejection = 1e9;
    options.duel.min_rounds = options.duel.max_rounds = options.duel.looks = 1;
    return options;
  }

  static Museum* museum_;
};

Museum* MuseumTest::museum_ = nullptr;

bool IsBroken(const Exhibit& exhibit, const Trial& trial) {
  const std::string config = trial.config.ToString();
  return exhibit.broken.empty() ||
         std::find(exhibit.broken.begin(), exhibit.broken.end(), config) != exhibit.broken.end();
}

void ExpectFoundOut(const Exhibit& exhibit, const Trial& trial) {
  EXPECT_EQ(trial.status, exhibit.status) << ToString(trial.status) << ": " << trial.message;
  EXPECT_EQ(trial.stage, exhibit.stage);
  EXPECT_THAT(trial.message, ContainsRegex(exhibit.message));
  EXPECT_EQ(trial.message.find('\n'), std::string::npos) << trial.message;
  EXPECT_NE(trial.repro, "");
  if (exhibit.stage == "repeat") {
    EXPECT_EQ(trial.deterministic, false);
  }
}

// Orphans become this process's children; those that were killed are gone within moments.
bool NoProcessIsLeft() {
  for (int i = 0; i < 1000; ++i) {
    const pid_t ended = waitpid(-1, nullptr, WNOHANG);
    if (ended < 0) return true;
    if (ended == 0) usleep(10'000);
  }
  return false;
}

TEST_P(MuseumTest, IsFoundOutAndTheSweepGoesOn) {
  const Exhibit& exhibit = GetParam();
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  if (exhibit.kernel->name == "memory_hog") GTEST_SKIP() << "sanitizers lift the memory limit";
#endif
  const SpaceDefinition space = Space(exhibit);
  // Only the broken configs are in a hurry: what is in the cache needs no time.
  museum_->Shop(Exhibit().compile_s).compiler.Compile(*exhibit.kernel, {space.default_config});
  Notes notes;
  const SweepResult result = Sweep(*exhibit.kernel, space, space.problems.front(),
                                   museum_->Shop(exhibit.compile_s), Options(exhibit), notes);

  EXPECT_EQ(result.session.state, "finished");
  ASSERT_EQ(notes.trials.size(), space.tiles.front().values.size());
  for (const Trial& trial : notes.trials) {
    SCOPED_TRACE(trial.config.ToString());
    if (IsBroken(exhibit, trial)) {
      ExpectFoundOut(exhibit, trial);
    } else {  // "noisy" would be the machine's fault
      EXPECT_TRUE(PassedGate(trial.status)) << ToString(trial.status) << ": " << trial.message;
      EXPECT_EQ(trial.deterministic, true);
    }
  }
  // Every row is in the store as it was told, and the final was held among the sane.
  EXPECT_EQ(museum_->store.Trials(notes.trials.front().provenance, space.problems.front()).size(),
            notes.trials.size());
  EXPECT_EQ(result.duel.Default() != nullptr, !exhibit.broken.empty()) << result.duel.reason;
  EXPECT_TRUE(NoProcessIsLeft());
}

INSTANTIATE_TEST_SUITE_P(All, MuseumTest, testing::ValuesIn(Exhibits()),
                         [](const auto& param) { return param.param.kernel->name; });

}  // namespace
}  // namespace tilesmith
