#include "tuner/command/dry_run.h"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tuner/command/known.h"

namespace tilesmith {
namespace {

SpaceDefinition Toy() {
  SpaceDefinition toy;
  toy.kernel = "toy";
  toy.tiles = {{"A_TILE", {1, 2, 4}}, {"B_TILE", {1, 2}}};
  toy.default_config = Config::Parse("A_TILE=2,B_TILE=1");
  toy.problems = {{"p", {{"N", 8}}}};
  return toy;
}

class FirstConfigsTest : public testing::Test {
 protected:
  static Trial Known(const char* config, Status status) {
    Trial trial;
    trial.config = Config::Parse(config);
    trial.status = status;
    trial.median_ns = 5;
    return trial;
  }
  const SpaceDefinition definition_ = Toy();
  const SearchSpace space_{definition_, definition_.problems.front(), {}};
  SweepOptions options_;
};

TEST_F(FirstConfigsTest, TheDefaultComesFirst) {
  const std::vector<Config> first = FirstConfigs(space_, {}, options_, 3);
  ASSERT_EQ(first.size(), 3u);
  EXPECT_EQ(first.front(), definition_.default_config);
}

TEST_F(FirstConfigsTest, EachConfigOnceAndNoMoreThanThereAre) {
  const std::vector<Config> first = FirstConfigs(space_, {}, options_, 100);
  EXPECT_EQ(std::set<Config>(first.begin(), first.end()).size(), 6u);
  EXPECT_EQ(first.size(), 6u);
}

TEST_F(FirstConfigsTest, KnownOnesAreNotRunAgain) {
  const std::vector<Trial> known = {Known("A_TILE=2,B_TILE=1", Status::kOk),
                                    Known("A_TILE=4,B_TILE=2", Status::kCrashed)};
  const std::vector<Config> first = FirstConfigs(space_, known, options_, 100);
  EXPECT_EQ(first.size(), 4u);
  for (const Config& config : first) {
    for (const Trial& trial : known) EXPECT_NE(config, trial.config);
  }
}

class KnownTrialsTest : public testing::Test {
 protected:
  static std::string FreshPath() {
    const std::string path = testing::TempDir() + "known_trials_test.db";
    std::filesystem::remove(path);
    return path;
  }
  ResultStore store_{FreshPath()};
};

TEST_F(KnownTrialsTest, OnlyOfExactlyThisProvenanceAndProblem) {
  Provenance provenance;
  provenance.kernel = "toy";
  provenance.source_hash = "s1";
  const Problem problem{"p", {{"N", 8}}};
  EXPECT_TRUE(KnownTrials(store_, provenance, problem).empty());

  Session session;
  session.kernel = "toy";
  session.problem = "p";
  session.state = "running";
  Trial trial;
  trial.session = store_.Begin(session);
  trial.provenance = store_.Intern(provenance);
  trial.kernel = "toy";
  trial.problem = problem;
  trial.config = Config::Parse("A_TILE=2,B_TILE=1");
  store_.Put(trial);

  EXPECT_EQ(KnownTrials(store_, provenance, problem).size(), 1u);
  EXPECT_TRUE(KnownTrials(store_, provenance, {"p", {{"N", 9}}}).empty());
  provenance.source_hash = "s2";
  EXPECT_TRUE(KnownTrials(store_, provenance, problem).empty());
}

}  // namespace
}  // namespace tilesmith
