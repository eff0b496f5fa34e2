"""csa_cache_writeback (kernels.md §7.4, contract V2), from the specification."""

import torch

import common


def reference(kv, ori_slot_mapping, kv_cache):
    rings = kv_cache.clone()
    for row, slot in zip(kv, ori_slot_mapping.tolist()):
        if slot >= 0:
            rings[slot // 128, slot % 128, 0] = row
    return {"kv_cache": rings}


def case(name, seed, tokens, blocks, kept):
    """`kept(t)`: whether token t is stored."""
    gen = common.generator(seed)
    slots = torch.randperm(blocks * 128, generator=gen)[:tokens]
    inputs = dict(
        kv=common.bf16(common.levels(gen, (tokens, 512), 0.25)),
        ori_slot_mapping=torch.where(torch.tensor([kept(t) for t in range(tokens)]), slots, -1),
        kv_cache=common.bf16(common.levels(gen, (blocks, 128, 1, 1), 0.125).expand(-1, -1, -1, 512)),
    )
    return common.Case("csa_cache_writeback", name, "V2", inputs, reference(**inputs))


def cases():
    yield case("eight_tokens", 710, 8, 2, lambda t: t != 3)
    yield case("none_stored", 711, 2, 1, lambda t: False)
