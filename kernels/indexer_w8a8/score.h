// Scores of the INT8 indexers (kernels.md §2, steps 7 to 11): keys are packed once per batch, and
// all heads of all its tokens pass them. INT32 sums never leave the registers.
//
//   V2: Σ_h relu((a·q_s[h])·kv_s)·w[h], keys quantised where they are read
//   V3: (Σ_h relu(a·q_s[h])·w[h])·kv_s, codes and scales as stored
#pragma once

#include "kernels/indexer_w8a8/queries.h"

namespace kernels::indexer {
inline namespace KERNELS_SIMD_ISA {

/// Keys that a token sees.
template <typename Args>
long Visible(const Args& a, long t) {
  const long b = t / a.S;
  long length = a.kv_seq_lens[b];
  if constexpr (Args::kCodes) {  // causal within the step
    const long so_far = long{a.position_ids[t]} + 1;
    length = so_far < length ? so_far : length;
  }
  return Clip(0, length / kRatio, a.SCORE_LEN);
}

/// Most keys that any token of batch b sees.
template <typename Args>
long VisibleToBatch(const Args& a, long b) {
  long most = 0;
  for (long t = b * a.S; t < (b + 1) * a.S; ++t) {
    const long visible = Visible(a, t);
    most = visible > most ? visible : most;
  }
  return most;
}

/// Up to kKeys consecutive keys of a batch.
template <int kKeys>
struct PackedKeys {
  static constexpr int kBlocks = static_cast<int>(Blocks(kKeys, simd::kKeyBlock));
  alignas(64) int words[kBlocks * simd::kKeyBlock * simd::WordsOf(kHeadDim)];
  alignas(64) float scales[kBlocks * simd::kKeyBlock];
  bool missing[kBlocks * simd::kKeyBlock];
};

/// A stored key as codes; returns its scale. `buffer` is for codes that are not stored as such.
inline float KeyCodes(const IndexerW8A8Args& a, long row, signed char* buffer,
                      const signed char** codes) {
  float key[kHeadDim];
  for (int i = 0; i < kHeadDim; i += simd::kLanes) {
    simd::Store(key + i, simd::Load(a.idx_kv_cache + row * kHeadDim + i, simd::kLanes),
                simd::kLanes);
  }
  *codes = buffer;
  return QuantiseRow(key, buffer);
}
inline float KeyCodes(const IndexerW8A8V3Args& a, long row, signed char* /*buffer*/,
                      const signed char** codes) {
  *codes = a.idx_kv_cache + row * kHeadDim;
  return a.idx_kv_scale[row];
}

/// Packs keys [begin, end) of `keys` at to's place `at`, a multiple of kLanes; keys that no page
/// holds are zeros.
template <typename Args, typename Packed>
void PackVector(const Args& a, const Keys& keys, long begin, long end, long at, Packed* to) {
  static constexpr signed char kNone[kHeadDim] = {};
  signed char buffers[simd::kLanes][kHeadDim];
  const signed char* rows[simd::kLanes];
  for (int i = 0; i < simd::kLanes; ++i) {
    const long row = begin + i < end ? keys.Row(begin + i) : -1;
    to->missing[at + i] = row < 0;
    rows[i] = kNone;
    to->scales[at + i] = row < 0 ? 0.0f : KeyCodes(a, row, buffers[i], &rows[i]);
  }
  simd::PackKeys(rows, kHeadDim, to->words + at * simd::WordsOf(kHeadDim));
}

/// Keys [begin, end), at most to's capacity, kTile at a time; what fills up the last block is
/// zeros.
template <int kTile, typename Args, typename Packed>
void Pack(const Args& a, const Keys& keys, long begin, long end, Packed* to) {
  static_assert(kTile > 0, "tiles are positive");
  const long places = Blocks(end - begin, simd::kKeyBlock) * simd::kKeyBlock;
  constexpr long kStep = Blocks(kTile, simd::kLanes) * simd::kLanes;
  for (long tile = 0; tile < places; tile += kStep) {
    const long stop = Clip(tile, kStep, places);
    // The next tile's rows lie where the table says: no hardware prefetcher finds them.
    for (long j = begin + stop; j < Clip(begin + stop, kStep, end); ++j) {
      const long row = keys.Row(j);
      if (row < 0) continue;
      const auto* next = reinterpret_cast<const char*>(a.idx_kv_cache + row * kHeadDim);
      for (unsigned long i = 0; i < kHeadDim * sizeof(*a.idx_kv_cache); i += 64) {
        __builtin_prefetch(next + i);
      }
    }
    for (long at = tile; at < stop; at += simd::kLanes)
      PackVector(a, keys, begin + at, end, at, to);
  }
}

/// One token's queries.
struct Query {
  const int* words;
  const int* starts;
  const float* scales;
  const float* weights;
};

template <typename Args>
Query QueryOf(const Args& a, long t) {
  return {a.q_words + t * kHeads * simd::WordsOf(kHeadDim), a.q_starts + t * kHeads,
          a.q_scale + t * kHeads, a.weights + t * kHeads};
}

/// Adds the heads [head, head + kGroup) to the sums of one block of keys. kScaleFirst: the key's
/// scale is applied before the relu.
template <int kGroup, bool kScaleFirst>
void AddHeads(const Query& q, long head, const int* keys, const float* scales, simd::F32* sums) {
  constexpr long kWords = simd::WordsOf(kHeadDim);
  simd::I32 products[kGroup][2];
  simd::MultiplyKeys<kGroup>(keys, q.words + head * kWords, kWords, q.starts + head, kHeadDim,
                             products);
  for (int v = 0; v < 2; ++v) {
    const simd::F32 scale = simd::Load(scales + v * simd::kLanes, simd::kLanes);
    for (int i = 0; i < kGroup; ++i) {
      simd::F32 s = simd::ToF32(products[i][v]) * q.scales[head + i];
      if constexpr (kScaleFirst) s = s * scale;
      sums[v] = simd::Fma(simd::Max(simd::F32{}, s), simd::F32{} + q.weights[head + i], sums[v]);
    }
  }
}

/// Scores of the first n packed keys from `first` on, which are blocks; heads ascending.
template <int kReduce, bool kScaleFirst, typename Packed>
void Reduce(const Query& q, const Packed& packed, long first, long n, float* score) {
  constexpr int kGroup = 8;
  constexpr long kBlocks = Blocks(kReduce, simd::kKeyBlock);
  simd::F32 sums[kBlocks][2] = {};
  const long blocks = Blocks(n, simd::kKeyBlock);
  for (long head = 0; head < kHeads; head += kGroup) {
    for (long block = 0; block < blocks; ++block) {
      const long at = first + block * simd::kKeyBlock;
      AddHeads<kGroup, kScaleFirst>(q, head, packed.words + at * simd::WordsOf(kHeadDim),
                                    packed.scales + at, sums[block]);
    }
  }
  for (long j = 0; j < n; j += simd::kLanes) {
    simd::F32 sum = sums[j / simd::kKeyBlock][j % simd::kKeyBlock / simd::kLanes];
    if constexpr (!kScaleFirst) sum = sum * simd::Load(packed.scales + first + j, simd::kLanes);
    simd::Store(score + j, sum, static_cast<int>(Clip(j, simd::kLanes, n) - j));
  }
  for (long j = 0; j < n; ++j) {
    if (packed.missing[first + j]) score[j] = kNegInf;
  }
}

/// Scores [begin, end), at most kKeys, of all tokens of batch b. kPack keys are packed at a time,
/// kReduce keys weighed.
template <int kKeys, int kPack, int kReduce, typename Args>
void ScoreTile(const Args& a, long b, long begin, long end) {
  static_assert(kReduce > 0, "tiles are positive");
  // Whole blocks, so that a step begins where one does.
  constexpr long kStep = Blocks(kReduce, simd::kKeyBlock) * simd::kKeyBlock;
  const Keys keys{a.idx_block_table + b * a.TABLE, a.PAGE, 0};
  const long most = VisibleToBatch(a, b), last = end < most ? end : most;
  PackedKeys<kKeys> packed;
  if (begin < last) Pack<kPack>(a, keys, begin, last, &packed);
  for (long t = b * a.S; t < (b + 1) * a.S; ++t) {
    float* score = a.score + t * a.SCORE_LEN;
    const long visible = Visible(a, t), stop = visible < end ? visible : end;
    for (long j = begin; j < stop; j += kStep) {
      Reduce<kStep, !Args::kCodes>(QueryOf(a, t), packed, j - begin, Clip(j, kStep, stop) - j,
                                   score + j);
    }
    FillNegInf(score, stop > begin ? stop : begin, end);
  }
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace kernels::indexer
