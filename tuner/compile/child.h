// One running child program of RunAll(): started, drained, killed and reaped. Internal to
// process.cc.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/types.h>

#include "tuner/compile/process.h"

namespace tilesmith::internal {

/// Owns a file descriptor; -1 is none.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  ~Fd() { Close(); }
  Fd(Fd&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Fd& operator=(Fd&& other) noexcept;
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void Close();

 private:
  int fd_;
};

/// Owns the process group: destroying a child that still runs kills its group and reaps it, so
/// leaving RunAll() by any way leaves no process behind.
class Child {
 public:
  /// Never throws for what the command is: one that cannot start has ended, as kNotStarted.
  /// Its processes get `limit_s` and a little more of processor time each: should we be killed with
  /// SIGKILL, a compiler that would run for minutes ends by itself.
  Child(const Command& command, std::size_t index, double limit_s);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  std::size_t index() const { return index_; }
  /// True once it exited, was killed, never started, or is past the limit and was killed for it.
  bool HasEnded(double limit_s);
  /// Takes what has arrived; never blocks.
  void Drain();
  /// Its pipes that are worth waiting for; none when it has closed them all.
  void AddPipes(std::vector<pollfd>& pipes) const;
  bool HasPipes() const { return output_.open() || errors_.open(); }
  /// What became of it; call once HasEnded().
  Finished& result() { return result_; }

 private:
  using Clock = std::chrono::steady_clock;

  void Start(const Command& command, double limit_s);
  void NotStarted(const std::string& program, int error);
  void End(bool timed_out);
  int KillAndReap();

  std::size_t index_;
  Clock::time_point start_;
  pid_t pid_ = -1;
  Fd output_, errors_;
  Finished result_;
};

}  // namespace tilesmith::internal
