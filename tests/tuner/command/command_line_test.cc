#include "tuner/command/command_line.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tuner/version.h"

namespace tilesmith {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// Whatever a test does, it must not reach the database of the folder it is run in.
class NoDatabase : public testing::Environment {
 public:
  void SetUp() override { setenv("TILESMITH_DB", "/nonexistent/of_tests.db", 1); }
};
const auto* const kNoDatabase = testing::AddGlobalTestEnvironment(new NoDatabase);

struct Ran {
  int code = 0;
  std::string out, err;
};

Ran Tilesmith(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "tilesmith");
  std::ostringstream out, err;
  const int code = RunCommandLine(arguments, out, err);
  return {code, out.str(), err.str()};
}

// Every mistake is one line on stderr, exit code 1, and nothing on stdout.
void ExpectMistake(const std::vector<std::string>& arguments, const std::string& what) {
  const Ran ran = Tilesmith(arguments);
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, AllOf(StartsWith("tilesmith: "), HasSubstr(what)));
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
}

const std::vector<std::string> kCommands = {"list",  "space",      "sweep",  "verify",
                                            "query", "regenerate", "doctor", "db"};

TEST(CommandLine, HelpNamesEveryCommand) {
  const Ran ran = Tilesmith({"--help"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.err, "");
  for (const std::string& command : kCommands) EXPECT_THAT(ran.out, HasSubstr("\n  " + command));
  EXPECT_THAT(ran.out, HasSubstr("Exit codes"));
}

TEST(CommandLine, EveryCommandHasHelpWithAnExample) {
  for (const std::string& command : kCommands) {
    const Ran ran = Tilesmith({command, "--help"});
    EXPECT_EQ(ran.code, 0) << command;
    EXPECT_THAT(ran.out, HasSubstr("Examples:\n  tilesmith " + command)) << command;
  }
}

TEST(CommandLine, HelpNamesTheVariables) {
  EXPECT_THAT(Tilesmith({"sweep", "--help"}).out,
              AllOf(HasSubstr("TILESMITH_BUDGET"), HasSubstr("TILESMITH_DB"),
                    HasSubstr("TILESMITH_COMPILE_LIMIT")));
}

TEST(CommandLine, Version) {
  const Ran ran = Tilesmith({"--version"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, StartsWith(std::string("tilesmith ") + kToolVersion));
}

TEST(CommandLine, WithoutACommandNamesThem) {
  ExpectMistake({}, "which command? one of: list, space, sweep");
  ExpectMistake({"db"}, "which command? one of: verify, vacuum, export, merge, import");
}

TEST(CommandLine, UnknownCommandIsAnsweredWithTheNearest) {
  ExpectMistake({"sweeep"},
                "unknown command 'sweeep'; did you mean 'sweep'? See 'tilesmith --help'");
  ExpectMistake({"db", "vaccum"}, "unknown command 'vaccum'; did you mean 'vacuum'?");
  ExpectMistake({"sweeep", "hc_post", "--budget", "4"}, "did you mean 'sweep'?");
}

TEST(CommandLine, UnknownOptionIsAnsweredWithTheNearest) {
  ExpectMistake({"list", "--fromat", "json"},
                "unknown option '--fromat'; did you mean '--format'?");
  ExpectMistake({"sweep", "hc_post", "--bugdet=3"}, "did you mean '--budget'?");
  ExpectMistake({"list", "--fromat"}, "See 'tilesmith list --help'");
}

TEST(CommandLine, MissingAndMalformedValues) {
  ExpectMistake({"sweep"}, "KERNEL is required; see 'tilesmith sweep --help'");
  ExpectMistake({"sweep", "--budget"}, "--budget");
  // A kernel that is none: were a value accepted, nothing would be swept.
  const auto refuses = [](const char* flag, const char* value, const char* what) {
    ExpectMistake({"sweep", "no_such_kernel_at_all", flag, value}, what);
  };
  refuses("--threads", "many", "'many' is not between 0 and 4096 threads");
  refuses("--threads", "-2", "'-2' is not between");
  refuses("--call-limit", "nan", "'nan' is not between");
  refuses("--seed", "-1", "'-1' is not between");
  refuses("--seed", "1.5", "--seed");
}

TEST(CommandLine, UnknownFormatStrategyAndKernel) {
  ExpectMistake({"list", "--format", "jsn"}, "did you mean 'json'?");
  ExpectMistake({"sweep", "no_such_kernel_at_all", "--strategy", "randm"},
                "did you mean 'random'?");
  ExpectMistake({"sweep", "no_such_kernel_at_all"}, "unknown kernel 'no_such_kernel_at_all'");
  ExpectMistake({"verify"}, "name a KERNEL");
  ExpectMistake({"space"}, "name a KERNEL");
}

TEST(CommandLine, MissingDatabaseIsOneLineAndIsNotCreated) {
  const std::string db = testing::TempDir() + "no_such_folder/no.db";
  ExpectMistake({"query", "--db", db}, db);
  ExpectMistake({"regenerate", "--db", db}, db);
  ExpectMistake({"db", "verify", "--db", db}, db);
  ExpectMistake({"db", "vacuum", "--db", db}, db);
  ExpectMistake({"db", "export", "--db", db}, db);
}

TEST(CommandLine, VariableNamesTheDatabase) {
  setenv("TILESMITH_DB", "/nonexistent/from_variable.db", 1);
  ExpectMistake({"query"}, "from_variable.db");
  ExpectMistake({"query", "--db", "/nonexistent/from_flag.db"}, "from_flag.db");
  setenv("TILESMITH_DB", "/nonexistent/of_tests.db", 1);
}

TEST(CommandLine, ResultsThatCannotBeWrittenAreAnError) {
  std::ostringstream out, err;
  out.setstate(std::ios::badbit);
  EXPECT_EQ(RunCommandLine({"tilesmith", "--version"}, out, err), 1);
  EXPECT_THAT(err.str(), HasSubstr("could not be written"));
}

}  // namespace
}  // namespace tilesmith
