// Runs code in a forked child, for what would end or hamper the test's own process.
#pragma once

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace tilesmith::testing {

/// Exit code of a child that found it cannot do its test here.
inline constexpr int kCannotTest = 77;

/// Forks; the child runs `action`, which returns its exit code, and leaves without any clean-up.
template <typename Action>
pid_t Fork(const Action& action) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child != 0) return child;
  int code = 1;
  try {
    code = action();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "child: %s\n", error.what());
  }
  _exit(code);
}

/// The child's exit code, or minus the signal that ended it.
inline int Wait(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child) return -1000;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

template <typename Action>
int RunInChild(const Action& action) {
  return Wait(Fork(action));
}

/// The same, without the privileges that let root write everywhere.
template <typename Action>
int RunUnprivileged(const Action& action) {
  return RunInChild([&] {
    constexpr uid_t kNobody = 65534;
    if (geteuid() == 0 && (setgid(kNobody) != 0 || setuid(kNobody) != 0)) return kCannotTest;
    return action();
  });
}

}  // namespace tilesmith::testing
