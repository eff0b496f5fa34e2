// What the registrations of the decode compressors share: comparators, and the arithmetic and
// traffic of kernels.md's roofline lines.
#pragma once

#include <string>

#include "kernels/compressor/args.h"
#include "kernels/compressor/rotated_rows.h"
#include "tuner/kernel.h"

namespace kernels::compressor {

using tilesmith::Zeros;

/// Batches per window that ends in the inputs of a timed step.
template <typename Shape>
inline constexpr int kStride = Shape::kRatio == 4 ? 2 : 8;

/// kernels.md §4, Roofline; of `stride` batches, one ends a window.
template <typename Shape>
std::string FlopsOf(int stride = kStride<Shape>) {
  const auto text = [](long value) { return std::to_string(value); };
  const long head = Shape::kHeadDim;
  const long row = 5 * kSlots<Shape> * head + 10 * head + (Shape::kRotates ? 2 * head * head : 0);
  return "4 * B * S * D * " + text(kOutDim<Shape>) + " + ceil_div(B, " + text(stride) + ") * " +
         text(row);
}
template <typename Shape>
std::string BytesOf(int stride = kStride<Shape>) {
  const auto text = [](long value) { return std::to_string(value); };
  const long head = Shape::kHeadDim;
  return "4 * D * " + text(kOutDim<Shape>) + " + 2 * B * S * D + B * S * " +
         text(8L * kOutDim<Shape>) + " + ceil_div(B, " + text(stride) + ") * " +
         text(kSlots<Shape> * 2 * head * 4 + head * 6) +
         (Shape::kRotates ? " + " + text(2 * head * head) : "");
}

/// V0's one rule for all.
inline tilesmith::Comparator V0Rule() { return tilesmith::AllClose(1e-3, 1e-3); }
inline tilesmith::Comparator StateRule() { return tilesmith::AllClose(1e-3, 1e-3); }
/// One bf16 unit.
inline tilesmith::Comparator RowRule() { return tilesmith::AllClose(1e-4, 1.0 / 128); }

template <typename Shape>
tilesmith::Comparator KvRule() {
  return Shape::kRotates ? RotatedRows("kv", Shape::kHeadDim) : RowRule();
}

}  // namespace kernels::compressor
