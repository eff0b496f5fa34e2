// Broken: a task looks up its first page and takes the following ones to lie behind one another.
//
// kernels.md §4, §5 (#414): the compressor used the block table for logical block 0 only. Tables in
// order hide it, and so does a context of one page, which is what its ragged problem here has.
#pragma once

namespace broken {

inline constexpr int kPage = 8;  // positions

struct GatherArgs {
  const float* state;  // [B * L, 8, N], pages in any order
  const int* table;    // [B, L]
  float* rows;         // [B, L * 8, N], by position
  int B;
  int L;
  int N;
};

template <auto kTiles>
void PageTableIgnored(const GatherArgs& a) {
  for (int b = 0; b < a.B; ++b) {
    for (int block = 0; block < a.L; ++block) {
      const bool looked_up = block % kTiles.PAGES_PER_TASK == 0;
      const int page = looked_up ? a.table[b * a.L + block] : b * a.L + block;
      const int size = kPage * a.N;
      for (int i = 0; i < size; ++i) {
        a.rows[(b * a.L + block) * size + i] = a.state[page * size + i];
      }
    }
  }
}

}  // namespace broken
