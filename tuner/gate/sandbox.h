// A forked child that may do anything, hang, crash, or eat memory, without harm to the sweep. The
// parent is single-threaded, so fork is safe; the child inherits inputs and expected outputs for
// nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tilesmith {

struct Limits {
  double call_s = 10;                       // one call of the kernel
  double total_s = 120;                     // the whole child
  std::uint64_t memory_bytes = 4ull << 30;  // beyond what the parent has mapped
};

/// The child's line to its parent: shared memory, so that the last word of a child that died is
/// kept.
class Channel {
 public:
  /// What the child is about to do; starts the clock of Limits::call_s anew.
  void Stage(std::string_view stage);
  /// The child's result; at most kCapacity bytes. The last one counts.
  void Send(std::string_view payload);
  /// A one-line diagnosis left by a signal handler; async-signal-safe.
  void Diagnose(std::string_view text);

  static constexpr std::size_t kStageCapacity = 256;
  static constexpr std::size_t kDiagnosisCapacity = 512;
  static constexpr std::size_t kCapacity = 4u << 20;

 private:
  friend class Sandbox;
  struct Page;
  explicit Channel(Page* page) : page_(page) {}
  Page* page_;
};

/// How a child ended.
struct Ending {
  /// kExited: the kernel called exit(). kFailed: the body threw; `diagnosis` is its message.
  enum class How { kReturned, kExited, kFailed, kSignalled, kTimedOut, kOutOfMemory };
  How how = How::kReturned;
  int code = 0;           // exit code or signal
  std::string stage;      // the last one it announced
  std::string diagnosis;  // of its signal handler, e.g. "wrote 8 bytes past the end of y"
  std::string payload;    // what it sent; complete only when kReturned
  double seconds = 0;

  /// "signal 11 (segmentation fault) in tiles T=13,D=513 seed 1: wrote past the end of y".
  std::string Describe() const;
};

/// Runs `body` in a forked child. Its stdout and stderr go to /dev/null. A body that throws ends as
/// kFailed with the message as diagnosis. Throws Interrupt (compile/process.h) after killing it.
Ending RunInChild(const std::function<void(Channel&)>& body, const Limits& limits);

}  // namespace tilesmith
