"""The rounding points of kernels.md section 0 in PyTorch, shared by the second references.

Everything is FP32 unless it says otherwise. Sums of products are taken in FP64 and rounded once, so
that the results do not depend on the BLAS that PyTorch was built with.
"""

import dataclasses
import math

import torch

ROPE_DIM = 64
FLT_MIN_INF = -3.4028234663852886e38

# Appendix G: real divisibility at small sizes.
TINY_FLASH = dict(D=512, H=4, QL=128, G=2, O_LORA=128, MI=256, E=32, IDX_TOPK=32, MAX_SEQ=1024)
TINY_PRO = dict(D=896, H=8, QL=192, G=4, O_LORA=128, MI=384, E=48, IDX_TOPK=64, MAX_SEQ=1024)


@dataclasses.dataclass
class Case:
    """One golden file: `inputs` and `outputs` map the names of the specification's IO tables to
    tensors (a state appears in both), `scalars` become 0-dimensional tensors."""

    kernel: str  # the family's name
    name: str  # file name without its ending
    contract: str  # "V0" ... "V3"
    inputs: dict
    outputs: dict
    dims: dict = dataclasses.field(default_factory=dict)


def generator(seed):
    """A source of random numbers that gives the same ones on every machine."""
    return torch.Generator(device="cpu").manual_seed(seed)


def levels(gen, shape, scale, count=15):
    """Whole numbers of [-count//2, count//2] times `scale`, as float: values that compress well
    and that bfloat16 holds exactly."""
    half = count // 2
    return torch.randint(-half, half + 1, shape, generator=gen).float() * scale


def int8_levels(gen, shape, step=9, count=15):
    """INT8 codes on few levels."""
    half = count // 2
    return (torch.randint(-half, half + 1, shape, generator=gen) * step).to(torch.int8)


def bf16(x):
    """P1: to bfloat16, ties to even."""
    return x.to(torch.bfloat16)


def round_bf16(x):
    """x rounded to bfloat16, as FP32."""
    return bf16(x).float()


def bf16_half_away(x):
    """P1': to bfloat16, ties away from zero."""
    bits = x.contiguous().view(torch.int32)
    return ((bits + 0x8000) & -0x10000).view(torch.float32).to(torch.bfloat16)


def matmul(x, w):
    """x @ w summed in FP64, rounded once to FP32."""
    return (x.double() @ w.double()).float()


def int_matmul(a, w):
    """INT8 x INT8 summed exactly. Returns int32."""
    return (a.double() @ w.double()).to(torch.int32)  # below 2^53, hence exact


def quantise_rows(v):
    """P2 over the last dimension: codes and the scale that takes them back."""
    amax = v.abs().amax(dim=-1, keepdim=True).clamp(min=1e-4)
    scale = torch.full_like(amax, 127.0) / amax  # 127.0 / amax would be amax.reciprocal() * 127.0
    codes = torch.round(v * scale).to(torch.int8)  # round() ties to even
    return codes, 1.0 / scale


def quantise_rows_half_away(v):
    """P2 as V0 had it."""
    amax = v.abs().amax(dim=-1, keepdim=True).clamp(min=1e-4)
    scale = torch.full_like(amax, 127.0) / amax
    scaled = v * scale
    codes = (torch.sign(scaled) * torch.floor(scaled.abs() + 0.5)).to(torch.int8)
    return codes, 1.0 / scale


def dequantise(acc, row_scale, column_scale):
    """P4: (float(acc) * row_scale) * column_scale."""
    return (acc.float() * row_scale) * column_scale


def inverse_rms(v, eps=1e-6):
    """P5 over the last dimension, kept: 1 / sqrt(mean(v^2) + eps)."""
    mean = v.double().pow(2).sum(dim=-1, keepdim=True).float() * torch.tensor(1.0 / v.shape[-1])
    return 1.0 / torch.sqrt(mean + eps)


def rotate(x, cos, sin):
    """P6 over the last dimension of 64; cos and sin broadcast against x[..., 0::2]."""
    even, odd = x[..., 0::2], x[..., 1::2]
    y = torch.empty_like(x)
    y[..., 0::2] = even * cos - odd * sin
    y[..., 1::2] = even * sin + odd * cos
    return y


def rope_table(positions, theta=160000.0, factor=16.0, original=65536):
    """P7: cos and sin rows of `positions` as the tables hold them, [n, 64] bfloat16 whose columns
    32..63 repeat 0..31. original = 0 leaves YaRN out (theta = 1e4 then)."""
    i = torch.arange(32, dtype=torch.float64)
    frequency = theta ** (-2 * i / ROPE_DIM)
    if original > 0:
        def dimension(rotations):
            return ROPE_DIM * math.log(original / (2 * math.pi * rotations)) / (2 * math.log(theta))

        low, high = max(math.floor(dimension(32)), 0), min(math.ceil(dimension(1)), ROPE_DIM - 1)
        smooth = 1 - ((i - low) / max(high - low, 1e-3)).clamp(0, 1)
        frequency = frequency / factor * (1 - smooth) + frequency * smooth
    angle = torch.as_tensor(positions, dtype=torch.float32)[:, None] * frequency.float()[None, :]
    cos, sin = bf16(torch.cos(angle)), bf16(torch.sin(angle))
    return torch.cat([cos, cos], dim=1), torch.cat([sin, sin], dim=1)


def hadamard(n):
    """P8: Sylvester's matrix times n^-1/2, bfloat16."""
    h = torch.ones(1, 1)
    while h.shape[0] < n:
        h = torch.cat([torch.cat([h, h], 1), torch.cat([h, -h], 1)], 0)
    return bf16(h * n ** -0.5)


def pool(kv, score):
    """P9 over dimension 0, per column: two passes."""
    e = torch.exp(score - score.amax(dim=0, keepdim=True))
    p = e / e.double().sum(dim=0, keepdim=True).float()
    return (kv.double() * p.double()).sum(dim=0).float()


def top_k(score, k):
    """P10: indices of the k largest, the lower index first among equals."""
    return torch.sort(score, descending=True, stable=True)[1][:k].to(torch.int32)


def silu(x):
    return x * (1.0 / (1.0 + torch.exp(-x)))


def softplus(x):
    return x.clamp(min=0) + torch.log1p(torch.exp(-x.abs()))
