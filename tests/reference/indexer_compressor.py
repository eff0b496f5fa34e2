"""indexer_compressor (kernels.md §3)."""

import torch

import common
import compressor
import compressor_cases as cases_of

KERNEL = "indexer_compressor"
SHAPE = compressor.INDEXER
NAMES = cases_of.PAGED | cases_of.INDEXER

# name: contract, dims, positions, tokens, (batch, token[, no state]) that are speculative, page length
SLOTTED = {
    "v2_tf_s1": ("V2", common.TINY_FLASH, [0, 3, 4, 7, 8, 127, 128, 255], 1, [(3, 0)], 128),
    "v2_tp_s2": ("V2", common.TINY_PRO, [2, 1, 10, 131, 7, 255], 2, [(2, 1, True), (1, 0, True)], 128),
    "v2_tf_s4": ("V2", common.TINY_FLASH, [0, 5, 14, 127], 4, [(1, 2), (3, 3, True)], 128),
    "v3_tf_s2": ("V3", common.TINY_FLASH, [3, 6, 130, 9, 7], 2, [(1, 1), (3, 0, True)], 32),
    "v3_tp_s1": ("V3", common.TINY_PRO, [7, 255, 11, 12], 1, [(2, 0)], 128),
}

V1_NAMES = cases_of.PAGED | {"cache": "idx_kv_cache", "cache_table": "idx_block_table", "start_pos": "start_pos",
                            "even_idx": "even_idx", "odd_idx": "odd_idx", "hadamard": "hadamard"}

# name: dims, positions, tokens
TABLED = {
    "v1_tf_s2": (common.TINY_FLASH, [0, 2, 6, 127, 7], 2),
    "v1_tp_s1": (common.TINY_PRO, [3, 131, 12, 7], 1),
}

V0_NAMES = cases_of.PAGED | {
    name: name for name in ("kv_state", "score_state", "start_pos", "hadamard", "rotate")
} | {"cache": "idx_kv_cache"}

# name: dims, batches, position, rotate
CONTIGUOUS = {
    "v0_tf_end": (common.TINY_FLASH, 4, 7, 1),
    "v0_tp_first": (common.TINY_PRO, 4, 3, 1),
    "v0_tf_mid": (common.TINY_FLASH, 2, 6, 0),
}


def matrix(generator, name):
    """Sylvester's matrix, and for one case any other: it is a general operand."""
    if name != "v2_tp_s2":
        return common.hadamard(SHAPE.head)
    return cases_of.strided(generator, SHAPE.head, SHAPE.head, 5, SHAPE.head**-0.5, torch.bfloat16)


def slotted(name, seed, contract, dims, positions, tokens, speculative, page):
    generator, t = cases_of.paged_inputs(SHAPE, seed, positions, tokens, dims["D"], 66, True,
                                         torch.bfloat16)
    t["hadamard"] = matrix(generator, name)
    if contract == "V3":
        t["cache"], t["scale"] = cases_of.code_cache(generator, 2, page, SHAPE.head)
    else:
        t["cache"] = cases_of.cache(generator, 2, page, SHAPE.head)
    cases_of.slots(SHAPE, generator, t, positions, tokens, 2 * page, speculative)
    if contract == "V3":
        t["table"][1, positions[1] // 4 - 1] = -1  # history that is not mapped
        cases_of.forget(t, 0.2, generator)
    step = compressor.SlottedStep(SHAPE, t, True)
    result = compressor.finish(step, contract == "V3", t["hadamard"], contract == "V3")
    return cases_of.finished(KERNEL, name, contract, NAMES, t, step, *result)


def tabled(name, seed, dims, positions, tokens):
    generator, t = cases_of.paged_inputs(SHAPE, seed, positions, tokens, dims["D"], 64, False,
                                         torch.float32)
    t["hadamard"] = matrix(generator, name)
    cases_of.tabled(generator, t, SHAPE, positions, len(positions) + 2, 4, 12)
    step = compressor.TabledStep(SHAPE, t, False)
    kv, cache, _ = compressor.finish(step, False, t["hadamard"])
    return cases_of.finished(KERNEL, name, "V1", V1_NAMES, t, step, kv, cache)


def contiguous(name, seed, dims, batches, position, rotate):
    generator, t = cases_of.contiguous_inputs(SHAPE, seed, batches, dims["D"], position, False,
                                              torch.float32)
    t["hadamard"] = common.hadamard(SHAPE.head)
    t["rotate"] = torch.tensor(rotate, dtype=torch.int32)
    t["cache"] = cases_of.cache(generator, batches, 8, SHAPE.head).reshape(batches, 8, -1)
    step, kv, cache = compressor.contiguous(SHAPE, t)
    assert kv.any() == step.ends
    inputs = {V0_NAMES[key]: value for key, value in t.items()}
    outputs = {"kv": kv, V0_NAMES["cache"]: cache, "kv_state": step.kv_state,
               "score_state": step.score_state}
    return common.Case(KERNEL, name, "V0", inputs, outputs)


def cases():
    for make, given, first in ((slotted, SLOTTED, 60), (tabled, TABLED, 66), (contiguous, CONTIGUOUS, 70)):
        for seed, (name, arguments) in enumerate(given.items()):
            yield make(name, first + seed, *arguments)
