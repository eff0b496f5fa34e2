#include "tuner/gate/sandbox.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tuner/compile/process.h"
#include "tuner/gate/faults.h"

namespace tilesmith {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using How = Ending::How;

Ending InChild(const std::function<void(Channel&)>& body) { return RunInChild(body, Limits{}); }

void LoopForever() {
  while (true) pause();
}

TEST(SandboxTest, ReturnsWhatTheChildSentLast) {
  const Ending ending = InChild([](Channel& channel) {
    channel.Stage("one");
    channel.Send("a longer first result");
    channel.Stage("two");
    channel.Send("result");
  });
  EXPECT_EQ(ending.how, How::kReturned);
  EXPECT_EQ(ending.payload, "result");
  EXPECT_EQ(ending.stage, "two");
  EXPECT_EQ(ending.diagnosis, "");
}

TEST(SandboxTest, SendsMegabytes) {
  const std::string payload(Channel::kCapacity, 'x');
  EXPECT_EQ(InChild([&](Channel& channel) { channel.Send(payload); }).payload, payload);
}

TEST(SandboxTest, ChangesNothingInTheParent) {
  int value = 1;
  InChild([&](Channel&) { value = 2; });
  EXPECT_EQ(value, 1);
}

TEST(SandboxTest, TellsExitFromReturn) {
  for (const int code : {0, 3}) {
    const Ending ending = InChild([code](Channel& channel) {
      channel.Stage("work");
      std::exit(code);
    });
    EXPECT_EQ(ending.how, How::kExited);
    EXPECT_EQ(ending.code, code);
    EXPECT_EQ(ending.Describe(), "called exit(" + std::to_string(code) + ") in work");
  }
}

TEST(SandboxTest, KeepsTheMessageOfAnException) {
  const Ending ending = InChild([](Channel&) { throw std::runtime_error("no such thing"); });
  EXPECT_EQ(ending.how, How::kFailed);
  EXPECT_EQ(ending.Describe(), "no such thing");
}

TEST(SandboxTest, NamesTheSignalAndTheStage) {
  const Ending ending = InChild([](Channel& channel) {
    channel.Stage("ragged T=13");
    std::abort();
  });
  EXPECT_EQ(ending.how, How::kSignalled);
  EXPECT_EQ(ending.code, SIGABRT);
  EXPECT_EQ(ending.Describe(), "signal 6 (Aborted) in ragged T=13");
}

TEST(SandboxTest, AKilledChildIsNoMystery) {
  const Ending ending = InChild([](Channel&) { raise(SIGKILL); });
  EXPECT_EQ(ending.how, How::kSignalled);
  EXPECT_EQ(ending.code, SIGKILL);
}

TEST(SandboxTest, EndsACallThatTakesTooLong) {
  const Ending ending = RunInChild(
      [](Channel& channel) {
        channel.Stage("loop");
        LoopForever();
      },
      {.call_s = 0.2});
  EXPECT_EQ(ending.how, How::kTimedOut);
  EXPECT_THAT(ending.Describe(), StartsWith("no end after"));
  EXPECT_THAT(ending.Describe(), HasSubstr(" s in loop"));
}

TEST(SandboxTest, EndsAChildThatIsBusyForTooLong) {
  const Ending ending = RunInChild(
      [](Channel& channel) {
        while (true) channel.Stage("again");
      },
      {.call_s = 1000, .total_s = 0.2});
  EXPECT_EQ(ending.how, How::kTimedOut);
}

TEST(SandboxTest, AStageStartsTheClockOfTheCallAnew) {
  const Ending ending = RunInChild(
      [](Channel& channel) {
        for (int i = 0; i < 4; ++i) {
          channel.Stage("short");
          usleep(400'000);
        }
      },
      {.call_s = 1.2});
  EXPECT_EQ(ending.how, How::kReturned);
}

TEST(SandboxTest, LimitsMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers bring their own allocator";
#endif
  const Ending ending = RunInChild(
      [](Channel& channel) {
        channel.Stage("hog");
        while (true) {
          volatile char* block = new char[1 << 20];
          block[0] = 1;
        }
      },
      {.memory_bytes = 64u << 20});
  EXPECT_EQ(ending.how, How::kOutOfMemory);
  EXPECT_EQ(ending.Describe(), "ran into the memory limit in hog");
}

TEST(SandboxTest, CutsLongTexts) {
  const Ending ending = InChild([](Channel& channel) {
    channel.Stage(std::string(1000, 's'));
    channel.Diagnose(std::string(1000, 'd'));
  });
  EXPECT_EQ(ending.stage, std::string(Channel::kStageCapacity - 1, 's'));
  EXPECT_EQ(ending.diagnosis, std::string(Channel::kDiagnosisCapacity - 1, 'd'));
}

TEST(SandboxTest, SilencesTheChild) {
  testing::internal::CaptureStdout();
  InChild([](Channel&) {
    std::puts("noise");
    std::fflush(stdout);
  });
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

// The status of a child, which ends within moments or is stopped here.
int StatusOf(pid_t pid) {
  int status = 0;
  for (int i = 0; i < 1000; ++i) {
    if (waitpid(pid, &status, WNOHANG) == pid) return status;
    usleep(10'000);
  }
  ADD_FAILURE() << "still alive: " << pid;
  kill(pid, SIGKILL);
  return 0;
}

TEST(SandboxTest, LeavesNoGrandchildBehind) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // orphans come to us
  const Ending ending = InChild([](Channel& channel) {
    const pid_t grandchild = fork();
    if (grandchild == 0) LoopForever();
    channel.Send(std::to_string(grandchild));
  });
  const int status = StatusOf(std::stoi(ending.payload));
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(SandboxDeathTest, AnInterruptKillsTheChildAndIsThrown) {
  const auto run = [] {
    InstallInterruptHandler();
    try {
      InChild([](Channel&) {
        kill(getppid(), SIGINT);
        LoopForever();
      });
    } catch (const Interrupt&) {
      _exit(waitpid(-1, nullptr, WNOHANG) == -1 ? 7 : 8);
    }
    _exit(9);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(7), "");
}

// --- the diagnosis of faults ---

Ending Fault(const std::function<void(const GuardedBuffer&)>& access, bool read_only = false) {
  return InChild([&](Channel& channel) {
    FaultWatch::Install(channel);
    GuardedBuffer other(8000, Placement::kEnd), y(8000, Placement::kEnd);
    if (read_only) y.Protect();
    FaultWatch::Add("other", other, 4, false);
    FaultWatch::Add("y", y, 4, read_only);
    access(y);
  });
}

void Touch(const std::byte* address) {
  *const_cast<volatile std::byte*>(static_cast<const volatile std::byte*>(address)) = std::byte{1};
}

TEST(FaultWatchTest, NamesTheOperandAndTheDistance) {
  const Ending past = Fault([](const GuardedBuffer& y) { Touch(y.data() + 8000); });
  EXPECT_EQ(past.code, SIGSEGV);
  EXPECT_EQ(past.diagnosis, "access 1 bytes past the end of y");
  const Ending before = Fault([](const GuardedBuffer& y) { Touch(y.pages() - 1); });
  EXPECT_EQ(before.diagnosis,
            "access 193 bytes before the start of y");  // 2 pages less 8000, and 1
}

TEST(FaultWatchTest, NamesTheElementOfAnOverwrittenInput) {
  const Ending ending = Fault([](const GuardedBuffer& y) { Touch(y.data() + 4 * 17 + 2); }, true);
  EXPECT_EQ(ending.diagnosis, "overwrote input y at element 17");
  EXPECT_THAT(ending.diagnosis, StartsWith(kInputOverwritten));
}

TEST(FaultWatchTest, NamesOtherAddresses) {
  const Ending ending =
      Fault([](const GuardedBuffer&) { Touch(reinterpret_cast<std::byte*>(16)); });
  EXPECT_EQ(ending.diagnosis, "access to address 0x10");
}

TEST(FaultWatchTest, ForgetsWhatWasCleared) {
  const Ending ending = Fault([](const GuardedBuffer& y) {
    FaultWatch::Clear();
    Touch(y.data() + 8000);
  });
  EXPECT_THAT(ending.diagnosis, StartsWith("access to address 0x"));
}

}  // namespace
}  // namespace tilesmith
