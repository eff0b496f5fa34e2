// Screening: cheap, adaptive, and only a rank. A candidate is timed next to a pivot (the default)
// so that whatever slows the machine for some milliseconds slows both; it is judged by its
// log-ratio and dropped as soon as it cannot win (design §6, performance.md §D 2, 4, 5).
//
// The two rules that drop a candidate, y_i being log(candidate / pivot) of sample i:
//   after sample 1     y_1 > log(first_rejection). A pair deviates by 3.5 % (compute-bound) to 8 %
//                      (memory-bound), so 35 % is 4 to 10 deviations; a slow spell hits both.
//   from sample 4 on   median(y) − h > 0, h being 3 · 1.2533 · max(s, deviation_floor) / √n and s
//                      the robust deviation of the y: the lower bound of the log-ratio is above 0,
//                      so the candidate is surely slower than the pivot. Fewer than 4 say nothing
//                      of the deviation; the floor guards against four that agree by luck.
// Three deviations rather than §D 5's two, because the bound is looked at up to six times and a
// sample costs a thousandth of the compile before it. Simulated, in spells of 1.65x, share dropped
// and samples taken when a pair deviates by 3.5 % (in brackets 8 %):
//     5 % faster   0.1 %, 9.0  (1 %, 8.9)      5 % slower   87 %, 5.3  (43 %, 7.2)
//     2 % faster     1 %, 9.0  (6 %, 8.7)     10 % slower  100 %, 4.1  (79 %, 5.7)
//     equal         11 %, 8.6 (12 %, 8.5)     15 % slower  100 %, 3.9  (94 %, 4.7)
// The bound is taken against the pivot, not the best seen: a config between the two stays, at the
// price of its remaining samples.
#pragma once

#include <functional>
#include <vector>

namespace tilesmith {

struct ScreeningOptions {
  int samples = 9;                 // of a config that stays in the race; at least 1
  double first_rejection = 1.35;   // after the first sample: slower than the pivot by this factor
  double deviation_floor = 0.008;  // no series is believed to be steadier than this
};

struct Screened {
  std::vector<float> samples_ns;        // per call
  std::vector<float> pivot_samples_ns;  // around each: geometric mean of the one before and after
  double log_ratio = 0;                 // median of log(candidate / pivot)
  int dropped_at = 0;                   // > 0: out after so many samples
};

/// Takes one sample: ns per call of candidate or pivot; finite and positive.
using Sampler = std::function<double(bool pivot)>;

/// Runs the race of one candidate against the pivot: P c P c P …; neighbours share a pivot sample.
Screened Screen(const Sampler& sample, const ScreeningOptions& options);

}  // namespace tilesmith
