"""Inputs of the sparse attention references: values that compress well, and the index operands of
every contract at positions where the window is short, full or wraps (appendix D)."""

import torch

import attention_math
import common
import csa_index_build

WIN = 128


def rows(gen, shape, scale):
    """Rows made of segments of 32 from a pool of 48: all differ, and repeat enough for xz."""
    pool = common.levels(gen, (48, 32), scale, count=9)
    pick = torch.randint(0, 48, (*shape[:-1], shape[-1] // 32), generator=gen)
    return pool[pick].reshape(shape).to(torch.bfloat16)


def codes(gen, shape):
    """INT8 weights of the same kind."""
    pool = common.int8_levels(gen, (48, 32), step=18)
    pick = torch.randint(0, 48, (*shape[:-1], shape[-1] // 32), generator=gen)
    return pool[pick].reshape(shape)


def values(gen, dims, tokens, positions):
    """What every contract has: q, a sink of each kind, the tokens' angles."""
    cos, sin = common.rope_table(positions)
    sinks = torch.tensor([-1e4, 0.0, 4.0, 50.0])
    return dict(
        q=rows(gen, (tokens, dims["H"], 512), 0.375),
        attn_sink=sinks.repeat(-(-dims["H"] // 4))[: dims["H"]].clone(),
        freqs_cos=cos,
        freqs_sin=sin,
    )


def projection(gen, dims):
    lora, groups = dims["O_LORA"], dims["G"]
    inner = dims["H"] * 512 // groups
    scale = torch.randint(8, 24, (dims["D"],), generator=gen).float() * 2.0**-16
    return dict(
        wo_a=rows(gen, (groups, lora, inner), 2.0**-8),
        wo_b=codes(gen, (dims["D"], groups * lora)),
        wo_b_scale=scale,
    )


def permutation(gen, count, shape):
    """Distinct pages of a pool of `count`."""
    size = int(torch.tensor(shape).prod())
    return torch.randperm(count, generator=gen)[:size].reshape(shape).to(torch.int32)


def coded(gen, dims, starts, tokens, pages):
    """V2 CSA and SWA: caches, tables, and positions; `pages` of 128 columns per batch."""
    batches = len(starts)
    x = dict(
        ori_kv=rows(gen, (batches + 1, WIN, 1, 512), 0.5),
        ori_block_table=permutation(gen, batches + 1, (batches, 1)),
        mtp_kv_overlay=rows(gen, (batches * tokens, 512), 0.5),
        cmp_kv=rows(gen, (batches * pages, 128, 1, 512), 0.5),
        cmp_block_table=permutation(gen, batches * pages, (batches, pages)),
    )
    positions = torch.cat([start + torch.arange(tokens) for start in starts]).to(torch.int32)
    x.update(values(gen, dims, batches * tokens, positions))
    return x, positions


def csa_codes(gen, dims, starts, tokens, positions):
    """The index build's outputs for a random choice of the indexer."""
    topk = torch.full((len(starts), tokens, dims["IDX_TOPK"]), -1, dtype=torch.int32)
    for b, start in enumerate(starts):
        for s in range(tokens):
            chosen = torch.randperm((start + tokens) // 4, generator=gen)[: dims["IDX_TOPK"]]
            topk[b, s, : len(chosen)] = (chosen + WIN + tokens).to(torch.int32)
    lengths = torch.tensor(starts) + tokens
    return csa_index_build.reference(positions, lengths, topk, dims["IDX_TOPK"])


def hca_codes(starts, tokens, width=256):
    """V2 HCA: slot k in column k unless a token takes it, then tokens, then columns."""
    out = torch.full((len(starts) * tokens, width), -1, dtype=torch.int32)
    for b, start in enumerate(starts):
        for s in range(tokens):
            p, row = start + s, out[b * tokens + s]
            filled = min(p + 1, WIN)
            row[:filled] = torch.arange(filled)
            for other in range(s + 1):
                row[(start + other) % WIN] = -1
                row[WIN + other] = WIN + other
            count = (p + 1) // 128
            first = WIN + tokens
            row[first : first + count] = torch.arange(count) + first
    return out


def win_bias(indices, starts, tokens):
    """V2 SWA: 0 where a column is valid, -1e20 elsewhere; page rows, then all tokens."""
    total = len(starts) * tokens
    out = torch.full((total, WIN * (1 + -(-total // WIN))), -1e20)
    for t, codes_of in enumerate(indices.tolist()):
        for code in codes_of:
            if code >= 0:
                out[t, code if code < WIN else code + t // tokens * tokens] = 0.0
    return out


def window_rows(gen, pages, starts, tokens):
    """V3: physical rows of the window, oldest to current, -1 behind; and the positions."""
    out = torch.full((len(starts) * tokens, WIN), -1, dtype=torch.int32)
    table = torch.randperm(pages, generator=gen)
    positions = []
    for b, start in enumerate(starts):
        for s in range(tokens):
            p = start + s
            seen = torch.arange(max(0, p - WIN + 1), p + 1)
            page = table[(2 * b + torch.div(seen, WIN, rounding_mode="floor") % 2) % pages]
            out[b * tokens + s, : len(seen)] = (page * WIN + seen % WIN).to(torch.int32)
            positions.append(p)
    return out, torch.tensor(positions, dtype=torch.int32)


def output(x, columns):
    return dict(attn_out=attention_math.attention(x, columns))
