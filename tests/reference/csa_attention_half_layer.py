"""csa_attention_half_layer (kernels.md §7.0): the stages' references one after another, FP32 streams."""

import torch

import attention_inputs
import attention_math
import common
import compressor
import compressor_cases
import csa_cache_writeback
import csa_index_build
import hc_post
import hc_pre
import indexer
import indexer_w8a8
import qkv_proj_rope
import rms_norm

KERNEL = "csa_attention_half_layer"
WIN, RATIO = 128, 4


def angle_rows(x, positions):
    """[n, 32] FP32: what compressor and indexer take of the tables."""
    return [x[name][positions, :32].float() for name in ("freqs_cos", "freqs_sin")]


def compress(x, tokens, first):
    """compressor_ratio4 at the window's first position. Returns compress_state and cmp_kv."""
    cos, sin = angle_rows(x, torch.div(first, RATIO, rounding_mode="floor") * RATIO)
    t = {key: x[f"cmp_{key}"] for key in ("wkv", "wgate", "ape", "norm_w")}
    t |= dict(x=tokens, cos=cos, sin=sin, state=x["compress_state"], cache=x["cmp_kv"],
              table=x["compress_state_block_table"], position_ids=x["position_ids"],
              cache_slots=x["cmp_slot_mapping"], state_slots=x["state_slot_mapping"])
    step = compressor.SlottedStep(compressor.RATIO4, t, True)
    _, cache, _ = compressor.finish(step, False)
    return step.state.reshape(x["compress_state"].shape), cache


INDEXER_OWN = ("weights_proj", "idx_kv_cache", "idx_block_table", "inner_wkv", "inner_wgate", "inner_ape",
               "inner_norm_w", "inner_compress_state", "inner_compress_state_block_table",
               "position_ids", "kv_seq_lens", "idx_slot_mapping", "inner_state_slot_mapping")


def index(x, tokens, first, qkv, k, length):
    """indexer_w8a8 at the first token's position; its columns begin at WIN + S."""
    cos, sin = angle_rows(x, first)
    t = {key: x[key] for key in INDEXER_OWN}
    t |= dict(x=tokens, qr=qkv["qr"], qr_scale=qkv["qr_scale"], cos=cos, sin=sin,
              wq_b=x["idx_wq_b"], wq_b_scale=x["idx_wq_b_scale"], hadamard=x["hadamard_idx"],
              offset=WIN + tokens.shape[1])
    return indexer_w8a8.run(t, "V2", k, length)


def attend(x, q, kv, cmp_kv, codes, cos, sin):
    """attn_out [T, D], from the rings as they were before the step."""
    t = {key: x[key] for key in ("ori_block_table", "cmp_block_table", "attn_sink", "wo_a", "wo_b",
                                 "wo_b_scale")}
    t |= dict(q=q, mtp_kv_overlay=kv, ori_kv=x["kv_cache"], cmp_kv=cmp_kv, cmp_sparse_indices=codes,
              freqs_cos=cos, freqs_sin=sin)
    return attention_math.attention(t, attention_math.coded_columns(t))


def run(x, k, length):
    batches, steps = x["position_ids"].shape
    x_mixed, post, comb = hc_pre.hc_pre(x["x_hc"], x["hc_attn_fn"], x["hc_attn_scale"],
                                        x["hc_attn_base"], "V3")
    x_normed = rms_norm.reference(x_mixed, x["attn_norm_w"])["x_normed"]
    positions, first = x["position_ids"].flatten().long(), x["position_ids"][:, 0].long()
    cos, sin = x["freqs_cos"][positions], x["freqs_sin"][positions]
    qkv = qkv_proj_rope.project({**x, "x": x_normed}, cos, sin, "V2")
    tokens = x_normed.reshape(batches, steps, -1)
    state, cmp_kv = compress(x, tokens, first)
    chosen = index(x, tokens, first, qkv, k, length)
    codes = csa_index_build.reference(x["position_ids"], x["kv_seq_lens"], chosen["topk_idxs"], k)
    attn_out = attend(x, qkv["q"], qkv["kv"], cmp_kv, codes["cmp_sparse_indices"], cos, sin)
    rings = csa_cache_writeback.reference(qkv["kv"], x["ori_slot_mapping"].flatten(), x["kv_cache"])
    return dict(x_normed=x_normed, x_out=hc_post.hc_post(attn_out, x["x_hc"], post, comb),
                kv_cache=rings["kv_cache"], compress_state=state, cmp_kv=cmp_kv,
                inner_compress_state=chosen["inner_compress_state"],
                idx_kv_cache=chosen["idx_kv_cache"])


def ring(gen, shape, scale, count=5, dtype=torch.bfloat16):
    return (qkv_proj_rope.ring(gen, shape, count) * scale).to(dtype)


def weights(gen, dims):
    """Whole numbers times powers of two, on rings of 5003: they pack well."""
    D, QL, H = dims["D"], dims["QL"], dims["H"]
    x = qkv_proj_rope.weights(gen, dims, "V2")
    x |= dict(hc_attn_fn=ring(gen, (24, 4 * D), 2.0**-6, 9, torch.float32),
              hc_attn_scale=torch.tensor(hc_pre.SCALE), hc_attn_base=torch.tensor(hc_pre.BASE),
              attn_norm_w=common.bf16(1 + common.levels(gen, (D,), 2.0**-5)))
    for name, head in (("cmp", 512), ("inner", 128)):
        x |= {f"{name}_wkv": ring(gen, (2 * head, D), 2.0**-5),
              f"{name}_wgate": ring(gen, (2 * head, D), 2.0**-4),
              f"{name}_ape": common.levels(gen, (4, 2 * head), 2.0**-5),
              f"{name}_norm_w": common.bf16(1 + common.levels(gen, (head,), 2.0**-4))}
    groups, lora = dims["G"], dims["O_LORA"]
    x |= dict(idx_wq_b=ring(gen, (QL, 8192), 54, 5, torch.int8),
              idx_wq_b_scale=(torch.arange(8192) % 11 + 3) * 2.0**-13,
              weights_proj=ring(gen, (D, 64), 2.0**-2),
              hadamard_idx=indexer.matrix(gen, sylvester=True),
              attn_sink=common.levels(gen, (H,), 0.5),
              wo_a=ring(gen, (groups * lora, H * 512 // groups), 2.0**-6).reshape(groups, lora, -1),
              wo_b=ring(gen, (D, groups * lora), 27, 5, torch.int8),
              wo_b_scale=torch.randint(8, 24, (D,), generator=gen) * 2.0**-16)
    return x


def tables(used, length):
    """The rows of the RoPE tables near `used`; all others are 0, which no row of a table is."""
    near = sorted({p + d for p in used for d in range(-5, 6) if 0 <= p + d < length})
    found = []
    for rows in common.rope_table(near):
        table = torch.zeros(length, 64, dtype=torch.bfloat16)
        table[near] = rows
        found.append(table)
    return dict(freqs_cos=found[0], freqs_sin=found[1])


def cache(gen, shape):
    return ring(gen, (shape[0] * shape[1], shape[3]), 0.75).reshape(shape)


def caches(gen, positions, tokens, page, dims):
    """Rings, caches and states with their tables; pages in random order, those not in use missing."""
    batches, width = len(positions), dims["MAX_SEQ"] // 4 // page
    visible = [(p + tokens) // 4 for p in positions]
    x = {}
    for name in ("cmp", "idx"):
        x[f"{name}_block_table"], blocks = indexer.page_tables(gen, visible, page, width, 1)
        shape = (blocks, page, 1, 512 if name == "cmp" else 128)
        x["cmp_kv" if name == "cmp" else "idx_kv_cache"] = cache(gen, shape)
    x["kv_cache"] = cache(gen, (batches + 1, WIN, 1, 512))
    x["ori_block_table"] = attention_inputs.permutation(gen, batches + 1, (batches, 1))
    for prefix, shape in (("", compressor.RATIO4), ("inner_", compressor.INDEXER)):
        table, blocks = compressor_cases.page_table(shape, gen, positions, tokens,
                                                    dims["MAX_SEQ"] // 4, 1)
        x[f"{prefix}compress_state_block_table"] = table
        x[f"{prefix}compress_state"] = ring(gen, (blocks * 4, 4 * shape.head), 0.75, 5,
                                            torch.float32).reshape(blocks, 4, -1)
    return x


def row_of(x, table, b, column, page):
    return int(x[table][b, column // page]) * page + column % page


def slots(x, positions, tokens, page, speculative):
    """Where the step is and writes; (batch, token) of `speculative` leave nothing in rings and caches."""
    names = ("ori_slot_mapping", "cmp_slot_mapping", "idx_slot_mapping", "state_slot_mapping",
             "inner_state_slot_mapping")
    for name in names:
        x[name] = torch.full((len(positions), tokens), -1, dtype=torch.int64)
    x["position_ids"] = torch.tensor([[p + s for s in range(tokens)] for p in positions],
                                     dtype=torch.int32)
    x["kv_seq_lens"] = torch.tensor([p + tokens for p in positions], dtype=torch.int32)
    for b, first in enumerate(positions):
        for s in range(tokens):
            p = first + s
            for prefix in ("", "inner_"):
                table = f"{prefix}compress_state_block_table"
                x[f"{prefix}state_slot_mapping"][b, s] = row_of(x, table, b, p, 4)
            if (b, s) in speculative:
                continue
            x["ori_slot_mapping"][b, s] = row_of(x, "ori_block_table", b, p % WIN, WIN)
            if (p + 1) % RATIO == 0:
                for name in ("cmp", "idx"):
                    x[f"{name}_slot_mapping"][b, s] = row_of(x, f"{name}_block_table", b, p // RATIO, page)


def case(name, seed, dims, positions, tokens, page, speculative=()):
    gen = common.generator(seed)
    x = weights(gen, dims)
    x["x_hc"] = common.levels(gen, (len(positions) * tokens, 4, dims["D"]), 0.375, 9)
    used = [p // 4 * 4 for p in positions] + [p + s for p in positions for s in range(tokens)]
    x |= tables(used, dims["MAX_SEQ"])
    x |= caches(gen, positions, tokens, page, dims)
    slots(x, positions, tokens, page, speculative)
    k, length = dims["IDX_TOPK"], dims["MAX_SEQ"] // RATIO
    sizes = dict(IDX_TOPK=k, SCORE_LEN=length)
    return common.Case(KERNEL, name, "V2", x, run(x, k, length), sizes)


def cases():
    yield case("tf_s2", 700, common.TINY_FLASH, [126, 770], 2, 32, speculative=[(1, 1)])
    yield case("tp_s1", 701, common.TINY_PRO, [3, 527], 1, 128)
