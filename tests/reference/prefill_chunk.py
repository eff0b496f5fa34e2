"""Inputs of the packed prefill compressors (kernels.md §6): one chunk of a sequence, its pages and
slots, and operands that compress well."""

import dataclasses

import torch

import common


@dataclasses.dataclass
class Chunk:
    """Tokens at the positions start, start+1, …; the first `active` of them count. The state's pool
    has `pages` pages and rolls: page p of the sequence is page p modulo `pages`, permuted. `forget`
    are pages of the sequence that are not mapped; the last `keep` active tokens leave their state.
    Windows that end at a position of `speculative` are not written."""

    T: int
    D: int
    start: int
    active: int
    pages: int
    keep: int
    forget: tuple = ()
    speculative: tuple = ()
    cmp_pages: int = 2
    cmp_page: int = 128


def sliding(gen, shape, scale, count=15):
    """Levels whose rows are pieces of one random sequence: rows differ, and compress to nothing."""
    rows, columns = shape
    base = common.levels(gen, (4 * columns,), scale, count)
    starts = torch.randint(0, 3 * columns, (rows,), generator=gen)
    return base[starts[:, None] + torch.arange(columns)[None, :]]


def pool_like(gen, pages, page, columns, scale):
    return sliding(gen, (pages * page, columns), scale).reshape(pages, page, columns)


def positions(chunk):
    return chunk.start + torch.arange(chunk.T, dtype=torch.int32)


def block_table(gen, chunk, page):
    """One entry per page up to the chunk's last position."""
    order = torch.randperm(chunk.pages, generator=gen)
    entries = (chunk.start + chunk.T - 1) // page + 1
    table = order[torch.arange(entries) % chunk.pages].to(torch.int32)
    table[list(chunk.forget)] = -1
    return table


def state_slots(chunk, table, page):
    slots = torch.full((chunk.T,), -1, dtype=torch.int64)
    for t in range(max(0, chunk.active - chunk.keep), chunk.active):
        position = chunk.start + t
        block = int(table[position // page])
        if block >= 0:
            slots[t] = block * page + position % page
    return slots


def cmp_slots(gen, chunk, ratio):
    order = torch.randperm(chunk.cmp_pages, generator=gen)
    slots = torch.full((chunk.T,), -1, dtype=torch.int64)
    for t in range(chunk.active):
        position = chunk.start + t
        if (position + 1) % ratio or position in chunk.speculative:
            continue
        column = position // ratio
        slots[t] = order[column // chunk.cmp_page] * chunk.cmp_page + column % chunk.cmp_page
    return slots


def rope_rows(chunk, reach):
    """The tables up to the chunk's end; rows that no window of it can use are zero."""
    used = torch.arange(max(0, chunk.start - reach), chunk.start + chunk.T)
    rows = torch.zeros(2, chunk.start + chunk.T, 64, dtype=torch.bfloat16)
    rows[0, used], rows[1, used] = common.rope_table(used)
    return rows[0], rows[1]


def inputs(seed, chunk, ratio, out, page, head=512):
    """All inputs but the state; weights [out, D], compressed rows of `head` columns."""
    gen = common.generator(seed)
    table = block_table(gen, chunk, page)
    cos, sin = rope_rows(chunk, ratio)
    return {
        "x": common.bf16(sliding(gen, (chunk.T, chunk.D), 0.5, 5)),
        "wkv": common.bf16(sliding(gen, (out, chunk.D), 2.0**-5, 7)),
        "wgate": common.bf16(sliding(gen, (out, chunk.D), 2.0**-4, 7)),
        "ape": sliding(gen, (ratio, out), 0.125),
        "norm_w": common.bf16(0.6875 + common.levels(gen, (head,), 0.0625, 9)),
        "freqs_cos": cos,
        "freqs_sin": sin,
        "compress_state_block_table": table,
        "cmp_kv": common.bf16(
            pool_like(gen, chunk.cmp_pages, chunk.cmp_page, head, 0.25)[:, :, None]),
        "position_ids": positions(chunk),
        "num_tokens": torch.tensor(chunk.active, dtype=torch.int32),
        "cmp_slot_mapping": cmp_slots(gen, chunk, ratio),
        "state_slot_mapping": state_slots(chunk, table, page),
    }


def two_pools(seed, chunk, page, out):
    gen = common.generator(seed + 1)
    return {
        "kv_state": pool_like(gen, chunk.pages, page, out, 0.25),
        "score_state": pool_like(gen, chunk.pages, page, out, 0.5),
    }


def one_pool(pools):
    """Contract V3: a row's kv, then its score."""
    return {"compress_state": torch.cat([pools["kv_state"], pools["score_state"]], dim=2)}
