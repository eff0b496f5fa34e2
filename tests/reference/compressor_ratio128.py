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


def cases():
    for seed, (name, arguments) in enumerate(SLOTTED.items()):
        yield slotted(name, 80 + seed, *arguments)
