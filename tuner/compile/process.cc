#include "tuner/compile/process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <list>
#include <string_view>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "results/error.h"
#include "tuner/compile/child.h"

namespace tilesmith {
namespace {

volatile std::sig_atomic_t interrupted = 0;

extern "C" void HandleInterrupt(int) { interrupted = 1; }

// An ignored SIGCHLD, which a parent may bequeath, makes the kernel reap children behind our back.
void KeepChildrenWaitable() {
  struct sigaction action {};
  if (sigaction(SIGCHLD, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) {
    std::signal(SIGCHLD, SIG_DFL);
  }
}

/// Until a child says something, a signal arrives or it is time to look around.
void Wait(const std::list<internal::Child>& children) {
  // A child that closed its pipes is about to exit, and nothing will wake poll() for that.
  constexpr int kTickMs = 20;
  constexpr int kExitingTickMs = 1;
  std::vector<pollfd> pipes;
  int tick = kTickMs;
  for (const internal::Child& child : children) {
    child.AddPipes(pipes);
    if (!child.HasPipes()) tick = kExitingTickMs;
  }
  const int ready = poll(pipes.data(), pipes.size(), tick);
  TILESMITH_CHECK(ready >= 0 || errno == EINTR);
}

bool IsProgram(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && access(path.c_str(), X_OK) == 0;
}

bool IsPlain(char c) {
  return std::string_view(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./:,@%")
             .find(c) != std::string_view::npos;
}

std::string Quote(const std::string& argument) {
  if (!argument.empty() && std::all_of(argument.begin(), argument.end(), IsPlain)) return argument;
  std::string quoted = "'";
  for (const char c : argument) {
    if (c == '\'') quoted += "'\\''";
    else quoted += c;
  }
  return quoted + "'";
}

}  // namespace

void InstallInterruptHandler() {
  struct sigaction action {};
  action.sa_handler = HandleInterrupt;
  // Reset: the second one is not ours. No restart: the poll() under way ends at once.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  TILESMITH_CHECK(sigaction(SIGINT, &action, nullptr) == 0);
  TILESMITH_CHECK(sigaction(SIGTERM, &action, nullptr) == 0);
}

bool Interrupted() { return interrupted != 0; }

std::vector<Finished> RunAll(const std::vector<Command>& commands, int jobs, double limit_s,
                             const std::function<void(std::size_t, const Finished&)>& done) {
  TILESMITH_CHECK(jobs >= 1);
  KeepChildrenWaitable();
  std::vector<Finished> results(commands.size());
  std::list<internal::Child> running;
  std::size_t next = 0;
  while (next < commands.size() || !running.empty()) {
    if (Interrupted()) throw Interrupt{};
    while (next < commands.size() && running.size() < static_cast<std::size_t>(jobs)) {
      running.emplace_back(commands[next], next, limit_s);
      ++next;
    }
    Wait(running);
    for (auto child = running.begin(); child != running.end();) {
      child->Drain();
      if (!child->HasEnded(limit_s)) {
        ++child;
        continue;
      }
      const std::size_t index = child->index();
      results[index] = std::move(child->result());
      child = running.erase(child);
      if (done) done(index, results[index]);
    }
  }
  return results;
}

Finished Run(const Command& command, double limit_s) {
  return std::move(RunAll({command}, 1, limit_s).front());
}

std::string FindProgram(const std::string& name) {
  namespace fs = std::filesystem;
  if (name.find('/') != std::string::npos) {
    return IsProgram(name) ? fs::absolute(name).string() : std::string();
  }
  const char* variable = std::getenv("PATH");
  std::string_view path = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  while (true) {
    const std::size_t colon = path.find(':');
    // An empty entry means the current directory.
    const std::string candidate = fs::absolute(fs::path(path.substr(0, colon)) / name).string();
    if (IsProgram(candidate)) return candidate;
    if (colon == std::string_view::npos) return {};
    path.remove_prefix(colon + 1);
  }
}

std::string ShellQuote(const std::vector<std::string>& arguments) {
  std::string line;
  for (const std::string& argument : arguments) {
    if (!line.empty()) line += ' ';
    line += Quote(argument);
  }
  return line;
}

}  // namespace tilesmith
