"""indexer_w8a8: the INT8 decode indexer with its embedded compressor (kernels.md §2, §3)."""

import torch

import common
import compressor
import compressor_cases
import indexer

SHAPE = compressor.INDEXER


def queries(t):
    """Codes [B, S, 64, 128] and their scales [B, S, 64, 1]."""
    batches, tokens = t["x"].shape[:2]
    acc = common.int_matmul(t["qr"], t["wq_b"])
    q = common.dequantise(acc, t["qr_scale"], t["wq_b_scale"])
    q = q.reshape(batches, tokens, indexer.HEADS, indexer.DIM)
    q = common.round_bf16(indexer.rotate_tails(q, t["cos"], t["sin"]))
    return common.quantise_rows(common.matmul(q, t["hadamard"]))


def compress(t, contract):
    """The embedded compressor's outputs under the indexer's names."""
    inner = {key: t[f"inner_{key}"] for key in ("wkv", "wgate", "ape", "norm_w")}
    inner |= {key: t[key] for key in ("x", "cos", "sin", "position_ids")}
    inner |= dict(state=t["inner_compress_state"], table=t["inner_compress_state_block_table"],
                  cache=t["idx_kv_cache"], cache_slots=t["idx_slot_mapping"],
                  state_slots=t["inner_state_slot_mapping"], scale=t.get("idx_kv_scale"))
    step = compressor.SlottedStep(SHAPE, inner, True)
    codes = contract == "V3"
    kv, cache, scale = compressor.finish(step, codes, t["hadamard"], codes)
    out = dict(inner_kv=kv, inner_compress_state=step.state.reshape(t["inner_compress_state"].shape),
               idx_kv_cache=cache)
    return out | dict(idx_kv_scale=scale) if codes else out


def score_v2(q, q_scale, w, rows):
    """The cache's rows are quantised where they are read."""
    codes, scales = common.quantise_rows(rows.float())
    acc = common.int_matmul(q, codes.t()).float()
    return indexer.weigh((acc * q_scale) * scales.reshape(1, -1), w)


def score_v3(q, q_scale, w, rows, scales):
    """The row's scale is applied after the heads are summed."""
    acc = common.int_matmul(q, rows.t()).float()
    return indexer.weigh(acc * q_scale, w) * scales.reshape(-1)


def visible_rows(t, contract, b, s, length):
    visible = int(t["kv_seq_lens"][b]) // 4
    if contract == "V3":
        visible = min(visible, (int(t["position_ids"][b, s]) + 1) // 4, length)
    return visible


def run(t, contract, k, length):
    out = compress(t, contract)  # its rows are visible to this very step
    q, q_scale = queries(t)
    w = indexer.head_weights(t["x"], t["weights_proj"])
    batches, tokens = w.shape[:2]
    score = torch.empty(batches, tokens, length)
    idx = torch.empty(batches, tokens, length, dtype=torch.int32)
    for b in range(batches):
        for s in range(tokens):
            visible = visible_rows(t, contract, b, s, length)
            table, one = t["idx_block_table"][b], (q[b, s], q_scale[b, s], w[b, s])
            rows = indexer.paged_rows(out["idx_kv_cache"], table, visible)
            if contract == "V3":
                scales = indexer.paged_rows(out["idx_kv_scale"], table, visible)
                rows = [None if r is None else torch.cat([r.float(), v]) for r, v in zip(rows, scales)]
                score_of = lambda r: score_v3(*one, r[:, :-1], r[:, -1])
            else:
                score_of = lambda r: score_v2(*one, r)
            score[b, s] = indexer.score_rows(rows, score_of, length)
            idx[b, s] = indexer.select(score[b, s], visible, k, int(t["offset"]))
    return out | dict(score=score, topk_idxs=idx)


def query_inputs(gen, dims, batches, tokens, sylvester):
    D, QL = dims["D"], dims["QL"]
    qr = torch.randint(-127, 128, (batches * tokens, QL), generator=gen).to(torch.int8)
    return dict(
        x=common.bf16(torch.randn(batches, tokens, D, generator=gen)),
        qr=qr,
        qr_scale=torch.rand(batches * tokens, 1, generator=gen) * 0.02 + 0.01,
        wq_b=indexer.strided(gen, (QL, 8192), 5, 34.0, torch.int8),
        wq_b_scale=torch.exp(torch.randn(8192 // 16, generator=gen) * 0.56).repeat(16) * 2e-3,
        weights_proj=indexer.strided(gen, (D, 64), 3, 0.2313, torch.bfloat16),
        hadamard=indexer.matrix(gen, sylvester),
    )


def compressor_inputs(gen, dims, positions, tokens):
    batches, D = len(positions), dims["D"]
    table, blocks = compressor_cases.page_table(SHAPE, gen, positions, tokens, dims["MAX_SEQ"] // 4 + 1, 2)
    return dict(
        inner_compress_state=indexer.strided(gen, (blocks, 4, 512), 7, 1.0, torch.float32),
        inner_compress_state_block_table=table,
        inner_wkv=indexer.strided(gen, (256, D), 5, 0.0293, torch.bfloat16),
        inner_wgate=indexer.strided(gen, (256, D), 5, 0.0512, torch.bfloat16),
        inner_ape=indexer.strided(gen, (4, 256), 7, 0.1528, torch.float32),
        inner_norm_w=common.bf16(0.685 + 0.261 * torch.randn(128, generator=gen)),
    )


def slots(t, positions, tokens, page, speculative):
    """Where the step writes: state slots per token, a cache slot where a token ends a window."""
    shape = (len(positions), tokens)
    ids = torch.empty(shape, dtype=torch.int32)
    state = torch.empty(shape, dtype=torch.int64)
    cache = torch.full(shape, -1, dtype=torch.int64)
    for b, first in enumerate(positions):
        for s in range(tokens):
            p = ids[b, s] = first + s
            entry = int(t["inner_compress_state_block_table"][b, p // 4])
            state[b, s] = entry * 4 + p % 4
            if (p + 1) % 4 == 0 and (b, s) not in speculative:
                column = int(p) // 4
                cache[b, s] = int(t["idx_block_table"][b, column // page]) * page + column % page
    t["position_ids"], t["idx_slot_mapping"], t["inner_state_slot_mapping"] = ids, cache, state


def case(name, seed, contract, dims, positions, tokens, page, offset, k=None, speculative=(),
         missing=()):
    gen = common.generator(seed)
    length = dims["MAX_SEQ"] // 4
    t = query_inputs(gen, dims, len(positions), tokens, sylvester=seed % 2 == 0)
    t["cos"], t["sin"] = indexer.angles(gen, len(positions))
    t |= compressor_inputs(gen, dims, positions, tokens)
    ends = [p + tokens for p in positions]
    table, blocks = indexer.page_tables(gen, [n // 4 for n in ends], page, -(-length // page) + 1, 2)
    shape = (blocks, page, 1, 128)
    if contract == "V3":
        t["idx_kv_cache"] = indexer.strided(gen, shape, 3, 40.0, torch.int8)
        t["idx_kv_scale"] = torch.rand(blocks, page, 1, 1, generator=gen) * 0.02 + 0.001
    else:
        t["idx_kv_cache"] = indexer.strided(gen, shape, 3, 1.0, torch.bfloat16)
    t["idx_block_table"] = table
    slots(t, positions, tokens, page, speculative)
    for b, i in missing:
        table[b, i] = -1
    t["kv_seq_lens"] = torch.tensor(ends, dtype=torch.int32)
    t["offset"] = torch.tensor(offset, dtype=torch.int32)
    k = k or dims["IDX_TOPK"]
    return common.Case("indexer_w8a8", name, contract, t, run(t, contract, k, length),
                       dict(IDX_TOPK=k))


def cases():
    flash, pro = common.TINY_FLASH, common.TINY_PRO
    yield case("v2_tf_s1", 200, "V2", flash, [0, 3, 4, 127, 131, 1023], 1, 128, 129)
    yield case("v2_tp_s2", 201, "V2", pro, [2, 6, 255, 766], 2, 128, 130, speculative=[(1, 1)],
               missing=[(3, 0)])
    yield case("v2_tf_s4", 202, "V2", flash, [1, 124, 1017], 4, 128, 0, k=31)
    yield case("v3_tf_s2", 203, "V3", flash, [0, 3, 129, 254, 1022], 2, 32, 0, speculative=[(1, 0)])
    yield case("v3_tp_s2", 204, "V3", pro, [2, 257, 763], 2, 128, 0, missing=[(2, 0)])
    yield case("v3_tp_s1", 205, "V3", pro, [7, 255], 1, 128, 7, k=64)
