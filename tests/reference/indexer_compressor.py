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


def cases():
    for seed, (name, arguments) in enumerate(SLOTTED.items()):
        yield slotted(name, 60 + seed, *arguments)
