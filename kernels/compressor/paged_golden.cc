#include <cstdint>
#include <span>
#include <vector>

#include "kernels/compressor/compressor_golden.h"
#include "kernels/compressor/golden_steps.h"
#include "kernels/golden/linear.h"
#include "kernels/golden/rounding.h"

namespace kernels::compressor {
namespace {

std::size_t Size(long n) { return static_cast<std::size_t>(n); }

// Row of a page table's pool; -1: not mapped, or before the sequence.
long PagedRow(const int* table, int page, int position) {
  if (position < 0) return -1;
  const int block = table[position / page];
  return block < 0 ? -1 : long{block} * page + position % page;
}

// What the contracts differ in.
template <typename Args>
struct Contract;

template <typename ShapeOf, typename Generation>
struct Contract<SlottedArgs<ShapeOf, Generation>> {
  using Shape = ShapeOf;
  using Args = SlottedArgs<Shape, Generation>;
  static constexpr bool kOutFirst = true, kGatesKv = Generation::kGatesKv;

  static int Position(const Args& a, int b, int s) { return a.position_ids[b * a.S + s]; }
  static long TokenRow(const Args& a, int b, int s) { return a.state_slot_mapping[b * a.S + s]; }
  static long CacheRow(const Args& a, int b, int s) { return a.cache_slot_mapping[b * a.S + s]; }
  static std::vector<float> Gamma(const Args& a) {
    return golden::Widen({a.norm_w, std::size_t{Shape::kHeadDim}});
  }
};

template <typename ShapeOf>
struct Contract<TabledArgs<ShapeOf>> {
  using Shape = ShapeOf;
  using Args = TabledArgs<Shape>;
  static constexpr bool kOutFirst = false, kGatesKv = false;

  static int Position(const Args& a, int b, int s) { return a.start_pos[b] + s; }
  static long TokenRow(const Args& a, int b, int s) {
    const int* table = a.compress_state_block_table + b * a.STATE_PAGES;
    return PagedRow(table, Shape::kStatePage, Position(a, b, s));
  }
  static long CacheRow(const Args& a, int b, int /*s*/) {
    const int* table = a.cache_block_table + b * a.CACHE_PAGES;
    return PagedRow(table, a.CACHE_PAGE, a.start_pos[b] / Shape::kRatio);
  }
  static std::vector<float> Gamma(const Args& a) { return {a.norm_w, a.norm_w + Shape::kHeadDim}; }
};

template <typename Args>
class Step {
 public:
  using C = Contract<Args>;
  using Shape = typename C::Shape;

  explicit Step(const Args& args)
      : a_(args),
        projections_(Project({args.x, Size(long{args.B} * args.S) * Size(args.D)}, args.wkv,
                             args.wgate, Size(args.D), kOut, C::kOutFirst)) {}

  void Run() {
    for (std::size_t i = 0; i < Size(long{a_.B} * a_.S) * kHeadDim; ++i) a_.kv[i] = 0;
    for (int b = 0; b < a_.B; ++b) {
      for (int s = 0; s < a_.S; ++s) {
        if (!IsLate(b, s)) Scatter(b, s);
      }
    }
    for (int b = 0; b < a_.B; ++b) {
      if (Boundary(b) < a_.S) Compress(b);
    }
    for (int b = 0; b < a_.B; ++b) {
      for (int s = 0; s < a_.S; ++s) {
        if (IsLate(b, s)) Scatter(b, s);
      }
    }
  }

 private:
  static constexpr std::size_t kOut = kOutDim<Shape>, kHeadDim = Shape::kHeadDim;

  int Position(int b, int s) const { return C::Position(a_, b, s); }

  // The token that ends a window; no token of this step when it is S or more.
  int Boundary(int b) const { return Shape::kRatio - 1 - Position(b, 0) % Shape::kRatio; }

  // Ratio 128: what follows the boundary belongs to the next window and is stored after pooling.
  bool IsLate(int b, int s) const { return Shape::kRatio == 128 && s > Boundary(b); }

  void Scatter(int b, int s) const {
    const long token = long{b} * a_.S + s;
    const long row = C::TokenRow(a_, b, s);
    if (row < 0) return;
    const float* ape = a_.ape + Size(Position(b, s) % Shape::kRatio) * kOut;
    float* state = a_.compress_state + Size(row) * 2 * kOut;
    for (std::size_t c = 0; c < kOut; ++c) {
      state[c] = projections_.kv[Size(token) * kOut + c];
      state[kOut + c] = projections_.score[Size(token) * kOut + c] + ape[c];
    }
  }

  // The state of a position, from `column` on.
  Slot At(int b, int position, std::size_t column) const {
    const int* table = a_.compress_state_block_table + b * a_.STATE_PAGES;
    const long row = PagedRow(table, Shape::kStatePage, position);
    if (row < 0) return {};
    const float* state = a_.compress_state + Size(row) * 2 * kOut + column;
    return {state, state + kOut};
  }

  std::vector<Slot> Window(int b, int p) const {
    std::vector<Slot> slots;
    if (Shape::kRatio == 4) {
      for (int i = 0; i < 4; ++i) slots.push_back(At(b, p - 7 + i, 0));
      for (int i = 0; i < 4; ++i) slots.push_back(At(b, p - 3 + i, kHeadDim));
    } else {
      for (int position = p - 127; position <= p; ++position) slots.push_back(At(b, position, 0));
    }
    return slots;
  }

  void Compress(int b) const {
    const int s = Boundary(b);
    std::vector<float> row = PoolWindow(Window(b, Position(b, 0) + s), kHeadDim);
    NormaliseRow(row, C::Gamma(a_));
    RotateTail(row, a_.cos + b * 32, a_.sin + b * 32);
    if (Shape::kRotates) row = TimesMatrix(row, a_.hadamard);
    const long slot = C::CacheRow(a_, b, s);
    if (slot >= 0 || !C::kGatesKv) {
      for (std::size_t c = 0; c < kHeadDim; ++c)
        a_.kv[Size(b) * Size(a_.S) * kHeadDim + c] = row[c];
    }
    if (slot >= 0) Store(row, Size(slot));
  }

  void Store(std::vector<float>& row, std::size_t slot) const {
    if constexpr (Args::kCodes) {
      RoundToBf16(row);
      a_.cache_scale[slot] = golden::QuantiseRow(row, a_.cache + slot * kHeadDim);
    } else {
      for (std::size_t c = 0; c < kHeadDim; ++c) {
        a_.cache[slot * kHeadDim + c] = golden::Bf16Rne(row[c]);
      }
    }
  }

  const Args& a_;
  Projections projections_;
};

}  // namespace

template <typename Shape, typename Generation>
void SlottedGolden(const SlottedArgs<Shape, Generation>& args) {
  Step<SlottedArgs<Shape, Generation>>(args).Run();
}

template <typename Shape>
void TabledGolden(const TabledArgs<Shape>& args) {
  Step<TabledArgs<Shape>>(args).Run();
}

template void SlottedGolden(const SlottedArgs<Ratio4, V2>&);
template void SlottedGolden(const SlottedArgs<Ratio4, V3>&);
template void SlottedGolden(const SlottedArgs<Ratio128, V2>&);
template void SlottedGolden(const SlottedArgs<Ratio128, V3>&);
template void SlottedGolden(const SlottedArgs<Indexer, V2>&);
template void SlottedGolden(const SlottedArgs<Indexer, V3>&);
template void TabledGolden(const TabledArgs<Ratio4>&);
template void TabledGolden(const TabledArgs<Ratio128>&);
template void TabledGolden(const TabledArgs<Indexer>&);

}  // namespace kernels::compressor
