// moe_gate: which experts a token goes to, and with which weights (kernels.md §12.1).
//
// Two contracts. V2 (MoeGate):
//   n = bf16((x / rms(x))·w);  codes, scale = INT8 of n;  logit_e = Σ n·gate_w[e]
// V3 (MoeGateV3) defers the norm:
//   g = x·w in FP32;  codes, dq = INT8 of g;  scale = dq / rms(x);  logit_e = (Σ g·gate_w[e]) / rms(x)
// Both then:
//   score = √softplus(logit);  ids = tid2eid[input_id] in the first num_hash_layers layers, else the
//   TOPK largest of score + bias, the lower id first among equals;
//   weight_k = score[id_k] / Σ_k score[id_k] · route_scale       (without the bias)
// Rows from num_tokens on get scale, ids and weights 0.
//
// Stages: norm[T/T_TILE] → quant[T] ∥ gate[E/GATE_N_TILE] → route[T/T_TILE]. The last block of every
// tile is clipped. Compile with -ffp-contract=off.
#pragma once

#include "kernels/simd/float_matmul.h"
#include "kernels/simd/quantise.h"
#include "kernels/simd/softplus.h"
#include "kernels/spmd.h"

namespace kernels {

/// Largest TOPK.
inline constexpr int kGateMaxTopK = 8;

/// Normed is what the router and the codes see of a token: bf16, an output (V2), or float, scratch
/// (V3).
template <typename Normed>
struct MoeGateArgsOf {
  const bf16* x_mixed;     // [T, D]
  const bf16* norm_w;      // [D]
  const float* gate_w;     // [E, D]
  const float* gate_bias;  // [E]
  const int* tid2eid;      // [VOCAB, TOPK] in [0, E)
  const long* input_ids;   // [T] in [0, VOCAB)
  Normed* x_norm;          // [T, D]
  signed char* x_norm_i8;  // [T, D] out
  float* x_norm_scale;     // [T, 1] out
  int* indices;            // [T, TOPK] out
  float* weights;          // [T, TOPK] out
  float* scores;           // scratch [T, E]
  float* inverse_rms;      // scratch [T]
  int T;
  int D;
  int E;
  int TOPK;  // at most kGateMaxTopK, at most E
  int VOCAB;
  int layer_id;
  int num_tokens;  // active rows; T and more: all
  int num_hash_layers;
  float route_scale;
};

using MoeGateArgs = MoeGateArgsOf<bf16>;
using MoeGateV3Args = MoeGateArgsOf<float>;

namespace moe_gate {
inline namespace KERNELS_SIMD_ISA {

using simd::F32;
using simd::Range;

template <typename Normed>
long Active(const MoeGateArgsOf<Normed>& a) {
  return a.num_tokens < a.T ? a.num_tokens : a.T;
}

template <int kTile>
float SumSquares(const bf16* x, long size) {
  float total = 0;
  for (long begin = 0; begin < size; begin += kTile) {
    F32 sum = {};
    simd::ForLanes(
        begin, Clip(begin, kTile, size), [&](long i, int n) __attribute__((always_inline)) {
          const F32 v = simd::Load(x + i, n);
          sum = simd::Fma(v, v, sum);
        });
    total += simd::SumLanes(sum);
  }
  return total;
}

inline F32 Normalise(const MoeGateArgs&, F32 x, float inverse, F32 w) { return x * inverse * w; }
inline F32 Normalise(const MoeGateV3Args&, F32 x, float, F32 w) { return x * w; }

template <int kTile, typename Normed>
void NormToken(const MoeGateArgsOf<Normed>& a, long t) {
  const bf16* x = a.x_mixed + t * a.D;
  const float mean = SumSquares<kTile>(x, a.D) * (1.0f / static_cast<float>(a.D));
  const float inverse = 1.0f / __builtin_sqrtf(mean + 1e-6f);
  a.inverse_rms[t] = inverse;
  simd::ForLanes(
      0, a.D, [&](long i, int n) __attribute__((always_inline)) {
        const F32 w = simd::Load(a.norm_w + i, n);
        simd::Store(a.x_norm + t * a.D + i, Normalise(a, simd::Load(x + i, n), inverse, w), n);
      });
}

inline float Scale(const MoeGateArgs&, long, float dq) { return dq; }
inline float Scale(const MoeGateV3Args& a, long t, float dq) { return dq * a.inverse_rms[t]; }

// Codes of one token, and what takes them back.
template <int kTile, typename Normed>
void QuantiseToken(const MoeGateArgsOf<Normed>& a, long t) {
  const Normed* row = a.x_norm + t * a.D;
  F32 largest = simd::LeastAmax();
  for (long begin = 0; begin < a.D; begin += kTile) {
    simd::ForLanes(
        begin, Clip(begin, kTile, a.D), [&](long i, int n) __attribute__((always_inline)) {
          largest = simd::Max(largest, simd::Abs(simd::Load(row + i, n)));
        });
  }
  const float scale = 127.0f / simd::MaxLane(largest);
  for (long begin = 0; begin < a.D; begin += kTile) {
    simd::ForLanes(
        begin, Clip(begin, kTile, a.D), [&](long i, int n) __attribute__((always_inline)) {
          simd::StoreCodes(a.x_norm_i8 + t * a.D + i, simd::Load(row + i, n), scale, n);
        });
  }
  a.x_norm_scale[t] = t < Active(a) ? Scale(a, t, 1.0f / scale) : 0;
}

// Dot products of the active tokens with the router rows of `experts`. A step of those rows stays in
// cache while the tokens pass: a weight comes from memory once.
template <int kTokens, int kStep, typename Normed>
void Logits(const MoeGateArgsOf<Normed>& a, Range experts) {
  const simd::FloatMatMul<Normed, float> product{a.x_norm, a.D, a.gate_w, a.D, a.scores, a.E};
  const long active = Active(a);
  for (long k = 0; k < a.D; k += kStep) {
    for (long t = 0; t < active; t += kTokens) {
      simd::MultiplyOutputFirst(product, {t, Clip(t, kTokens, active)}, experts,
                                {k, Clip(k, kStep, a.D)}, k > 0);
    }
  }
}

inline F32 Logit(const MoeGateArgs&, long, F32 dot) { return dot; }
inline F32 Logit(const MoeGateV3Args& a, long t, F32 dot) { return dot * a.inverse_rms[t]; }

template <typename Normed>
void ScoreToken(const MoeGateArgsOf<Normed>& a, long t) {
  float* scores = a.scores + t * a.E;
  simd::ForLanes(
      0, a.E, [&](long e, int n) __attribute__((always_inline)) {
        const F32 logit = Logit(a, t, simd::Load(scores + e, n));
        simd::Store(scores + e, simd::Sqrt(simd::Softplus(logit)), n);
      });
}

// The ids of the largest biased scores. Going up the ids and moving in front of smaller ones only,
// the lower id stays first among equals.
template <typename Normed>
void Largest(const MoeGateArgsOf<Normed>& a, const float* scores, int* ids) {
  float best[kGateMaxTopK];
  for (int k = 0; k < a.TOPK; ++k) {
    best[k] = -__builtin_inff();
    ids[k] = 0;
  }
  const int last = a.TOPK - 1;
  for (int e = 0; e < a.E; ++e) {
    const float biased = scores[e] + a.gate_bias[e];
    if (!(biased > best[last])) continue;
    int k = last;
    for (; k > 0 && biased > best[k - 1]; --k) {
      best[k] = best[k - 1];
      ids[k] = ids[k - 1];
    }
    best[k] = biased;
    ids[k] = e;
  }
}

template <typename Normed>
void RouteToken(const MoeGateArgsOf<Normed>& a, long t) {
  int* ids = a.indices + t * a.TOPK;
  float* weights = a.weights + t * a.TOPK;
  if (t >= Active(a)) {
    for (int k = 0; k < a.TOPK; ++k) {
      ids[k] = 0;
      weights[k] = 0;
    }
    return;
  }
  ScoreToken(a, t);
  const float* scores = a.scores + t * a.E;
  if (a.layer_id < a.num_hash_layers) {
    for (int k = 0; k < a.TOPK; ++k) ids[k] = a.tid2eid[a.input_ids[t] * a.TOPK + k];
  } else {
    Largest(a, scores, ids);
  }
  float sum = 0;
  for (int k = 0; k < a.TOPK; ++k) sum += scores[ids[k]];
  for (int k = 0; k < a.TOPK; ++k) weights[k] = scores[ids[k]] / sum * a.route_scale;
}

// Runs body(t) for the tokens, kTokens per task.
template <int kTokens, typename Body>
void ForTokens(long T, const Body& body) {
  spmd(Blocks(T, kTokens), [&](long task) {
    for (long t = task * kTokens; t < Clip(task * kTokens, kTokens, T); ++t) body(t);
  });
}

template <auto kTiles, typename Normed>
void Run(const MoeGateArgsOf<Normed>& a) {
  static_assert(kTiles.T_TILE > 0 && kTiles.GATE_T_TILE > 0, "tiles are positive");
  static_assert(kTiles.GATE_N_TILE > 0 && kTiles.GATE_D_TILE > 0, "tiles are positive");
  static_assert(kTiles.D_TILE > 0 && kTiles.QUANT_TILE > 0, "tiles are positive");
  ForTokens<kTiles.T_TILE>(a.T, [&](long t) { NormToken<kTiles.D_TILE>(a, t); });
  const long blocks = Blocks(a.E, kTiles.GATE_N_TILE);
  spmd(blocks + a.T, [&](long task) {
    if (task < blocks) {
      const long e = task * kTiles.GATE_N_TILE;
      Logits<kTiles.GATE_T_TILE, kTiles.GATE_D_TILE>(a, {e, Clip(e, kTiles.GATE_N_TILE, a.E)});
    } else {
      QuantiseToken<kTiles.QUANT_TILE>(a, task - blocks);
    }
  });
  ForTokens<kTiles.T_TILE>(a.T, [&](long t) { RouteToken(a, t); });
}

}  // namespace KERNELS_SIMD_ISA
}  // namespace moe_gate

/// V2. kTiles: T_TILE tokens per task of norm and route; D_TILE columns per step of the norm's sum;
/// QUANT_TILE columns per step of the quantisation; GATE_N_TILE experts per task of the projection,
/// GATE_T_TILE tokens and GATE_D_TILE columns per step of it. D_TILE and GATE_D_TILE reorder FP32
/// sums (class R), the others change no bit. Scratch may hold anything before.
template <auto kTiles>
void MoeGate(const MoeGateArgs& a) {
  moe_gate::Run<kTiles>(a);
}

/// V3, whose x_norm is scratch; tiles as MoeGate.
template <auto kTiles>
void MoeGateV3(const MoeGateV3Args& a) {
  moe_gate::Run<kTiles>(a);
}

}  // namespace kernels
