"""The INT8 SwiGLU MLP of the experts (kernels.md section 10.1), and weights for it."""

import torch

import common


def swiglu(gate, up, limit):
    if limit > 0:
        gate = gate.clamp(max=limit)
        up = up.clamp(-limit, limit)
    return common.silu(gate) * up


def mlp(x, x_scale, w1, w1_scale, w3, w3_scale, w2, w2_scale, limit, row_weight=None):
    """x [T, D] codes with x_scale [T, 1] to bf16 [T, D]. The sums are INT32; every row of h is
    quantised whole. A row's weight multiplies the scale of its h before anything else does."""
    gate = common.dequantise(common.int_matmul(x, w1.t()), x_scale, w1_scale)
    up = common.dequantise(common.int_matmul(x, w3.t()), x_scale, w3_scale)
    codes, scale = common.quantise_rows(swiglu(gate, up, limit))
    if row_weight is not None:
        scale = scale * row_weight
    return common.bf16(common.dequantise(common.int_matmul(codes, w2.t()), scale, w2_scale))


def tokens(gen, shape):
    """Codes and scales of bf16 deviates."""
    return common.quantise_rows(common.round_bf16(torch.randn(shape, generator=gen)))


def weight(gen, outputs, inputs, deviation):
    """Codes over the whole range, and scales that differ by channel. Row n is a window of one pool
    of random codes that begins 37 n further: no two rows are alike, and the file packs well."""
    length = 2053
    pool = (torch.randn(length, generator=gen) * 34.3).round().clamp(-127, 127).to(torch.int8)
    pool[int(torch.randint(0, length, (1,), generator=gen))] = 127
    at = (37 * torch.arange(outputs)[:, None] + torch.arange(inputs)[None, :]) % length
    spread = torch.exp(0.5 * torch.randn(outputs, generator=gen))
    return pool[at], spread * (deviation / 34.3)
