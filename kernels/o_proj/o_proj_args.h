// The operands of o_proj (kernels.md §7.3).
#pragma once

#include "tuner/abi.h"

namespace kernels {

using tilesmith::bf16;

struct OProjArgs {
  const bf16* o;            // [T, H, 512]; the heads of a group lie together
  const bf16* wo_a;         // [G, O_LORA, H/G·512]
  const signed char* wo_b;  // [D, G·O_LORA]
  const float* wo_b_scale;  // [D]
  bf16* attn_out;           // [T, D] out
  float* a;                 // scratch [T, G, O_LORA]
  unsigned char* codes;     // scratch: G · PanelBytes(T, O_LORA) + kPanelBytes − 1
  float* code_scale;        // scratch [T, G]
  int* partial;             // scratch: G · SumsSize(T, D)
  int T;
  int H;  // a multiple of G
  int D;
  int G;
  int O_LORA;
};

}  // namespace kernels
