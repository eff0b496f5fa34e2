// What happens to the store when the world breaks: killed processes, full disks, locks, foreign
// hands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <fstream>
#include <random>

#include "results/maintenance.h"
#include "results/sqlite.h"
#include "results/store.h"
#include "tests/results/child_process.h"
#include "tests/results/sample_store.h"

namespace tilesmith {
namespace {

using ::testing::AllOf;
using testing::ErrorOf;
using testing::FreshPath;
using ::testing::HasSubstr;
using testing::kCannotTest;
using testing::PutTrials;
using testing::RunInChild;
using testing::RunUnprivileged;
using testing::SampleProblem;
using testing::SampleProvenance;
using testing::SampleTrial;
using testing::Scalar;

using Mode = ResultStore::Mode;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// A closed database of `trials` trials.
std::string MakeStore(int trials) {
  const std::string path = FreshPath("store.db");
  ResultStore store(path);
  PutTrials(store, store.Intern(SampleProvenance()), trials);
  return path;
}

// Opens a session and stores trials until it is killed, telling through the pipe after each.
int InsertForever(const std::string& path, int pipe_end) {
  ResultStore store(path);
  Session session;
  session.machine = "f00d";
  const std::int64_t id = store.Begin(session);
  const std::int64_t provenance = store.Intern(SampleProvenance());
  for (int i = 0;; ++i) {
    Trial trial = SampleTrial(provenance, "T_TILE=" + std::to_string(i));
    trial.session = id;
    store.Put(trial);
    if (write(pipe_end, "x", 1) != 1) return 1;
  }
}

// Kills such a child after it told of `trials`; returns how many it told of in all.
int KillAfter(const std::string& path, int trials) {
  std::array<int, 2> ends = {};
  if (pipe(ends.data()) != 0) return -1;
  const pid_t child = testing::Fork([&] { return InsertForever(path, ends[1]); });
  close(ends[1]);
  int told = 0;
  char byte = 0;
  while (told < trials && read(ends[0], &byte, 1) == 1) ++told;
  kill(child, SIGKILL);
  EXPECT_EQ(testing::Wait(child), -SIGKILL);
  while (read(ends[0], &byte, 1) == 1) ++told;
  close(ends[0]);
  return told;
}

TEST(StoreFailureTest, AKilledSweepLosesNothingItHadStored) {
  const std::string path = FreshPath("store.db");
  for (const int trials : {1, 37, 500}) {
    const int told = KillAfter(path, trials);
    ASSERT_GE(told, trials);
    ResultStore store(path);
    const std::int64_t provenance = store.Intern(SampleProvenance());
    const std::vector<Trial> stored = store.Trials(provenance, SampleProblem());
    const int last_session = std::stoi(Scalar(store, "SELECT max(id) FROM session"));
    // Every told one is there, and at most the one that was stored but not yet told.
    const int kept = std::stoi(Scalar(
        store, "SELECT count(*) FROM trial WHERE session = " + std::to_string(last_session)));
    EXPECT_GE(kept, told);
    EXPECT_LE(kept, told + 1);
    for (const Trial& trial : stored) EXPECT_EQ(trial.samples_ns.size(), 3u);
    EXPECT_THAT(Verify(store), ::testing::IsEmpty());

    EXPECT_EQ(store.SessionOf(last_session)->state, "running");
    Session next;
    next.machine = "f00d";
    store.End(*store.SessionOf(store.Begin(next)));
    EXPECT_EQ(store.SessionOf(last_session)->state, "interrupted");
  }
}

TEST(StoreFailureTest, RandomBytesAreNotADatabase) {
  const std::string path = FreshPath("store.db");
  std::mt19937_64 random(1);
  std::string bytes(20000, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  WriteFile(path, bytes);
  for (const Mode mode : {Mode::kReadWrite, Mode::kReadOnly}) {
    EXPECT_THAT(ErrorOf([&] { ResultStore(path, mode); }),
                AllOf(HasSubstr(path + ": "), HasSubstr("not a result database")));
  }
  EXPECT_EQ(ReadFile(path), bytes);
}

TEST(StoreFailureTest, ATruncatedDatabaseIsDamaged) {
  const std::string path = MakeStore(200);
  const std::string bytes = ReadFile(path);
  WriteFile(path, bytes.substr(0, bytes.size() / 2));
  EXPECT_THAT(ErrorOf([&] { ResultStore{path}; }), AllOf(HasSubstr(path), HasSubstr("damaged")));
}

TEST(StoreFailureTest, VerifyFindsAnOverwrittenPage) {
  const std::string path = MakeStore(200);
  std::string bytes = ReadFile(path);
  const std::size_t page = bytes.size() / 4096 / 2 * 4096;
  bytes.replace(page, 4096, std::string(4096, '\x55'));
  WriteFile(path, bytes);
  const ResultStore store(path, Mode::kReadOnly);
  EXPECT_THAT(Verify(store), ::testing::Not(::testing::IsEmpty()));
}

TEST(StoreFailureTest, AnotherWritersLockIsNamed) {
  const std::string path = MakeStore(1);
  ResultStore store(path);
  store.database().SetBusyTimeout(std::chrono::milliseconds(20));
  const std::int64_t provenance = store.Intern(SampleProvenance());
  {
    Database other(path, Database::Options());
    const Transaction writing(other);
    EXPECT_THAT(ErrorOf([&] { store.Put(SampleTrial(provenance)); }),
                AllOf(HasSubstr(path), HasSubstr("another process has kept it locked for 0.02 s")));
    // Readers are not held up.
    EXPECT_EQ(ResultStore(path, Mode::kReadOnly).Trials(provenance, SampleProblem()).size(), 1u);
  }
  EXPECT_NO_THROW(store.Put(SampleTrial(provenance)));
}

TEST(StoreFailureTest, WaitsForAnotherWriter) {
  const std::string path = MakeStore(1);
  std::array<int, 2> ends = {};
  ASSERT_EQ(pipe(ends.data()), 0);
  // The child writes in transactions of its own as fast as it can, meanwhile so do we.
  const pid_t child = testing::Fork([&] {
    ResultStore store(path);
    const std::int64_t provenance = store.Intern(SampleProvenance("other"));
    if (write(ends[1], "x", 1) != 1) return 1;
    PutTrials(store, provenance, 200);
    return 0;
  });
  char byte = 0;
  ASSERT_EQ(read(ends[0], &byte, 1), 1);
  {
    ResultStore store(path);
    PutTrials(store, store.Intern(SampleProvenance()), 200);
  }
  EXPECT_EQ(testing::Wait(child), 0);
  close(ends[0]);
  close(ends[1]);
  EXPECT_EQ(Scalar(ResultStore(path), "SELECT count(*) FROM trial"), "400");
}

TEST(StoreFailureTest, AFullDatabaseKeepsWhatItHas) {
  const std::string path = MakeStore(10);
  ResultStore store(path);
  const std::int64_t provenance = store.Intern(SampleProvenance());
  store.database().Integer("PRAGMA max_page_count = 1");  // means: no page more than now
  int stored = 10;
  const std::string error = ErrorOf([&] {
    for (;; ++stored) store.Put(SampleTrial(provenance, "T_TILE=" + std::to_string(1000 + stored)));
  });
  EXPECT_THAT(error, AllOf(HasSubstr(path), HasSubstr("the disk is full"), HasSubstr("are kept")));
  EXPECT_EQ(store.Trials(provenance, SampleProblem()).size(), static_cast<std::size_t>(stored));
  store.database().Integer("PRAGMA max_page_count = 1000000");  // somebody made room
  EXPECT_NO_THROW(store.Put(SampleTrial(provenance, "T_TILE=5000")));
  EXPECT_THAT(Verify(store), ::testing::IsEmpty());
}

TEST(StoreFailureTest, AFileThatMayNotGrowIsAnErrorAndStaysSound) {
  const std::string path = MakeStore(10);
  const int code = RunInChild([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    ResultStore store(path);
    const std::int64_t provenance = store.Intern(SampleProvenance());
    const rlimit limit = {200000, 200000};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return kCannotTest;
    try {
      PutTrials(store, provenance, 2000);
    } catch (const UserError& error) {
      const bool named = std::string(error.what()).find(path + ": ") == 0;
      return named ? 0 : 2;
    }
    return 3;
  });
  if (code == kCannotTest) GTEST_SKIP() << "file sizes cannot be limited here";
  EXPECT_EQ(code, 0);
  const ResultStore store(path);
  EXPECT_GE(std::stoi(Scalar(store, "SELECT count(*) FROM trial")), 10);
  EXPECT_THAT(Verify(store), ::testing::IsEmpty());
}

TEST(StoreFailureTest, ReadOnlyModeReadsAndRefusesToWrite) {
  const std::string path = MakeStore(3);
  const std::string before = ReadFile(path);
  ResultStore store(path, Mode::kReadOnly);
  EXPECT_EQ(store.Trials(1, SampleProblem()).size(), 3u);
  EXPECT_THAT(ErrorOf([&] { store.Intern(SampleProvenance()); }),
              AllOf(HasSubstr(path), HasSubstr("cannot be written")));
  EXPECT_EQ(ReadFile(path), before);
}

TEST(StoreFailureTest, AReadOnlyFileInAReadOnlyFolderCanBeRead) {
  const std::string path = MakeStore(3);
  const std::string into = FreshPath("into.db");
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(path).parent_path();
  fs::permissions(path, fs::perms{0444});
  fs::permissions(folder, fs::perms{0555});
  const int code = RunUnprivileged([&] {
    if (access(path.c_str(), R_OK) != 0 || access(path.c_str(), W_OK) == 0) return kCannotTest;
    const ResultStore reader(path, Mode::kReadOnly);
    if (reader.Trials(1, SampleProblem()).size() != 3) return 2;
    const std::string error = ErrorOf([&] { ResultStore{path}; });
    if (error.find("cannot be written") == std::string::npos) return 3;
    const std::string created = ErrorOf([&] { ResultStore{folder.string() + "/new.db"}; });
    return created.find("cannot be opened") == std::string::npos ? 4 : 0;
  });
  fs::permissions(folder, fs::perms{0755});
  fs::permissions(path, fs::perms{0644});
  if (code == kCannotTest) GTEST_SKIP() << "privileges cannot be dropped here";
  EXPECT_EQ(code, 0);
  // Such a file can also be merged from.
  ResultStore merged(into);
  EXPECT_EQ(Merge(merged, path).trials, 3);
}

// SQLite itself would open it and fail at the first result.
TEST(StoreFailureTest, AReadOnlyFileIsRefusedWhenOpenedForWriting) {
  const std::string path = MakeStore(3);
  namespace fs = std::filesystem;
  fs::permissions(path, fs::perms{0444});
  fs::permissions(fs::path(path).parent_path(), fs::perms{0777});
  const int code = RunUnprivileged([&] {
    if (access(path.c_str(), R_OK) != 0 || access(path.c_str(), W_OK) == 0) return kCannotTest;
    const std::string error = ErrorOf([&] { ResultStore{path}; });
    return error.find("cannot be written") == std::string::npos ? 2 : 0;
  });
  fs::permissions(path, fs::perms{0644});
  if (code == kCannotTest) GTEST_SKIP() << "privileges cannot be dropped here";
  EXPECT_EQ(code, 0);
}

TEST(StoreFailureTest, AMissingDatabaseIsNotCreatedByReading) {
  const std::string path = FreshPath("missing.db");
  EXPECT_THAT(ErrorOf([&] { ResultStore(path, Mode::kReadOnly); }), HasSubstr("no such database"));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(StoreFailureTest, AWordOfTheFutureIsNamed) {
  const std::string path = MakeStore(1);
  ResultStore store(path);
  store.database().Script(
      "PRAGMA ignore_check_constraints = ON; UPDATE trial SET status = 'melted'");
  EXPECT_THAT(ErrorOf([&] { store.Trials(1, SampleProblem()); }),
              HasSubstr("unknown word 'melted'"));
}

}  // namespace
}  // namespace tilesmith
