"""softmax_pool: the compressors' pooling on its own (kernels.md §13.4, P9)."""

import torch

import common


def reference(kv, score):
    """kv, score [WINDOWS, SLOTS, HEAD_DIM] f32 → pooled [WINDOWS, HEAD_DIM]: each column weighted by
    the softmax of its own scores over the slots."""
    weight = torch.exp(score - score.max(dim=1, keepdim=True).values)
    return {"pooled": (kv * (weight / weight.sum(dim=1, keepdim=True))).sum(dim=1)}


def cases():
    shapes = {"slots8": (6, 8, 128), "slots128": (1, 128, 64), "ragged": (2, 3, 37)}
    for seed, (name, shape) in enumerate(shapes.items(), start=134):
        gen = common.generator(seed)
        kv, score = common.levels(gen, shape, 0.125, 31), common.levels(gen, shape, 0.25, 63)
        kv[0, : shape[1] // 2] = 0  # a window without its first half of history
        score[0, : shape[1] // 2] = -float("inf")
        score[-1, -1] += 80.0  # one slot takes nearly all the weight
        inputs = {"kv": kv, "score": score}
        yield common.Case("softmax_pool", name, "", inputs, reference(**inputs))
