"""compressor_ratio4 (kernels.md §4)."""

import torch

import common
import compressor
import compressor_cases as cases_of

KERNEL = "compressor_ratio4"
SHAPE = compressor.RATIO4
NAMES = cases_of.PAGED | cases_of.ATTENTION

# name: contract, dims, positions, tokens, (batch, token[, no state]) that are speculative, page length
SLOTTED = {
    "v2_tf_s1": ("V2", common.TINY_FLASH, [0, 3, 7, 127, 126], 1, [(2, 0)], 128),
    "v2_tp_s2": ("V2", common.TINY_PRO, [2, 1, 10, 131, 4], 2, [(2, 1, True), (1, 0, True)], 128),
    "v2_tf_s4": ("V2", common.TINY_FLASH, [0, 14, 127], 4, [(1, 1), (2, 3, True)], 128),
    "v3_tf_s2": ("V3", common.TINY_FLASH, [3, 6, 130, 9], 2, [(1, 1), (3, 0, True)], 32),
    "v3_tp_s1": ("V3", common.TINY_PRO, [7, 255, 11], 1, [(1, 0)], 128),
}


def slotted(name, seed, contract, dims, positions, tokens, speculative, page):
    generator, t = cases_of.paged_inputs(SHAPE, seed, positions, tokens, dims["D"], 66, True,
                                         torch.bfloat16)
    t["cache"] = cases_of.cache(generator, 2, page, SHAPE.head)
    cases_of.slots(SHAPE, generator, t, positions, tokens, 2 * page, speculative)
    if contract == "V3":
        t["table"][1, positions[1] // 4 - 1] = -1  # history that is not mapped
        cases_of.forget(t, 0.2, generator)
    step = compressor.SlottedStep(SHAPE, t, True)
    kv, cache, _ = compressor.finish(step, contract == "V3")
    return cases_of.finished(KERNEL, name, contract, NAMES, t, step, kv, cache)


def cases():
    for seed, (name, arguments) in enumerate(SLOTTED.items()):
        yield slotted(name, 40 + seed, *arguments)
