// What timing itself costs: wall time per block beyond the calls in it, for plans of several
// lengths. A screening sample is 200 µs long and a duel's round some of them, so this is what a
// tuner pays on top.
#include <chrono>
#include <cstdio>
#include <vector>

#include "tuner/measure/meter.h"

namespace {

using Clock = std::chrono::steady_clock;

double Microseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

// Mean microseconds per empty block over `repeats` plans.
double OverheadPerBlock(std::size_t blocks, int repeats) {
  const std::vector<tilesmith::Block> plan(blocks, {[] {}, 1});
  const auto start = Clock::now();
  for (int i = 0; i < repeats; ++i) tilesmith::TimeBlocks(plan);
  return Microseconds(Clock::now() - start) / (repeats * static_cast<double>(blocks));
}

}  // namespace

int main() {
  const auto start = Clock::now();
  tilesmith::WarmUpMeter();
  std::printf("warm-up            %10.1f us, once per process\n",
              Microseconds(Clock::now() - start));
  for (const std::size_t blocks : {1u, 2u, 5u, 19u, 100u}) {
    std::printf("plan of %3zu blocks %10.1f us per block\n", blocks, OverheadPerBlock(blocks, 200));
  }
  const double call = tilesmith::TimeBlocks({{[] {}, 10'000'000}}).front();
  std::printf("empty call         %10.2f ns\n", call);
  std::printf("clock resolution   %10.1f ns\n", tilesmith::ClockResolution());
}
