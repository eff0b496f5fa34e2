"""hc_pre (kernels.md section 11.1): four residual streams into one input, and hc_post's weights."""

import torch

import common
from common import Case

BASE = [5.9166, -3.6223, -2.9324, -3.3124, -3.91, -0.9384, -3.3256, -2.524, 2.0706, -2.5728, 0.1424,
        -3.9453, -3.8859, 3.4634, -3.3799, -2.6077, -2.7191, -2.4846, 2.0395, -0.501, -3.5992,
        -2.752, -3.3493, 3.1587]
SCALE = [0.076099, 0.032597, 0.226994]


def sigmoid(x):
    return 1.0 / (1.0 + torch.exp(-x))


def normalise(c, dim):
    return c / (c.sum(dim=dim, keepdim=True) + 1e-6)


def sinkhorn(logits):
    """[T, 4, 4] over (i, o): a row softmax, then columns and 19 times rows and columns to 1."""
    e = torch.exp(logits - logits.amax(dim=2, keepdim=True))
    c = e / e.sum(dim=2, keepdim=True) + 1e-6
    c = normalise(c, 1)
    for _ in range(19):
        c = normalise(normalise(c, 2), 1)
    return c


def mix_streams(x, pre, contract):
    y = [pre[:, i, None] * x[:, i] for i in range(4)]
    if contract == "V3":
        return common.bf16((y[0] + y[1]) + (y[2] + y[3]))
    total = torch.zeros_like(y[0])
    for part in y:
        total = total + part
    return common.bf16_half_away(total)


def hc_pre(x, hc_fn, hc_scale, hc_base, contract):
    """x [T, 4, D] to x_mixed [T, D], post [T, 4], comb [T, 16]."""
    x = x.float()
    flat = x.reshape(x.shape[0], -1)
    mixes = common.matmul(flat, hc_fn.t()) * common.inverse_rms(flat)
    pre = sigmoid(mixes[:, 0:4] * hc_scale[0] + hc_base[0:4]) + 1e-6
    post = 2.0 * sigmoid(mixes[:, 4:8] * hc_scale[1] + hc_base[4:8])
    logits = mixes[:, 8:24] * hc_scale[2] + hc_base[8:24]
    comb = sinkhorn(logits.reshape(-1, 4, 4))
    return mix_streams(x, pre, contract), post, comb.reshape(-1, 16)


def make(name, contract, x, fn_scale, seed):
    gen = common.generator(seed)
    x = x.to(torch.bfloat16) if contract == "V2" else x
    inputs = {
        "x": x,
        "hc_fn": common.levels(gen, (24, 4 * x.shape[2]), fn_scale, 31),
        "hc_scale": torch.tensor(SCALE),
        "hc_base": torch.tensor(BASE),
    }
    x_mixed, post, comb = hc_pre(contract=contract, **inputs)
    outputs = {"x_mixed": x_mixed, "post": post, "comb": comb}
    return Case("hc_pre", name, contract, inputs, outputs)


def streams(seed, tokens, D):
    """About N(0, 0.05), on few values that bfloat16 does not hold."""
    return common.levels(common.generator(seed), (tokens, 4, D), 0.00571, 31)


def one_hot_stream(D):
    x = torch.zeros(4, 4, D)
    for t in range(4):
        x[t, t] = streams(70 + t, 1, D)[0, 0]
    return x


def cases():
    flash, pro = common.TINY_FLASH["D"], common.TINY_PRO["D"]
    for contract in ("V3", "V2"):
        tag = contract.lower()
        yield make(f"{tag}_tiny_flash", contract, streams(1, 8, flash), 0.0063, 11)
        yield make(f"{tag}_tiny_pro", contract, streams(2, 5, pro), 0.0063, 12)
        # Mixes of hundreds: sigmoids and the softmax saturate.
        yield make(f"{tag}_saturated", contract, streams(3, 3, 96) * 40, 7.3, 13)
    yield make("v3_one_token", "V3", streams(4, 1, flash), 0.0063, 14)
    yield make("v3_zero", "V3", torch.zeros(2, 4, 128), 0.0063, 15)
    yield make("v3_one_hot_stream", "V3", one_hot_stream(128), 0.0063, 16)
