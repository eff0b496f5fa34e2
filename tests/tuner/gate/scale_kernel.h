// A small kernel with an operand of every direction, for tests of the gate.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tests/tuner/gate/scale_args.h"
#include "tuner/kernel.h"

namespace tilesmith::testing_gate {

inline void Golden(const Args& a) {
  for (int i = 0; i < a.T * a.D; ++i) a.y[i] = a.x[i] * a.limit;
  for (int t = 0; t < a.T; ++t) a.state[t] += 1;
}

/// A copy to change at will.
inline KernelSpec MakeKernel() {
  struct Seed {
    int T_TILE = 1;
  };
  static const KernelSpec* const spec =
      Kernel<Args>("gate_test", TILESMITH_SOURCE_DIR "/tests/tuner/gate/scale_kernel.h")
          .Contract("gate_family", "V2")
          .Template("scale_args.h", "tilesmith::testing_gate::Scale", &Scale<Seed{}>)
          .Dim("T", &Args::T)
          .Dim("D", &Args::D)
          .Scalar("limit", &Args::limit, 2.5)
          .Input("x", &Args::x, {"T", "D"}, Normal(2, 1))
          .Input("codes", &Args::codes, {"2 * D"}, Uniform(-2, 2))
          .Input("weights", &Args::weights, {"D"}, Values({1, 2.5, -3}))
          .InOut("state", &Args::state, {"T"}, Constant(7), Exact())
          .Scratch("scratch", &Args::scratch, {"D"})
          .Output("y", &Args::y, {"T", "D"}, AllClose(1e-6, 1e-6))
          .Golden(&Golden)
          .Register();
  return *spec;
}

/// Operands by number, in the order above.
inline constexpr std::size_t kX = 0, kCodes = 1, kWeights = 2, kState = 3, kScratch = 4, kY = 5;

inline Problem Sizes(std::int64_t t, std::int64_t d) { return {"sizes", {{"T", t}, {"D", d}}}; }

}  // namespace tilesmith::testing_gate
