// The way of moe_half_layer's tokens to their experts and back (kernels.md §12.2), on one rank.
//
//   route r = t·TOPK + k of an active token t goes to expert e = indices[r], into the slot that is
//   the number of earlier routes to e: rows of an expert are in the order of their tokens.
//   routed_y[r] = recv_y[e, slot]
//
// Copies only. No tiles: a step of decode moves a few dozen rows of some KiB, and which expert a
// task owns decides where it writes.
#pragma once

#include "kernels/spmd.h"

namespace kernels {

using tilesmith::bf16;

struct MoeDispatchArgs {
  const signed char* x;    // [T, D]
  const float* scale;      // [T, 1]
  const int* indices;      // [T, TOPK] in [0, E), distinct in the row of an active token
  const float* weights;    // [T, TOPK]
  signed char* recv_x;     // [E, RECV_MAX, D] out; rows from the count on are left alone
  float* recv_scale_dq;    // [E, RECV_MAX] out, as recv_x
  float* recv_weights;     // [E, RECV_MAX] out, as recv_x
  int* recv_route;         // [E, RECV_MAX] out, as recv_x: t·TOPK + k of a row
  int* recv_expert_count;  // [E, 1] out
  int T;
  int D;
  int E;
  int TOPK;
  int RECV_MAX;    // at least T
  int num_tokens;  // tokens from here on are routed nowhere; T and more: all are
};

struct MoeReturnArgs {
  const bf16* recv_y;            // [E, RECV_MAX, D]
  const int* recv_route;         // [E, RECV_MAX]
  const int* recv_expert_count;  // [E, 1]
  bf16* routed_y;                // [T·TOPK, D] out; routes that no row has are left alone
  int D;
  int E;
  int RECV_MAX;
};

namespace moe_dispatch {

inline void CopyBytes(const void* from, void* to, long bytes) {
  __builtin_memcpy(to, from, static_cast<unsigned long>(bytes));
}

/// Row `row` of all experts' gets what route r carries.
inline void Send(const MoeDispatchArgs& a, long r, long row) {
  const long t = r / a.TOPK;
  CopyBytes(a.x + t * a.D, a.recv_x + row * a.D, a.D);
  a.recv_scale_dq[row] = a.scale[t];
  a.recv_weights[row] = a.weights[r];
  a.recv_route[row] = static_cast<int>(r);
}

}  // namespace moe_dispatch

/// A task per expert: it looks through all routes, which are few, and packs its own.
inline void MoeDispatch(const MoeDispatchArgs& a) {
  const long tokens = a.num_tokens < a.T ? a.num_tokens : a.T;
  spmd(a.E, [&](long e) {
    long row = e * a.RECV_MAX;
    for (long r = 0; r < tokens * a.TOPK; ++r) {
      if (a.indices[r] == e) moe_dispatch::Send(a, r, row++);
    }
    a.recv_expert_count[e] = static_cast<int>(row - e * a.RECV_MAX);
  });
}

/// A task per slot of an expert.
inline void MoeReturn(const MoeReturnArgs& a) {
  spmd(long{a.E} * a.RECV_MAX, [&](long row) {
    if (row % a.RECV_MAX >= a.recv_expert_count[row / a.RECV_MAX]) return;
    moe_dispatch::CopyBytes(a.recv_y + row * a.D, a.routed_y + a.recv_route[row] * long{a.D},
                            a.D * long{sizeof(bf16)});
  });
}

}  // namespace kernels
