// The output projection of an attention kernel: o_proj of its o.
#pragma once

#include "kernels/attention/attention_args.h"
#include "kernels/o_proj/o_proj.h"

namespace kernels::attention {

/// a.o → a.attn_out; kTiles as OProj's.
template <auto kTiles>
void Project(const AttentionArgs& a) {
  OProj<kTiles>({.o = a.o,
                 .wo_a = a.wo_a,
                 .wo_b = a.wo_b,
                 .wo_b_scale = a.wo_b_scale,
                 .attn_out = a.attn_out,
                 .a = a.a,
                 .codes = a.codes,
                 .code_scale = a.code_scale,
                 .partial = a.partial,
                 .T = a.B * a.S,
                 .H = a.H,
                 .D = a.D,
                 .G = a.G,
                 .O_LORA = a.O_LORA});
}

}  // namespace kernels::attention
