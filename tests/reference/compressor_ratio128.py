"""compressor_ratio128 (kernels.md §5)."""

import torch

import common
import compressor
import compressor_cases as cases_of

KERNEL = "compressor_ratio128"
SHAPE = compressor.RATIO128
NAMES = cases_of.PAGED | cases_of.ATTENTION

# name: contract, dims, positions, tokens, (batch, token[, no state]) that are speculative, page length
SLOTTED = {
    "v2_tf_s1": ("V2", common.TINY_FLASH, [127, 128, 255, 383], 1, [(2, 0)], 128),
    "v2_tp_s2": ("V2", common.TINY_PRO, [126, 127, 382, 200], 2, [(2, 1, True), (3, 0, True)], 128),
    "v2_tf_s4": ("V2", common.TINY_FLASH, [125, 252], 4, [(1, 0, True)], 128),
    "v3_tf_s2": ("V3", common.TINY_FLASH, [255, 126, 383, 5], 2, [(1, 1), (3, 0, True)], 1),
    "v3_tp_s1": ("V3", common.TINY_PRO, [127, 255, 384], 1, [(1, 0)], 128),
}

V1_NAMES = cases_of.PAGED | {"cache": "cmp_kv_cache", "cache_table": "cmp_block_table", "start_pos": "start_pos",
                            "even_idx": "even_idx", "odd_idx": "odd_idx"}

# name: dims, positions, tokens
TABLED = {
    "v1_tf_s2": (common.TINY_FLASH, [126, 127, 382, 5, 255], 2),
    "v1_tp_s1": (common.TINY_PRO, [255, 127, 383], 1),
}

V0_NAMES = cases_of.PAGED | {
    name: name for name in ("kv_state", "score_state", "start_pos")
}

# name: dims, batches, position
CONTIGUOUS = {
    "v0_tf_end": (common.TINY_FLASH, 2, 127),
    "v0_tp_end": (common.TINY_PRO, 2, 383),
    "v0_tf_mid": (common.TINY_FLASH, 2, 200),
}


def slotted(name, seed, contract, dims, positions, tokens, speculative, page):
    generator, t = cases_of.paged_inputs(SHAPE, seed, positions, tokens, dims["D"], 49, True,
                                         torch.bfloat16)
    t["cache"] = cases_of.cache(generator, 256 // page if page > 1 else 20, page, SHAPE.head)
    cases_of.slots(SHAPE, generator, t, positions, tokens, 20, speculative)
    if contract == "V3":
        t["table"][0, positions[0] // 8 - 3] = -1  # history that is not mapped
        cases_of.forget(t, 0.2, generator)
    step = compressor.SlottedStep(SHAPE, t, True)
    kv, cache, _ = compressor.finish(step, contract == "V3")
    return cases_of.finished(KERNEL, name, contract, NAMES, t, step, kv, cache)


def tabled(name, seed, dims, positions, tokens):
    generator, t = cases_of.paged_inputs(SHAPE, seed, positions, tokens, dims["D"], 64, False,
                                         torch.float32)
    cases_of.tabled(generator, t, SHAPE, positions, len(positions) + 2, 4, 12)
    step = compressor.TabledStep(SHAPE, t, False)
    kv, cache, _ = compressor.finish(step, False)
    return cases_of.finished(KERNEL, name, "V1", V1_NAMES, t, step, kv, cache)


def contiguous(name, seed, dims, batches, position):
    _, t = cases_of.contiguous_inputs(SHAPE, seed, batches, dims["D"], position, True, torch.bfloat16)
    t["cos"], t["sin"] = t["cos"].to(torch.bfloat16), t["sin"].to(torch.bfloat16)
    step, out = compressor.ratio128_v0(t)
    assert out.any() == step.ends
    inputs = {V0_NAMES[key]: value for key, value in t.items()}
    outputs = {"out": out, "kv_state": step.kv_state, "score_state": step.score_state}
    return common.Case(KERNEL, name, "V0", inputs, outputs)


def cases():
    for make, given, first in ((slotted, SLOTTED, 80), (tabled, TABLED, 86), (contiguous, CONTIGUOUS, 90)):
        for seed, (name, arguments) in enumerate(given.items()):
            yield make(name, first + seed, *arguments)
