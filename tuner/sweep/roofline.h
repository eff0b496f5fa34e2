// What a call must do at least, and how fast this machine could do it: attained rates, shares of
// the roofline, and the tripwire for times that are too good to be true.
#pragma once

#include "results/records.h"
#include "tuner/kernel.h"
#include "tuner/measure/doctor.h"

namespace tilesmith {

/// Operations and least traffic of one call.
struct Work {
  double flops = 0;
  double bytes = 0;
  double cold_bytes = 0;  // of these, streamed from DRAM in every call
};
/// Evaluates the kernel's expressions. Throws UserError naming the kernel when one is wrong.
Work WorkOf(const KernelSpec& kernel, const Dims& dims);

/// The machine's peak for the kernel's arithmetic, in 1e9 operations a second; 0 when unknown.
Rate ArithmeticPeak(const KernelSpec& kernel, const Peaks& peaks);

/// Least plausible time of one call in ns: the work at three times the best rates measured here,
/// since they may have been measured in a busy spell. Hot operands may come from any cache and
/// bound nothing. 0 when nothing is known.
double LeastPlausibleTime(const KernelSpec& kernel, const Work& work, const Peaks& peaks);

}  // namespace tilesmith
