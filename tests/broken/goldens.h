// What the exhibits should compute: plain, scalar, and right.
#pragma once

#include "tests/broken/approximate_rsqrt.h"
#include "tests/broken/gamma_after_swap.h"
#include "tests/broken/half_away.h"
#include "tests/broken/mostly_zero.h"
#include "tests/broken/nan_output.h"
#include "tests/broken/one_token_scratch.h"
#include "tests/broken/order_of_arrival.h"
#include "tests/broken/page_table_ignored.h"
#include "tests/broken/read_back.h"
#include "tests/broken/rope_sign.h"
#include "tests/broken/scale.h"
#include "tests/broken/stale_scratch.h"
#include "tests/broken/state_before_pooling.h"
#include "tests/broken/topk.h"
#include "tests/broken/unwritten_tail.h"
#include "tests/broken/zero_rows.h"

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
void ScoreGolden(const broken::ScoreArgs& a);
void GatherGolden(const broken::GatherArgs& a);
void PrefillGolden(const broken::PrefillArgs& a);
void NormRopeGolden(const broken::NormRopeArgs& a);
void NormRotateGolden(const broken::NormRotateArgs& a);
void CompressGolden(const broken::CompressArgs& a);
void TopkGolden(const broken::TopkArgs& a);

}  // namespace tilesmith
