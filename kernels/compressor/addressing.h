// Where the decode compressors read and write, one overload per kind of operands (args.h). A row of
// -1 is none.
#pragma once

#include "kernels/compressor/args.h"

namespace kernels::compressor {

inline long PagedRow(const int* table, long page, long position) {
  const long entry = table[position / page];
  return entry < 0 ? -1 : entry * page + position % page;
}

/// A row of the state: kv and score of kOutDim columns each.
struct StateRow {
  float* kv;  // null: none
  float* score;
};

inline StateRow RowOf(float* state, long row, long out) {
  if (row < 0) return {nullptr, nullptr};
  return {state + row * 2 * out, state + row * 2 * out + out};
}

// V2, V3

template <typename Shape, typename Generation>
long Position(const SlottedArgs<Shape, Generation>& a, long b, long s) {
  return a.position_ids[b * a.S + s];
}

/// Where token s goes.
template <typename Shape, typename Generation>
StateRow TokenRow(const SlottedArgs<Shape, Generation>& a, long b, long s) {
  return RowOf(a.compress_state, a.state_slot_mapping[b * a.S + s], kOutDim<Shape>);
}

/// The i-th row of the window that ends at position p; one before the sequence is none.
template <typename Shape, typename Generation>
StateRow SlotRow(const SlottedArgs<Shape, Generation>& a, long b, long p, int i) {
  const long position = p - kSlots<Shape> + 1 + i;
  if (position < 0) return {nullptr, nullptr};
  const int* table = a.compress_state_block_table + b * a.STATE_PAGES;
  return RowOf(a.compress_state, PagedRow(table, Shape::kStatePage, position), kOutDim<Shape>);
}

/// The row of the cache for the window that token s ends.
template <typename Shape, typename Generation>
long CacheRow(const SlottedArgs<Shape, Generation>& a, long b, long s) {
  return a.cache_slot_mapping[b * a.S + s];
}

// V1

template <typename Shape>
long Position(const TabledArgs<Shape>& a, long b, long s) {
  return a.start_pos[b] + s;
}

template <typename Shape>
StateRow RowAt(const TabledArgs<Shape>& a, long b, long position) {
  if (position < 0) return {nullptr, nullptr};
  const int* table = a.compress_state_block_table + b * a.STATE_PAGES;
  return RowOf(a.compress_state, PagedRow(table, Shape::kStatePage, position), kOutDim<Shape>);
}

template <typename Shape>
StateRow TokenRow(const TabledArgs<Shape>& a, long b, long s) {
  return RowAt(a, b, Position(a, b, s));
}

template <typename Shape>
StateRow SlotRow(const TabledArgs<Shape>& a, long b, long p, int i) {
  return RowAt(a, b, p - kSlots<Shape> + 1 + i);
}

template <typename Shape>
long CacheRow(const TabledArgs<Shape>& a, long b, long s) {
  const long column = Position(a, b, s) / Shape::kRatio;
  return PagedRow(a.cache_block_table + b * a.CACHE_PAGES, a.CACHE_PAGE, column);
}

// V0

template <typename Shape>
long Position(const ContiguousArgs<Shape>& a, long /*b*/, long s) {
  return a.start_pos + s;
}

template <typename Shape>
StateRow SlotRow(const ContiguousArgs<Shape>& a, long b, long /*p*/, int i) {
  const long row = (b * kSlots<Shape> + i) * kOutDim<Shape>;
  return {a.kv_state + row, a.score_state + row};
}

/// The later half of the slots is the window under way.
template <typename Shape>
StateRow TokenRow(const ContiguousArgs<Shape>& a, long b, long s) {
  const long slot = kSlots<Shape> - Shape::kRatio + Position(a, b, s) % Shape::kRatio;
  return SlotRow(a, b, 0, static_cast<int>(slot));
}

template <typename Shape>
long CacheRow(const ContiguousArgs<Shape>& a, long b, long s) {
  return b * a.CACHE_LEN + Position(a, b, s) / Shape::kRatio;
}

inline long Position(const Ratio128V0Args& a, long /*b*/, long s) { return a.start_pos + s; }

inline StateRow SlotRow(const Ratio128V0Args& a, long b, long /*p*/, int i) {
  const long row = (b * kSlots<Ratio128> + i) * kOutDim<Ratio128>;
  return {a.kv_state + row, a.score_state + row};
}

inline StateRow TokenRow(const Ratio128V0Args& a, long b, long s) {
  return SlotRow(a, b, 0, static_cast<int>(Position(a, b, s) % Ratio128::kRatio));
}

}  // namespace kernels::compressor
