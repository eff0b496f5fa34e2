"""Inputs of the decode compressors' cases: permuted pages, batches at positions of their own, slots that
say "do not write". Random where it matters; matrices are one random sequence read at a stride, so
that they compress while no two rows are alike.
"""

import torch

import common


def strided(generator, rows, columns, step, scale, dtype=torch.float32):
    """[rows, columns] whose row r is a random sequence from step·r on."""
    base = torch.randn(step * (rows - 1) + columns, generator=generator) * scale
    return base.as_strided((rows, columns), (step, 1)).clone().to(dtype)


def weight(generator, out, hidden, scale, transposed):
    w = strided(generator, out, hidden, 5, scale, torch.bfloat16)
    return w.clone() if transposed else w.t().contiguous()


def angles(generator, rows):
    """cos and sin as the tables store them: bfloat16 values in FP32."""
    angle = torch.rand(rows, common.ROPE_DIM // 2, generator=generator) * 6.28
    return [f(angle).to(torch.bfloat16).float() for f in (torch.cos, torch.sin)]


def live_pages(shape, pos0, tokens):
    """Logical state pages that the step of a batch reads or writes."""
    window = 2 * shape.ratio if shape.overlap else shape.ratio
    first = max(pos0 - window + 1, 0)
    return range(first // shape.state_page, (pos0 + tokens - 1) // shape.state_page + 1)


def page_table(shape, generator, positions, tokens, width, spare):
    """A table [B, width] whose live pages are distinct and permuted, all others unmapped, and the number
    of physical pages: `spare` more than are live."""
    live = [(b, page) for b, pos0 in enumerate(positions) for page in live_pages(shape, pos0, tokens)]
    blocks = len(live) + spare
    physical = torch.randperm(blocks, generator=generator)
    table = torch.full((len(positions), width), -1, dtype=torch.int32)
    for (b, page), block in zip(live, physical):
        table[b, page] = int(block)
    return table, blocks


def projection_inputs(shape, generator, batches, tokens, hidden, transposed, gamma):
    cos, sin = angles(generator, batches)
    return {
        "x": torch.randn(batches, tokens, hidden, generator=generator).to(torch.bfloat16),
        "wkv": weight(generator, shape.out, hidden, 1 / hidden**0.5, transposed),
        "wgate": weight(generator, shape.out, hidden, 2 / hidden**0.5, transposed),
        "ape": strided(generator, shape.ratio, shape.out, 7, 0.15),
        "norm_w": (0.685 + 0.261 * torch.randn(shape.head, generator=generator)).to(gamma),
        "cos": cos,
        "sin": sin,
    }


def paged_inputs(shape, seed, positions, tokens, hidden, width, transposed, gamma):
    generator = common.generator(seed)
    t = projection_inputs(shape, generator, len(positions), tokens, hidden, transposed, gamma)
    t["table"], blocks = page_table(shape, generator, positions, tokens, width, 2)
    page = shape.state_page
    state = strided(generator, blocks * page, 2 * shape.out, 11, 1.0)
    t["state"] = state.reshape(blocks, page, 2 * shape.out)
    return generator, t


def cache(generator, blocks, page, head):
    rows = strided(generator, blocks * page, head, 3, 1.0, torch.bfloat16)
    return rows.reshape(blocks, page, 1, head)


def code_cache(generator, blocks, page, head):
    codes = torch.randint(-127, 128, (3 * blocks * page + head,), generator=generator)
    rows = codes.as_strided((blocks * page, head), (3, 1)).clone().to(torch.int8)
    scale = torch.rand(blocks * page, generator=generator) * 0.02 + 0.001
    return rows.reshape(blocks, page, 1, head), scale.reshape(blocks, page, 1, 1)


def slots(shape, generator, t, positions, tokens, cache_rows, speculative=()):
    """Slot mappings: a state slot per token, a cache slot where a token ends a window. `speculative`
    holds (batch, token) pairs that write no cache, with a third element True no state either."""
    batches, page = len(positions), shape.state_page
    ids = torch.tensor([[p + s for s in range(tokens)] for p in positions], dtype=torch.int32)
    state = torch.full((batches, tokens), -1, dtype=torch.int64)
    rows = torch.full((batches, tokens), -1, dtype=torch.int64)
    free = torch.randperm(cache_rows, generator=generator)
    for b in range(batches):
        for s in range(tokens):
            p = int(ids[b, s])
            state[b, s] = int(t["table"][b, p // page]) * page + p % page
            if (p + 1) % shape.ratio == 0:
                rows[b, s] = free[b * tokens + s]
    for b, s, *no_state in speculative:
        rows[b, s] = -1
        if no_state and no_state[0]:
            state[b, s] = -1
    t["position_ids"], t["state_slots"], t["cache_slots"] = ids, state, rows


def forget(t, fraction, generator):
    """Scores of some state rows as a fresh pool has them."""
    rows = t["state"].reshape(-1, t["state"].shape[-1])
    chosen = torch.rand(rows.shape[0], generator=generator) < fraction
    half = rows.shape[1] // 2
    rows[chosen, :half] = 0
    rows[chosen, half:] = common.FLT_MIN_INF


# Names of the specification's IO tables.
PAGED = {"x": "x", "wkv": "wkv", "wgate": "wgate", "ape": "ape", "norm_w": "norm_w", "cos": "cos",
         "sin": "sin", "state": "compress_state", "table": "compress_state_block_table"}
ATTENTION = {"cache": "cmp_kv_cache", "cache_slots": "cmp_slot_mapping", "state_slots": "state_slot_mapping",
             "position_ids": "position_ids"}
INDEXER = {"cache": "idx_kv_cache", "cache_slots": "idx_slot_mapping", "hadamard": "hadamard",
           "state_slots": "inner_state_slot_mapping", "position_ids": "position_ids",
           "scale": "idx_kv_scale"}


def finished(kernel, name, contract, names, t, step, kv, cache, scales=None):
    """The case of one step: inputs as they were, states after it."""
    assert torch.isfinite(kv).all() and kv.any(), f"{name}: no window, or one without any score"
    inputs = {names[key]: value for key, value in t.items() if key in names}
    outputs = {
        "kv": kv,
        names["state"]: step.state.reshape(t["state"].shape),
        names["cache"]: cache,
    }
    if scales is not None:
        outputs[names["scale"]] = scales
    return common.Case(kernel, name, contract, inputs, outputs)


def tabled(generator, t, shape, positions, cache_blocks, page, pages):
    """V1's own operands: start positions, the cache and its table; the last batch's page is missing."""
    t["start_pos"] = torch.tensor(positions, dtype=torch.int32)
    t["even_idx"] = torch.arange(0, 64, 2, dtype=torch.int32)[None]
    t["odd_idx"] = torch.arange(1, 64, 2, dtype=torch.int32)[None]
    t["cache"] = cache(generator, cache_blocks, page, shape.head)
    t["cache_table"] = torch.full((len(positions), pages), -1, dtype=torch.int32)
    physical = torch.randperm(cache_blocks, generator=generator)
    for b, position in enumerate(positions[:-1]):
        t["cache_table"][b, position // shape.ratio // page] = int(physical[b])


def contiguous_inputs(shape, seed, batches, hidden, position, transposed, gamma):
    """V0's operands but for the cache; a history that began at position 0."""
    generator = common.generator(seed)
    t = projection_inputs(shape, generator, batches, 1, hidden, transposed, gamma)
    slots = shape.ratio * (2 if shape.overlap else 1)
    for state, empty in (("kv_state", 0.0), ("score_state", common.FLT_MIN_INF)):
        t[state] = strided(generator, batches * slots, shape.out, 11, 1.0).reshape(batches, slots, -1)
        if shape.overlap and position < shape.ratio:
            t[state][:, :shape.ratio] = empty
        t[state][:, slots - shape.ratio + position % shape.ratio:] = empty
    t["cos"], t["sin"] = t["cos"][:1], t["sin"][:1]
    t["start_pos"] = torch.tensor(position, dtype=torch.int32)
    return generator, t
