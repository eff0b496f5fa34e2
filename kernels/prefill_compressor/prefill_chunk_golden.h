// What the goldens of the packed prefill compressors share (kernels.md §6.2 … §6.4): projections,
// windows, their finished rows in FP32, and the state. Each golden stores the rows its own way.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "kernels/prefill_compressor/prefill_compressor_args.h"

namespace kernels {

/// Instantiated for the ratios of prefill_compressor_args.h. Reads the state as it is when Row() is
/// called: UpdateState() comes last.
template <typename Ratio>
class PrefillChunkGolden {
 public:
  /// Projects the active tokens. Keeps a reference to `args`.
  explicit PrefillChunkGolden(const PrefillCompressorArgs& args);

  /// The active tokens that end a window whose row is wanted, in order.
  std::vector<std::size_t> Windows() const;
  /// The row of the window that the token ends: pooled, normalised, rotated; HEAD columns.
  std::vector<float> Row(std::size_t token) const;
  /// Writes the active tokens' projections to their state rows.
  void UpdateState() const;

 private:
  // Slot s of column c at s·HEAD + c.
  struct Window {
    std::vector<float> kv, score;
  };

  void Project();
  std::optional<std::size_t> TokenAt(long position) const;
  std::optional<std::size_t> StateRow(long position) const;
  Window Gather(long w) const;
  void NormaliseAndRotate(long position, std::vector<float>& row) const;

  const PrefillCompressorArgs& args_;
  std::size_t active_;
  std::vector<float> kv_, score_;  // [active, OUT]
};

extern template class PrefillChunkGolden<PrefillRatio4>;
extern template class PrefillChunkGolden<PrefillRatio128>;
extern template class PrefillChunkGolden<PrefillIndexerRatio4>;

}  // namespace kernels
