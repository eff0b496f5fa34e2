// What the exhibits should compute: plain, scalar, and right.
#pragma once

#include "tests/broken/approximate_rsqrt.h"
#include "tests/broken/half_away.h"
#include "tests/broken/mostly_zero.h"
#include "tests/broken/nan_output.h"
#include "tests/broken/order_of_arrival.h"
#include "tests/broken/rope_sign.h"
#include "tests/broken/scale.h"
#include "tests/broken/stale_scratch.h"
#include "tests/broken/unwritten_tail.h"

namespace tilesmith {

void ScaleGolden(const broken::ScaleArgs& a);
void DequantGolden(const broken::DequantArgs& a);
void PoolGolden(const broken::PoolArgs& a);
void RopeGolden(const broken::RopeArgs& a);
void SumGolden(const broken::SumArgs& a);
void AccumulateGolden(const broken::AccumulateArgs& a);
void QuantGolden(const broken::QuantArgs& a);
void NormGolden(const broken::NormArgs& a);
void CodesGolden(const broken::CodesArgs& a);

}  // namespace tilesmith
