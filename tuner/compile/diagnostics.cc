#include "tuner/compile/diagnostics.h"

#include <csignal>
#include <sstream>
#include <string_view>

#include <fmt/format.h>

namespace tilesmith {
namespace {

constexpr std::string_view kMemoryHint =
    "the compiler was killed (signal 9): most likely memory ran out; use fewer compile jobs";

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// g++ and clang++ drivers survive their compiler proper and report its signal as text.
bool SaysKilled(const Finished& finished) {
  return Has(finished.errors, "Killed signal terminated program") ||
         Has(finished.errors, "unable to execute command: Killed");
}

bool IsLinkerEcho(std::string_view line) {
  return line.starts_with("collect2:") || Has(line, "linker command failed");
}

std::string HowItEnded(const Finished& finished) {
  if (finished.how == Finished::How::kSignalled) {
    return fmt::format("the compiler was killed by signal {}", finished.code);
  }
  return fmt::format("the compiler failed with exit code {} and printed nothing", finished.code);
}

}  // namespace

std::string FirstErrorLine(const Finished& finished) {
  const bool killed = finished.how == Finished::How::kSignalled && finished.code == SIGKILL;
  if (killed || SaysKilled(finished)) return std::string(kMemoryHint);
  std::string first, line;
  std::istringstream lines(finished.errors + "\n" + finished.output);
  while (std::getline(lines, line)) {
    if (Has(line, "undefined reference to")) return line;
    if (Has(line, "error:") && !IsLinkerEcho(line)) return line;
    if (first.empty()) first = line;
  }
  return first.empty() ? HowItEnded(finished) : first;
}

bool IsPassing(const Finished& finished) {
  return finished.how != Finished::How::kExited || SaysKilled(finished) || IsDiskFull(finished) ||
         Has(finished.errors, "virtual memory exhausted") || Has(finished.errors, "out of memory");
}

bool IsDiskFull(const Finished& finished) {
  return Has(finished.errors, "No space left on device") ||
         Has(finished.errors, "Disk quota exceeded");
}

}  // namespace tilesmith
