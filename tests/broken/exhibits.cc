#include "tests/broken/exhibits.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "tests/broken/aborts.h"
#include "tests/broken/approximate_rsqrt.h"
#include "tests/broken/does_not_compile.h"
#include "tests/broken/endless_compile.h"
#include "tests/broken/exits.h"
#include "tests/broken/goldens.h"
#include "tests/broken/half_away.h"
#include "tests/broken/infinite_loop.h"
#include "tests/broken/memory_hog.h"
#include "tests/broken/mostly_zero.h"
#include "tests/broken/nan_output.h"
#include "tests/broken/order_of_arrival.h"
#include "tests/broken/overwritten_input.h"
#include "tests/broken/rope_sign.h"
#include "tests/broken/scale.h"
#include "tests/broken/stack_overflow.h"
#include "tests/broken/stale_scratch.h"
#include "tests/broken/thread_dependent.h"
#include "tests/broken/wears_out.h"
#include "tests/broken/write_before_start.h"
#include "tests/broken/write_past_end.h"

namespace tilesmith {
namespace {

struct Seed {  // sane values of every tile here
  int N_TILE = 64;
  int T_TILE = 4;
  int QUANT_TILE = 512;
  int UNROLL = 4;
  int IN_ORDER = 1;
  int FIXED_SPLIT = 1;
};

// The first slot is masked out in every column.
void MaskFirstSlot(CaseInputs& inputs) {
  const auto score = inputs.Get<float>("score");
  std::fill_n(score.begin(), inputs.Dim("N"), -std::numeric_limits<float>::infinity());
}

const KernelSpec* Scale(const char* name, const char* header, const char* function,
                        void (*seed)(const broken::ScaleArgs&)) {
  using broken::ScaleArgs;
  return Kernel<ScaleArgs>(name)
      .Template(header, function, seed)
      .Dim("N", &ScaleArgs::N)
      .Input("x", &ScaleArgs::x, {"N"}, Normal(1))
      .Output("y", &ScaleArgs::y, {"N"}, AllClose(1e-6, 1e-6))
      .Golden(&ScaleGolden)
      .Register();
}

const KernelSpec* Pool() {
  using broken::PoolArgs;
  return Kernel<PoolArgs>("nan_output")
      .Template("nan_output.h", "broken::NanOutput", &broken::NanOutput<Seed{}>)
      .Dim("S", &PoolArgs::S)
      .Dim("N", &PoolArgs::N)
      .Input("kv", &PoolArgs::kv, {"S", "N"}, Normal(1))
      .Input("score", &PoolArgs::score, {"S", "N"}, Normal(1))
      .Output("pooled", &PoolArgs::pooled, {"N"}, AllClose(1e-4, 1e-4))
      .Prepare(&MaskFirstSlot)
      .Golden(&PoolGolden)
      .Register();
}

const KernelSpec* Rope() {
  using broken::RopeArgs;
  return Kernel<RopeArgs>("rope_sign")
      .Template("rope_sign.h", "broken::RopeSign", &broken::RopeSign<Seed{}>)
      .Dim("T", &RopeArgs::T)
      .Input("x", &RopeArgs::x, {"T", "64"}, Normal(1))
      .Input("cos", &RopeArgs::cos, {"T", "32"}, Uniform(-1, 1))
      .Input("sin", &RopeArgs::sin, {"T", "32"}, Uniform(-1, 1))
      .Output("y", &RopeArgs::y, {"T", "64"}, AllClose(1e-5, 1e-5))
      .Golden(&RopeGolden)
      .Register();
}

const KernelSpec* Sum(const char* name, const char* header, const char* function,
                      void (*seed)(const broken::SumArgs&)) {
  using broken::SumArgs;
  return Kernel<SumArgs>(name)
      .Template(header, function, seed)
      .Dim("N", &SumArgs::N)
      .Input("x", &SumArgs::x, {"N"}, Uniform(1, 2))
      .Output("sum", &SumArgs::sum, {"1"}, AllClose(1e-3, 1e-3))
      .Golden(&SumGolden)
      .Register();
}

const KernelSpec* Accumulate() {
  using broken::AccumulateArgs;
  return Kernel<AccumulateArgs>("stale_scratch")
      .Template("stale_scratch.h", "broken::StaleScratch", &broken::StaleScratch<Seed{}>)
      .Dim("N", &AccumulateArgs::N)
      .Input("x", &AccumulateArgs::x, {"N"}, Normal(1))
      .Scratch("acc", &AccumulateArgs::acc, {"N"})
      .Output("y", &AccumulateArgs::y, {"N"}, AllClose(1e-6, 1e-6))
      .Golden(&AccumulateGolden)
      .Register();
}

// Every row's largest value is 127, so its scale is 1 and its halves are exact ties.
const KernelSpec* Quant() {
  using broken::QuantArgs;
  return Kernel<QuantArgs>("half_away")
      .Template("half_away.h", "broken::HalfAway", &broken::HalfAway<Seed{}>)
      .Dim("T", &QuantArgs::T)
      .Dim("N", &QuantArgs::N)
      .Input("x", &QuantArgs::x, {"T", "N"}, Values({127, 62.5, -3.25, 1.5, -7, 20.75}))
      .Output("q", &QuantArgs::q, {"T", "N"}, Codes(0))
      .Output("scale", &QuantArgs::scale, {"T"}, AllClose(2.5e-5, 5e-3))
      .Golden(&QuantGolden)
      .Register();
}

const KernelSpec* Norm() {
  using broken::NormArgs;
  return Kernel<NormArgs>("approximate_rsqrt")
      .Template("approximate_rsqrt.h", "broken::ApproximateRsqrt",
                &broken::ApproximateRsqrt<Seed{}>)
      .Dim("T", &NormArgs::T)
      .Dim("N", &NormArgs::N)
      .Input("x", &NormArgs::x, {"T", "N"}, Normal(1))
      .Output("y", &NormArgs::y, {"T", "N"}, AllClose(1e-5, 1e-5))
      .Golden(&NormGolden)
      .Register();
}

const KernelSpec* Codes() {
  using broken::CodesArgs;
  return Kernel<CodesArgs>("mostly_zero")
      .Template("mostly_zero.h", "broken::MostlyZero", &broken::MostlyZero<Seed{}>)
      .Dim("N", &CodesArgs::N)
      .Input("x", &CodesArgs::x, {"N"}, Normal(0.01))
      .Output("q", &CodesArgs::q, {"N"}, Exact())
      .Golden(&CodesGolden)
      .Register();
}

// Name, header, function and seed of an exhibit.
#define SCALE(name, function) \
  Scale(#name, #name ".h", "broken::" #function, &broken::function<Seed{}>)
#define SUM(name, function) Sum(#name, #name ".h", "broken::" #function, &broken::function<Seed{}>)

// The exhibits that crash, hang, lie or tire, each in a way of its own.
std::vector<Exhibit> PlainExhibits() {
  const std::string unlucky = OneTile("N_TILE", "13, 64", "64", "N = 4096", "N = 1021");
  const std::string rows = OneTile("N_TILE", "13, 64", "64", "T = 16\nN = 512", "T = 3\nN = 99");
  const std::vector<std::string> at13 = {"N_TILE=13"};
  return {
      {SCALE(write_past_end, WritePastEnd),
       OneTile("N_TILE", "13, 32, 64", "64", "N = 4096", "N = 1024"), at13, Status::kCrashed,
       "ragged", "signal 11 .*past the end of y"},
      {SCALE(write_before_start, WriteBeforeStart),
       OneTile("N_TILE", "16, 64", "16", "N = 4096", "N = 40"),
       {"N_TILE=64"},
       Status::kCrashed,
       "ragged",
       "before the start of y"},
      {Pool(), OneTile("N_TILE", "13, 64", "64", "S = 8\nN = 512", "S = 8\nN = 99"), at13,
       Status::kWrong, "ragged", R"(pooled\[0\] expected .*got -?nan)"},
      {Rope(),
       OneTile("T_TILE", "4, 13", "4", "T = 64", "T = 7"),
       {"T_TILE=13"},
       Status::kWrong,
       "ragged",
       R"(y\[[0-6],[0-9]*[13579]\] expected)"},
      {SCALE(overwritten_input, OverwrittenInput), unlucky, at13, Status::kWrong, "ragged",
       "overwrote input x at element 0"},
      {SUM(order_of_arrival, OrderOfArrival),
       OneTile("IN_ORDER", "1, 2", "1", "N = 4096", "N = 1021"),
       {"IN_ORDER=2"},
       Status::kNondeterministic,
       "repeat",
       R"(sum\[0\] of N=4096 seed 1 differs between runs)"},
      {.kernel = SUM(thread_dependent, ThreadDependent),
       .space = OneTile("FIXED_SPLIT", "1, 2", "1", "N = 4096", "N = 1021"),
       .broken = {"FIXED_SPLIT=2"},
       .status = Status::kNondeterministic,
       .stage = "repeat",
       .message = R"(sum\[0\] .*run 1 on 1 threads)",
       .threads = 2},
      {Accumulate(), unlucky, at13, Status::kWrong, "ragged",
       R"(y\[0\] is made of scratch that was never written)"},
      {SCALE(wears_out, WearsOut), unlucky, at13, Status::kWrong, "recheck",
       R"(right before the timed loop, wrong after it: y\[2048\] expected)"},
      {.kernel = SCALE(infinite_loop, InfiniteLoop),
       .space = unlucky,
       .broken = at13,
       .status = Status::kTimedOut,
       .stage = "ragged",
       .message = "no end after .* in ragged N=1021 seed 1",
       .call_s = 2},
      {SCALE(aborts, Aborts), unlucky, at13, Status::kCrashed, "ragged", "signal 6 .Aborted"},
      {SCALE(stack_overflow, StackOverflow), unlucky, at13, Status::kCrashed, "ragged",
       "signal 11 .*stack overflow"},
      {SCALE(exits, Exits), unlucky, at13, Status::kCrashed, "ragged", R"(called exit\(0\))"},
      {SCALE(does_not_compile, DoesNotCompile),
       OneTile("QUANT_TILE", "256, 512", "512", "N = 4096", "N = 1021"),
       {"QUANT_TILE=256"},
       Status::kCompileFailed,
       "compile",
       "does_not_compile.h:.*static.*QUANT_TILE must be a multiple of 512"},
      {.kernel = SCALE(endless_compile, EndlessCompile),
       .space = OneTile("UNROLL", "4, 50", "4", "N = 4096", "N = 1021"),
       .broken = {"UNROLL=50"},
       .status = Status::kCompileTimeout,
       .stage = "compile",
       .message = "2 s",
       .compile_s = 2},
      {.kernel = SCALE(memory_hog, MemoryHog),
       .space = unlucky,
       .broken = at13,
       .status = Status::kCrashed,
       .stage = "ragged",
       .message = "ran into the memory limit in ragged N=1021",
       .memory_mb = 256},
      {Quant(), rows, at13, Status::kWrong, "ragged", R"(q\[0,1\] expected 62, got 63)"},
      {Norm(), rows, at13, Status::kWrong, "ragged", R"(y\[[0-9]*,[0-9]*\] expected)"},
      {Codes(), unlucky, {}, Status::kSuspect, "ragged", "100 % of the outputs are zero"},
  };
}

std::vector<Exhibit> AllExhibits() {
  std::vector<Exhibit> exhibits = PlainExhibits();
  for (Exhibit& exhibit : HistoricExhibits()) exhibits.push_back(std::move(exhibit));
  return exhibits;
}

}  // namespace

const std::vector<Exhibit>& Exhibits() {
  static const std::vector<Exhibit> exhibits = AllExhibits();
  return exhibits;
}

std::string OneTile(const std::string& tile, const std::string& values,
                    const std::string& default_value, const std::string& problem,
                    const std::string& ragged) {
  return "[tiles]\n" + tile + " = [" + values + "]\n[default]\n" + tile + " = " + default_value +
         "\n[[problem]]\nname = \"exhibit\"\n" + problem + "\n[[ragged]]\n" + ragged + "\n";
}

}  // namespace tilesmith
