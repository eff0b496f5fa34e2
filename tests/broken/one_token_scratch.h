// Broken: the scratch between the two stages holds the 64 heads of one token per batch, so of the
// tokens that pass a stage together the last one's heads stand for all.
//
// kernels.md §2, pitfall i: the indexer's score_logits scratch assumed S = 1 and said so nowhere.
// Its ragged problem here has S = 1, as every test then had.
#pragma once

namespace broken {

struct ScoreArgs {
  const float* q;   // [B, S, 64, D]
  const float* kv;  // [B, N, D]
  const float* w;   // [B, S, 64]
  float* logits;    // [B, N, 64], scratch
  float* score;     // [B, S, N], Σ over heads of relu(q·kv)·w
  int B;
  int S;
  int N;
  int D;
};

inline constexpr int kHeads = 64;

inline void Logits(const ScoreArgs& a, int b, int s) {
  const float* q = a.q + (b * a.S + s) * kHeads * a.D;
  for (int n = 0; n < a.N; ++n) {
    for (int h = 0; h < kHeads; ++h) {
      float sum = 0;
      for (int d = 0; d < a.D; ++d) sum += q[h * a.D + d] * a.kv[(b * a.N + n) * a.D + d];
      a.logits[(b * a.N + n) * kHeads + h] = sum;
    }
  }
}

inline void Reduce(const ScoreArgs& a, int b, int s) {
  for (int n = 0; n < a.N; ++n) {
    float sum = 0;
    for (int h = 0; h < kHeads; ++h) {
      const float logit = a.logits[(b * a.N + n) * kHeads + h];
      sum += (logit > 0 ? logit : 0) * a.w[(b * a.S + s) * kHeads + h];
    }
    a.score[(b * a.S + s) * a.N + n] = sum;
  }
}

template <auto kTiles>
void OneTokenScratch(const ScoreArgs& a) {
  for (int b = 0; b < a.B; ++b) {
    for (int begin = 0; begin < a.S; begin += kTiles.S_TILE) {
      const int end = a.S - begin < kTiles.S_TILE ? a.S : begin + kTiles.S_TILE;
      for (int s = begin; s < end; ++s) Logits(a, b, s);
      for (int s = begin; s < end; ++s) Reduce(a, b, s);
    }
  }
}

}  // namespace broken
