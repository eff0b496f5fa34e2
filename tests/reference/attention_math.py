"""Sparse attention and the grouped output projection (kernels.md §7.2 to §7.5), from the
specification. Sums of products are taken in FP64 and rounded once to FP32 (§0.8); all else is FP32.
"""

import torch

WIN = 128
ATTN_K_TILE = 128
HEAD_DIM = 512
ROPE_DIM = 64
NOPE_DIM = HEAD_DIM - ROPE_DIM
SOFTMAX_SCALE = 512 ** -0.5
INT8_AMAX_EPS = 1e-4


def product(a, b):
    return (a.double() @ b.double()).float()


# --- §7.2 the core -------------------------------------------------------------------------------


def attend_block(q, rows):
    """q [H, 512] over the valid rows [n, 512] of one block: its maximum, sum and weighted rows."""
    scores = product(q, rows.T) * torch.tensor(SOFTMAX_SCALE, dtype=torch.float32)
    m = scores.max(dim=1).values
    e = torch.exp(scores - m[:, None])
    return m, e.double().sum(dim=1).float(), product(e.to(torch.bfloat16).float(), rows)


def merge(blocks, sink):
    """Blocks in ascending order, then the sink in the denominator only."""
    m, l, o = blocks[0]
    for m_b, l_b, o_b in blocks[1:]:
        top = torch.maximum(m, m_b)
        alpha, beta = torch.exp(m - top), torch.exp(m_b - top)
        l = alpha * l + beta * l_b
        o = alpha[:, None] * o + beta[:, None] * o_b
        m = top
    return o / (l + torch.exp(sink - m))[:, None]


def inverse_rope(out, cos, sin):
    """out [H, 512] with the query token's table row; the result is bf16."""
    c, s = cos[: ROPE_DIM // 2].float(), sin[: ROPE_DIM // 2].float()
    even, odd = out[:, NOPE_DIM::2], out[:, NOPE_DIM + 1 :: 2]
    tail = torch.stack([even * c + odd * s, odd * c - even * s], dim=2).flatten(1)
    return torch.cat([out[:, :NOPE_DIM], tail], dim=1).to(torch.bfloat16)


def attend(q, columns, sink, cos, sin):
    """q [T, H, 512] bf16; columns[t]: list of blocks, each a list of rows, None where invalid.

    A block without a valid row changes nothing, a token without one gives zeros. Returns bf16.
    """
    outs = []
    for t, blocks in enumerate(columns):
        valid = [[row for row in block if row is not None] for block in blocks]
        parts = [attend_block(q[t].float(), torch.stack(rows).float()) for rows in valid if rows]
        out = merge(parts, sink) if parts else torch.zeros(q.shape[1], HEAD_DIM)
        outs.append(inverse_rope(out, cos[t], sin[t]))
    return torch.stack(outs)


def cut(rows):
    """A list of rows as blocks of ATTN_K_TILE."""
    return [rows[i : i + ATTN_K_TILE] for i in range(0, len(rows), ATTN_K_TILE)]


# --- §7.1, §7.5 what the columns of each contract are ---------------------------------------------


def paged(cache, table, column):
    """Row `column` through a block table; the page length is the cache's dimension 1. None where
    nothing is mapped."""
    page = cache.shape[1]
    if column < 0 or column >= len(table) * page or table[column // page] < 0:
        return None
    return cache[int(table[column // page]), column % page, 0]


def coded_columns(x):
    """V2 CSA and HCA: window slot, overlay token of the batch, or compressed column."""
    batches = x["ori_block_table"].shape[0]
    tokens = x["q"].shape[0] // batches
    columns = []
    for t, codes in enumerate(x["cmp_sparse_indices"].tolist()):
        b = t // tokens
        rows = []
        for code in codes:
            if code < 0:
                rows.append(None)
            elif code < WIN:
                rows.append(x["ori_kv"][int(x["ori_block_table"][b, 0]), code, 0])
            elif code < WIN + tokens:
                rows.append(x["mtp_kv_overlay"][b * tokens + code - WIN])
            else:
                rows.append(paged(x["cmp_kv"], x["cmp_block_table"][b], code - WIN - tokens))
        columns.append(cut(rows))
    return columns


def swa_columns(x):
    """V2 SWA: the codes are a set; page rows in order, then all overlay rows."""
    batches = x["ori_block_table"].shape[0]
    tokens = x["q"].shape[0] // batches
    columns = []
    for t, codes in enumerate(x["cmp_sparse_indices"].tolist()):
        b, codes = t // tokens, set(codes)
        page = x["ori_kv"][int(x["ori_block_table"][b, 0])]
        window = [page[r, 0] if r in codes else None for r in range(WIN)]
        overlay = [None] * x["q"].shape[0]
        for s in range(tokens):
            if WIN + s in codes:
                overlay[b * tokens + s] = x["mtp_kv_overlay"][b * tokens + s]
        columns.append([window] + cut(overlay))
    return columns


def physical(x, index):
    row = int(index)
    return None if row < 0 else x["ori_kv"].reshape(-1, HEAD_DIM)[row]


def v3_columns(x, compressed):
    """V3 CSA and HCA: physical window rows, then columns of compressed[t], -1 invalid."""
    tokens = x["q"].shape[0] // x["cmp_block_table"].shape[0]
    columns = []
    for t, window in enumerate(x["window_swa_indices"]):
        table = x["cmp_block_table"][t // tokens]
        rows = [physical(x, index) for index in window]
        rows += [paged(x["cmp_kv"], table, int(column)) for column in compressed[t]]
        columns.append(cut(rows))
    return columns


def visible_topk(x, idx_topk):
    """V3 CSA: the first idx_topk of the indexer's columns, where 0 <= column < (p + 1) / 4."""
    raw = x["idx_topk"][:, :idx_topk]
    bound = torch.div(x["position_ids"].reshape(-1, 1) + 1, 4, rounding_mode="floor")
    return torch.where((raw >= 0) & (raw < bound), raw, torch.full_like(raw, -1))


def swa_v3_columns(x):
    """V3 SWA: the first swa_lens[t] physical rows."""
    return [
        [[physical(x, v) if k < int(n) else None for k, v in enumerate(row)]]
        for row, n in zip(x["swa_indices"], x["swa_lens"])
    ]


def prefill_columns(x, columns_read):
    """V2 prefill: valid entries of the first columns_read, compacted, then cut into blocks."""
    total, active = x["q"].shape[0], int(x["num_tokens"])
    columns = []
    for t in range(total):
        rows = []
        length = max(0, min(int(x["cmp_sparse_lens"][t]), columns_read)) if t < active else 0
        for code in x["cmp_sparse_indices"][t, :length].tolist():
            if code < 0:
                rows.append(None)
            elif code < WIN:
                rows.append(x["ori_kv"][int(x["ori_block_table"][0]), code, 0])
            elif code < WIN + total:
                rows.append(x["kv_overlay"][code - WIN] if code - WIN < active else None)
            else:
                rows.append(paged(x["cmp_kv"], x["cmp_block_table"], code - WIN - total))
        columns.append(cut([row for row in rows if row is not None]))
    return columns


def prefill_v3_columns(x):
    """V3 prefill: physical window rows and compressed columns, compacted, then cut into blocks."""
    columns = []
    for t in range(x["q"].shape[0]):
        rows = []
        if t < int(x["num_tokens"]):
            rows = [physical(x, index) for index in x["swa_indices"][t]]
            rows += [paged(x["cmp_kv"], x["cmp_block_table"], int(c)) for c in x["cmp_indices"][t]]
        columns.append(cut([row for row in rows if row is not None]))
    return columns


# --- §7.3 the output projection -------------------------------------------------------------------


def quantise(row):
    """P2: codes as FP32 and the scale that takes them back."""
    amax = torch.clamp(row.abs().max(), min=torch.tensor(INT8_AMAX_EPS))
    scale = torch.tensor(127.0) / amax
    return torch.round(row * scale), 1.0 / scale


def o_proj(o, wo_a, wo_b, wo_b_scale):
    """o [T, H, 512] bf16 → attn_out [T, D] bf16."""
    groups, lora, inner = wo_a.shape
    tokens = o.shape[0]
    packed = o.reshape(tokens, groups, inner)
    out = torch.zeros(tokens, wo_b.shape[0])
    for g in range(groups):
        a = product(packed[:, g].float(), wo_a[g].float().T)
        weights = wo_b[:, g * lora : (g + 1) * lora].double()
        for t in range(tokens):
            codes, back = quantise(a[t])
            out[t] = out[t] + (weights @ codes.double()).float() * back
    return (out * wo_b_scale).to(torch.bfloat16)


def attention(x, columns):
    """A whole half-layer: core and output projection."""
    o = attend(x["q"], columns, x["attn_sink"], x["freqs_cos"], x["freqs_sin"])
    return o_proj(o, x["wo_a"], x["wo_b"], x["wo_b_scale"])
