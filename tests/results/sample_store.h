// Records with every field set to something distinct, and a fresh database file per test.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "results/sqlite.h"
#include "results/store.h"

namespace tilesmith::testing {

/// A path in the test's folder at which nothing exists yet.
inline std::string FreshPath(const std::string& name) {
  const ::testing::TestInfo* test = ::testing::UnitTest::GetInstance()->current_test_info();
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / test->test_suite_name() / test->name();
  std::filesystem::create_directories(folder);
  const std::string path = (folder / name).string();
  for (const char* suffix : {"", "-wal", "-shm", "-journal"})
    std::filesystem::remove_all(path + suffix);
  return path;
}

inline MachineRecord SampleMachine() {
  return {"f00d", "Xeon, 2 cores", R"({"model":"Xeon","isa":["avx2","avx512"]})"};
}

inline Provenance SampleProvenance(const std::string& kernel = "hc_post") {
  Provenance provenance;
  provenance.kernel = kernel;
  provenance.source_hash = "source";
  provenance.space_hash = "space";
  provenance.golden_hash = "golden";
  provenance.compiler = "/usr/bin/g++";
  provenance.compiler_version = "g++ 12.2.0";
  provenance.flags = "-O3 -march=native";
  provenance.machine = "f00d";
  provenance.threads = 2;
  provenance.pinning = "cpus 0-1";
  provenance.seed = 0xfedcba9876543210;  // beyond what SQLite's signed integers show
  provenance.tool_version = "0.1.0";
  return provenance;
}

inline SpaceRecord SampleSpace() {
  SpaceRecord space;
  space.kernel = "hc_post";
  space.hash = "beef";
  space.dims = {"T", "D"};
  space.tiles = {"T_TILE", "D_TILE"};
  space.default_config = Config::Parse("T_TILE=8,D_TILE=512");
  space.constraints = {{"fits \"L2\"\n",
                        "T_TILE * D_TILE <= l2_bytes",
                        "T_TILE*D_TILE<=l2_bytes",
                        {"T_TILE", "D_TILE", "l2_bytes"}},
                       {"no names \\", "1 <= 2", "1<=2", {}}};
  space.machine_facts = {{"l2_bytes", 2097152}, {"cores", 2}};
  space.flops = "2 * T * D";
  space.bytes = "6 * T * D";
  return space;
}

inline Problem SampleProblem() { return {"decode-flash", {{"T", 8}, {"D", 4096}}}; }

inline Trial SampleTrial(std::int64_t provenance, const std::string& config = "T_TILE=4,D_TILE=512",
                         double median_ns = 1234.5) {
  Trial trial;
  trial.provenance = provenance;
  trial.kernel = "hc_post";
  trial.problem = SampleProblem();
  trial.config = Config::Parse(config);
  trial.status = Status::kOk;
  trial.stage = "recheck";
  trial.message = "a 'quoted' message";
  trial.repro = "tilesmith verify hc_post --config \"T_TILE=4\"";
  trial.deterministic = true;
  trial.error_share = 0.25;
  trial.samples_ns = {1230.5f, 1240.25f, 0.1f};
  trial.pivot_samples_ns = {1300, 1301, 1302};
  trial.pivot = "T_TILE=8,D_TILE=512";
  trial.median_ns = median_ns;
  trial.log_ratio = -0.125;
  trial.dropped_at = 3;
  trial.compile_ms = 371;
  trial.verify_ms = 12.5;
  trial.measure_ms = 99;
  trial.code_hash = "c0de";
  return trial;
}

inline DuelEntry SampleEntry(const std::string& config, const std::string& role, double median_ns,
                             double speedup, Verdict verdict) {
  DuelEntry entry;
  entry.config = Config::Parse(config);
  entry.role = role;
  entry.samples_ns = {static_cast<float>(median_ns), static_cast<float>(median_ns) + 1};
  entry.median_ns = median_ns;
  entry.speedup = speedup;
  entry.ci_low = speedup * 0.95;
  entry.ci_high = speedup * 1.05;
  entry.verdict = verdict;
  return entry;
}

inline Duel SampleDuel(std::int64_t provenance) {
  Duel duel;
  duel.provenance = provenance;
  duel.kernel = "hc_post";
  duel.problem = SampleProblem();
  duel.seed = 0xffffffffffffffff;
  duel.rounds = 2;
  duel.confidence = 0.99;
  duel.tie_band = 0.02;
  duel.entries = {SampleEntry("T_TILE=8,D_TILE=512", "default", 2000, 1, Verdict::kNone),
                  SampleEntry("T_TILE=4,D_TILE=512", "finalist", 1000, 2, Verdict::kWin)};
  duel.chosen = Config::Parse("T_TILE=4,D_TILE=512");
  duel.verdict = Verdict::kWin;
  duel.reason = "the only winner";
  duel.gflops = 12.5;
  duel.gbytes_per_s = 37.5;
  duel.measure_s = 1.5;
  return duel;
}

/// Fills `count` trials of rising median: T_TILE=1 takes 1000 ns, T_TILE=2 2000 ns, …
inline void PutTrials(ResultStore& store, std::int64_t provenance, int count) {
  for (int i = 1; i <= count; ++i) {
    store.Put(SampleTrial(provenance, "T_TILE=" + std::to_string(i) + ",D_TILE=512", i * 1000.0));
  }
}

/// The only cell of a SELECT, as text.
inline std::string Scalar(const ResultStore& store, const std::string& sql) {
  Statement statement = store.database().Prepare(sql);
  return statement.Step() ? statement.Text(0) : "no row";
}

/// what() of the UserError that `action` throws; a failure when it throws nothing.
template <typename Action>
std::string ErrorOf(const Action& action) {
  try {
    action();
  } catch (const UserError& error) {
    return error.what();
  }
  ADD_FAILURE() << "no UserError";
  return "";
}

}  // namespace tilesmith::testing
