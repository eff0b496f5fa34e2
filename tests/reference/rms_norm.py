"""rms_norm: the RMS normalisation before attention and MoE (kernels.md §13.1)."""

import torch

import common

D_TILE = 128


def reference(x, norm_w):
    """x [T, D] bf16, norm_w [D] bf16 → x_normed [T, D] bf16. Squares are summed by chunks of 128
    columns, and the chunks in ascending order in FP32."""
    wide = x.float()
    total = torch.zeros(x.shape[0])
    for begin in range(0, x.shape[1], D_TILE):
        chunk = wide[:, begin : begin + D_TILE]
        total = total + (chunk * chunk).double().sum(dim=1).float()
    mean = total * (torch.tensor(1.0) / x.shape[1])
    inverse = 1.0 / torch.sqrt(mean + 1e-6)
    return {"x_normed": (wide * inverse[:, None] * norm_w.float()).to(torch.bfloat16)}


def cases():
    shapes = {
        "tf": (8, common.TINY_FLASH["D"]),
        "tp": (8, common.TINY_PRO["D"]),
        "ragged": (3, 99),  # a last chunk that is not full
        "long": (1, 7168),
    }
    for seed, (name, (tokens, width)) in enumerate(shapes.items(), start=131):
        gen = common.generator(seed)
        x = common.bf16(torch.randn(tokens, width, generator=gen) - 0.5)
        x[0] = 0 if tokens > 1 else x[0]  # only epsilon keeps its inverse finite
        inputs = {"x": x, "norm_w": common.bf16(1 + 0.1 * torch.randn(width, generator=gen))}
        yield common.Case("rms_norm", name, "", inputs, reference(**inputs))
