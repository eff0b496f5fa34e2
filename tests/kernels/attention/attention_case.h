// Operands of the attention core over coded rows, each ending where memory ends; scratch is
// poisoned before every call.
#pragma once

#include <cstddef>
#include <numeric>
#include <random>
#include <vector>

#include "kernels/attention/attention_args.h"
#include "kernels/golden/rounding.h"
#include "tests/kernels/guarded.h"

namespace kernels {

struct AttentionSize {
  int B = 1, S = 1, H = 1, TOPK = 256, ORI_BLOCKS = 1, CMP_BLOCKS = 2, CMP_PAGE = 128, CMP_MAX = 2;

  std::size_t tokens() const { return static_cast<std::size_t>(B * S); }
  std::size_t heads() const { return static_cast<std::size_t>(H); }
  std::size_t columns() const { return static_cast<std::size_t>(TOPK); }
  std::size_t blocks() const { return (columns() + 127) / 128; }
  std::size_t window_rows() const { return static_cast<std::size_t>(ORI_BLOCKS) * 128; }
  std::size_t compressed_rows() const { return static_cast<std::size_t>(CMP_BLOCKS * CMP_PAGE); }
};

struct AttentionCase {
  explicit AttentionCase(const AttentionSize& s)
      : size(s),
        q(s.tokens() * s.heads() * 512),
        ori_kv(s.window_rows() * 512),
        overlay(s.tokens() * 512),
        cmp_kv(s.compressed_rows() * 512),
        cos(s.tokens() * 64),
        sin(s.tokens() * 64),
        o(q.size()),
        ori_table(static_cast<std::size_t>(s.B)),
        cmp_table(static_cast<std::size_t>(s.B * s.CMP_MAX)),
        indices(s.tokens() * s.columns()),
        rows(s.tokens() * s.blocks() * 128),
        counts(s.tokens() * s.blocks()),
        sink(s.heads()),
        block_max(s.tokens() * s.blocks() * s.heads()),
        block_sum(block_max.size()),
        block_out(block_max.size() * 512),
        rope_in(s.tokens() * s.heads() * 64) {
    std::mt19937_64 random(7);
    for (Guarded<bf16>* values : {&q, &ori_kv, &overlay, &cmp_kv}) {
      for (bf16& value : values->all()) value = golden::Bf16Rne(SmallValue(random));
    }
    for (bf16& value : cos.all()) value = golden::Bf16Rne(1);
    for (bf16& value : sin.all()) value = golden::Bf16Rne(0);
    for (float& value : sink.all()) value = -1e4f;
    for (int& page : ori_table.all()) page = static_cast<int>(random() % s.window_rows() / 128);
    std::iota(cmp_table.begin(), cmp_table.end(), 0);
    for (int& page : cmp_table.all()) page %= s.CMP_BLOCKS;
    for (int& code : indices.all()) code = -1;
    Bind();
  }

  /// Any code, and none.
  void FillIndices(unsigned seed) {
    std::mt19937_64 random(seed);
    const auto codes = static_cast<std::uint64_t>(128 + size.S + size.CMP_MAX * size.CMP_PAGE + 60);
    for (int& code : indices.all()) code = static_cast<int>(random() % codes) - 60;
  }

  std::vector<float> Run(void (*kernel)(const AttentionArgs&)) {
    for (Guarded<float>* floats : {&block_max, &block_sum, &block_out, &rope_in}) floats->Poison();
    rows.Poison();
    counts.Poison();
    o.Poison();
    kernel(args);
    std::vector<float> values;
    for (bf16 value : o.all()) values.push_back(golden::ToFloat(value));
    return values;
  }

  AttentionSize size;
  Guarded<bf16> q, ori_kv, overlay, cmp_kv, cos, sin, o;
  Guarded<int> ori_table, cmp_table, indices, rows, counts;
  Guarded<float> sink, block_max, block_sum, block_out, rope_in;
  AttentionArgs args = {};

 private:
  void Bind() {
    args.q = q.data();
    args.ori_kv = ori_kv.data();
    args.ori_block_table = ori_table.data();
    args.mtp_kv_overlay = overlay.data();
    args.cmp_kv = cmp_kv.data();
    args.cmp_block_table = cmp_table.data();
    args.cmp_sparse_indices = indices.data();
    args.attn_sink = sink.data();
    args.freqs_cos = cos.data();
    args.freqs_sin = sin.data();
    args.o = o.data();
    args.rows = rows.data();
    args.counts = counts.data();
    args.block_max = block_max.data();
    args.block_sum = block_sum.data();
    args.block_out = block_out.data();
    args.rope_in = rope_in.data();
    args.B = size.B;
    args.S = size.S;
    args.H = size.H;
    args.TOPK = size.TOPK;
    args.ORI_BLOCKS = size.ORI_BLOCKS;
    args.CMP_BLOCKS = size.CMP_BLOCKS;
    args.CMP_PAGE = size.CMP_PAGE;
    args.CMP_MAX = size.CMP_MAX;
  }
};

}  // namespace kernels
