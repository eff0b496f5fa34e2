#include "kernels/prefill_qkv_proj_rope/prefill_qkv_proj_rope_golden.h"

#include <cstddef>
#include <vector>

#include "kernels/qkv_proj_rope/qkv_proj_rope_golden.h"

namespace kernels {
namespace {

// The table's row of every token b·S + s: that of position start_pos + s.
std::vector<bf16> RowsOf(const bf16* table, const PrefillQkvProjRopeArgs& a) {
  std::vector<bf16> rows;
  for (int t = 0; t < a.B * a.S; ++t) {
    const bf16* row = table + std::ptrdiff_t{a.start_pos + t % a.S} * kQkvRopeDim;
    rows.insert(rows.end(), row, row + kQkvRopeDim);
  }
  return rows;
}

}  // namespace

void PrefillQkvProjRopeGolden(const PrefillQkvProjRopeArgs& a) {
  const std::vector<bf16> cos = RowsOf(a.freqs_cos, a), sin = RowsOf(a.freqs_sin, a);
  QkvProjRopeArgs all{};
  all.x = a.x;
  all.norm_w = a.norm_w;
  all.wq_a = a.wq_a;
  all.wq_b = a.wq_b;
  all.wq_b_scale = a.wq_b_scale;
  all.wkv = a.wkv;
  all.gamma_cq = a.gamma_cq;
  all.gamma_ckv = a.gamma_ckv;
  all.rope_cos = cos.data();
  all.rope_sin = sin.data();
  all.q = a.q;
  all.kv = a.kv;
  all.qr = a.qr;
  all.qr_scale = a.qr_scale;
  all.T = a.B * a.S;
  all.D = a.D;
  all.QL = a.QL;
  all.H = a.H;
  QkvProjRopeV1Golden(all);
}

}  // namespace kernels
