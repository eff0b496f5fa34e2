// Progress of a sweep on stderr: one live line on a terminal, plain lines in a log, nothing when
// quiet.
#pragma once

#include <functional>
#include <memory>
#include <ostream>

#include "tuner/command/terminal.h"
#include "tuner/sweep/sweep.h"

namespace tilesmith {

/// Monotonic seconds.
using SecondsClock = std::function<double()>;

class Progress : public SweepObserver {
 public:
  /// Takes the live line off the screen, so that something else can be printed; it comes back with
  /// the next event. Also done at destruction.
  virtual void Erase() {}
};

/// On a live terminal: done/total, time left, best so far against the default, failures by kind and
/// the phase, redrawn at most ten times a second. Otherwise lines: the start, each new best, each
/// failure found now with its reason and the command that repeats it (kShownFailures of a kind; the
/// rest is counted), every kLineEvery configs and at the last, and the phase when kSilence seconds
/// brought no line. `quiet`: not a byte. `err` and the clock outlive the progress.
std::unique_ptr<Progress> MakeProgress(std::ostream& err, const Terminal& terminal, bool quiet,
                                       SecondsClock clock);
std::unique_ptr<Progress> MakeProgress(std::ostream& err, const Terminal& terminal, bool quiet);

inline constexpr int kShownFailures = 10;
inline constexpr int kLineEvery = 25;
inline constexpr double kSilence = 15;

}  // namespace tilesmith
