#include "tuner/compile/process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace tilesmith {
namespace {

using How = Finished::How;

constexpr double kLongS = 60;

Finished Shell(const std::string& script, double limit_s = kLongS) {
  return tilesmith::Run({{"/bin/sh", "-c", script}, "", {}}, limit_s);
}

// A FIFO that processes hold open for writing: end of file on it means that the last of them is
// gone.
class Leash {
 public:
  Leash() : path_(testing::TempDir() + "leash" + std::to_string(getpid())) {
    unlink(path_.c_str());
    EXPECT_EQ(mkfifo(path_.c_str(), 0600), 0);
    fd_ = open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  }
  ~Leash() {
    close(fd_);
    unlink(path_.c_str());
  }
  Leash(const Leash&) = delete;
  Leash& operator=(const Leash&) = delete;
  const std::string& path() const { return path_; }
  bool AllGone() {
    pollfd end{fd_, POLLIN, 0};
    return poll(&end, 1, 10'000) == 1 && (end.revents & POLLHUP) != 0;
  }

 private:
  std::string path_;
  int fd_;
};

TEST(Run, GivesArgumentsLiterally) {
  const std::vector<std::string> odd = {"a b", "\"", "'",  "; touch /oops", "$(id)", "`id`", "*",
                                        "",    "-n", "\\", "new\nline"};
  std::vector<std::string> arguments = {"printf", "%s|"};
  arguments.insert(arguments.end(), odd.begin(), odd.end());
  std::string expected;
  for (const std::string& argument : odd) expected += argument + "|";
  const Finished finished = tilesmith::Run({arguments, "", {}}, kLongS);
  EXPECT_TRUE(finished.ok());
  EXPECT_EQ(finished.output, expected);
}

TEST(Run, TellsExitCodesFromSignals) {
  EXPECT_EQ(Shell("exit 3").how, How::kExited);
  EXPECT_EQ(Shell("exit 3").code, 3);
  EXPECT_FALSE(Shell("exit 3").ok());
  EXPECT_EQ(Shell("kill -SEGV $$").how, How::kSignalled);
  EXPECT_EQ(Shell("kill -SEGV $$").code, SIGSEGV);
}

TEST(Run, KeepsPipesApart) {
  const Finished finished = Shell("echo out; echo err >&2");
  EXPECT_EQ(finished.output, "out\n");
  EXPECT_EQ(finished.errors, "err\n");
}

TEST(Run, MissingProgramIsAValue) {
  for (const char* name : {"no-such-program-here", "/no/such/program", "/"}) {
    const Finished finished = tilesmith::Run({{name}, "", {}}, kLongS);
    EXPECT_EQ(finished.how, How::kNotStarted);
    EXPECT_EQ(finished.errors, std::string(name) + ": No such file or directory");
  }
}

TEST(Run, ProgramWithoutInterpreterIsAValue) {
  const std::string path = testing::TempDir() + "bad_interpreter";
  std::ofstream(path) << "#!/no/such/interpreter\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  EXPECT_EQ(tilesmith::Run({{path}, "", {}}, kLongS).how, How::kNotStarted);
}

TEST(Run, DrainsAMegabyteOfBothPipes) {
  // stderr first and whole: a reader that waits for stdout's end would deadlock.
  const Finished finished = Shell("yes e | head -c 1000000 >&2; yes o | head -c 1000000");
  EXPECT_TRUE(finished.ok());
  EXPECT_EQ(finished.output.size(), 1'000'000u);
  EXPECT_EQ(std::count(finished.output.begin(), finished.output.end(), 'o'), 500'000);
  EXPECT_EQ(finished.errors.size(), 65'536u);
}

TEST(Run, GivesInputOfAnySize) {
  const std::string input(1'000'000, 'x');
  EXPECT_EQ(tilesmith::Run({{"cat"}, input, {}}, kLongS).output, input);
  EXPECT_EQ(tilesmith::Run({{"cat"}, "", {}}, kLongS).output, "");
}

TEST(Run, ChildMayIgnoreItsInput) {
  EXPECT_TRUE(tilesmith::Run({{"true"}, std::string(1'000'000, 'x'), {}}, kLongS).ok());
}

TEST(Run, LaysTheEnvironmentOver) {
  ASSERT_EQ(setenv("TILESMITH_TEST_A", "old", 1), 0);
  ASSERT_EQ(setenv("TILESMITH_TEST_AB", "kept", 1), 0);
  const Finished finished =
      tilesmith::Run({{"/bin/sh", "-c", "echo $TILESMITH_TEST_A $TILESMITH_TEST_AB"},
                      "",
                      {"TILESMITH_TEST_A=new"}},
                     kLongS);
  EXPECT_EQ(finished.output, "new kept\n");
}

TEST(Run, ChildSeesNoDescriptorOfOurs) {
  const int inherited = open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  ASSERT_GE(inherited, 3);
  const std::string probe = "[ -e /proc/self/fd/" + std::to_string(inherited) + " ] && echo seen";
  EXPECT_EQ(Shell(probe).output, "");
  close(inherited);
}

TEST(Run, TimeoutKillsGrandchildren) {
  Leash leash;
  const Finished finished = Shell("exec 3>" + leash.path() + "; sleep 1000 & sleep 1000", 0.2);
  EXPECT_EQ(finished.how, How::kTimedOut);
  EXPECT_GE(finished.seconds, 0.2);
  EXPECT_TRUE(leash.AllGone());
}

TEST(Run, KeepsWhatWasSaidBeforeTheTimeout) {
  EXPECT_EQ(Shell("echo early; sleep 1000", 0.3).output, "early\n");
}

TEST(Run, EndsWithTheProgramThoughABackgroundChildHoldsThePipes) {
  Leash leash;
  const Finished finished = Shell("exec 3>" + leash.path() + "; sleep 1000 & echo done");
  EXPECT_EQ(finished.how, How::kExited);
  EXPECT_EQ(finished.output, "done\n");
  EXPECT_TRUE(leash.AllGone());
}

TEST(Run, WaitsForAProgramThatClosedItsPipes) {
  const Finished finished = Shell("exec >&- 2>&-; sleep 0.05; exit 5");
  EXPECT_EQ(finished.code, 5);
}

TEST(Run, SurvivesAnInheritedIgnoredSigchld) {
  std::signal(SIGCHLD, SIG_IGN);
  EXPECT_EQ(Shell("exit 4").code, 4);
  std::signal(SIGCHLD, SIG_DFL);
}

TEST(Run, LeavesNoZombies) {
  Shell("exit 0");
  Shell("sleep 1000", 0.01);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(RunAll, KeepsTheOrderAndCallsBack) {
  // Each waits for its successor's file, so they can only end last to first, and only in parallel.
  const std::string folder = testing::TempDir() + "order/";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const auto script = [&](int i) {
    const std::string next = folder + std::to_string(i + 1);
    const std::string wait = i == 2 ? "" : "while [ ! -e " + next + " ]; do :; done; ";
    return wait + "echo " + std::to_string(i) + "; : > " + folder + std::to_string(i);
  };
  std::vector<Command> commands;
  for (int i = 0; i < 3; ++i) commands.push_back({{"/bin/sh", "-c", script(i)}, "", {}});
  std::vector<std::string> ended;
  const auto results = RunAll(commands, 3, kLongS, [&](std::size_t i, const Finished& finished) {
    ended.push_back(std::to_string(i) + "\n");
    EXPECT_EQ(finished.output, ended.back());
  });
  ASSERT_EQ(results.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(results[i].output, std::to_string(i) + "\n");
  EXPECT_EQ(ended.size(), 3u);
}

TEST(RunAll, HoldsTheNumberOfJobs) {
  // mkdir is atomic: two at a time would collide.
  const std::string lock = testing::TempDir() + "one_at_a_time";
  std::filesystem::remove_all(lock);
  const Command command{
      {"/bin/sh", "-c", "mkdir " + lock + " && sleep 0.01 && rmdir " + lock}, "", {}};
  for (const Finished& finished : RunAll({command, command, command, command}, 1, kLongS)) {
    EXPECT_TRUE(finished.ok()) << finished.errors;
  }
}

TEST(RunAll, NoCommandsNoResults) { EXPECT_TRUE(RunAll({}, 2, kLongS).empty()); }

TEST(RunAll, KillsTheRestWhenTheCallbackThrows) {
  Leash leash;
  const std::string holder = "exec 3>" + leash.path() + "; sleep 1000";
  const std::vector<Command> commands = {{{"/bin/sh", "-c", holder}, "", {}}, {{"true"}, "", {}}};
  EXPECT_THROW(RunAll(commands, 2, kLongS, [](std::size_t, const Finished&) { throw 1; }), int);
  EXPECT_TRUE(leash.AllGone());
}

// In a process of their own, for the flag is never lowered.
using InterruptDeathTest = testing::Test;

TEST(InterruptDeathTest, KillsTheChildrenAndThrows) {
  Leash leash;
  const std::string script = "exec 3>" + leash.path() + "; sleep 1000 & kill -INT $PPID; wait";
  const auto interrupted_run = [&] {
    InstallInterruptHandler();
    try {
      Shell(script);
    } catch (const Interrupt&) {
      _exit(Interrupted() && waitpid(-1, nullptr, WNOHANG) == -1 ? 7 : 8);
    }
    _exit(9);
  };
  EXPECT_EXIT(interrupted_run(), testing::ExitedWithCode(7), "");
  EXPECT_TRUE(leash.AllGone());
}

TEST(InterruptDeathTest, NothingStartsAfterwards) {
  const auto run = [] {
    InstallInterruptHandler();
    raise(SIGTERM);
    try {
      RunAll({{{"true"}, "", {}}}, 1, kLongS);
    } catch (const Interrupt&) {
      _exit(7);
    }
    _exit(9);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(7), "");
}

TEST(InterruptDeathTest, TheSecondOneKills) {
  const auto run = [] {
    InstallInterruptHandler();
    raise(SIGINT);
    if (Interrupted()) raise(SIGINT);
    _exit(9);
  };
  EXPECT_EXIT(run(), testing::KilledBySignal(SIGINT), "");
}

TEST(FindProgram, LooksInPathAsAShellDoes) {
  EXPECT_EQ(FindProgram("/bin/sh"), "/bin/sh");
  EXPECT_TRUE(FindProgram("sh").ends_with("/sh"));
  EXPECT_EQ(FindProgram(""), "");
  EXPECT_EQ(FindProgram("/bin"), "");
  EXPECT_EQ(FindProgram("no-such-program-here"), "");
}

TEST(ShellQuote, AShellReadsTheSameWords) {
  const std::vector<std::string> odd = {
      "printf", "%s|", "plain-1.2/x=y", "a b", "it's", "$HOME", "", "\"",
      "~",      "#",   "a;b",           "(",   "\\"};
  const std::string line = ShellQuote(odd);
  EXPECT_TRUE(line.starts_with("printf '%s|' plain-1.2/x=y 'a b' ")) << line;
  EXPECT_EQ(Shell(line).output, tilesmith::Run({odd, "", {}}, kLongS).output);
}

}  // namespace
}  // namespace tilesmith
