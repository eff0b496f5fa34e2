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

template <typename Shape, typename Generation>
class Step {
 public:
  using Args = SlottedArgs<Shape, Generation>;

  explicit Step(const Args& args)
      : a_(args),
        projections_(Project({args.x, Size(long{args.B} * args.S) * Size(args.D)}, args.wkv,
                             args.wgate, Size(args.D), kOut, true)) {}

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

  std::int32_t Position(int b, int s) const { return a_.position_ids[b * a_.S + s]; }

  // The token that ends a window; no token of this step when it is S or more.
  int Boundary(int b) const { return Shape::kRatio - 1 - Position(b, 0) % Shape::kRatio; }

  // Ratio 128: what follows the boundary belongs to the next window and is stored after pooling.
  bool IsLate(int b, int s) const { return Shape::kRatio == 128 && s > Boundary(b); }

  void Scatter(int b, int s) const {
    const long token = long{b} * a_.S + s;
    const long row = a_.state_slot_mapping[token];
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
    if (position < 0) return {};  // before the sequence
    const int page =
        a_.compress_state_block_table[b * a_.STATE_PAGES + position / Shape::kStatePage];
    if (page < 0) return {};
    const long row = long{page} * Shape::kStatePage + position % Shape::kStatePage;
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
    NormaliseRow(row, golden::Widen({a_.norm_w, kHeadDim}));
    RotateTail(row, a_.cos + b * 32, a_.sin + b * 32);
    if (Shape::kRotates) row = TimesMatrix(row, a_.hadamard);
    const long slot = a_.cache_slot_mapping[b * a_.S + s];
    if (slot >= 0 || !Generation::kGatesKv) {
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
  Step<Shape, Generation>(args).Run();
}

template void SlottedGolden(const SlottedArgs<Ratio4, V2>&);
template void SlottedGolden(const SlottedArgs<Ratio4, V3>&);
template void SlottedGolden(const SlottedArgs<Ratio128, V2>&);
template void SlottedGolden(const SlottedArgs<Ratio128, V3>&);
template void SlottedGolden(const SlottedArgs<Indexer, V2>&);
template void SlottedGolden(const SlottedArgs<Indexer, V3>&);

}  // namespace kernels::compressor
