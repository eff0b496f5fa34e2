"""hc_post (kernels.md section 11.2): a block's output back into the four residual streams."""

import torch

import common
from common import Case


def hc_post(x, residual, post, comb):
    """y[t, o] = (((x post[t, o] + r0 comb[t, 0, o]) + r1 comb[t, 1, o]) + ...), in this order."""
    T, _, D = residual.shape
    mix = comb.reshape(T, 4, 4)
    y = torch.empty(T, 4, D)
    for o in range(4):
        total = x.float() * post[:, o, None]
        for i in range(4):
            total = total + residual[:, i].float() * mix[:, i, o, None]
        y[:, o] = total
    return y.to(residual.dtype)  # bfloat16 streams: to nearest, ties to even


def make(name, contract, seed, T, D, num_tokens=None):
    gen = common.generator(seed)
    residual = common.levels(gen, (T, 4, D), 0.0371, 63)
    inputs = {
        "x": common.bf16(common.levels(gen, (T, D), 0.0613, 63)),
        "residual": common.bf16(residual) if contract == "V2" else residual,
        "post": torch.rand(T, 4, generator=gen) * 2,
        "comb": torch.rand(T, 16, generator=gen) * 0.5,
    }
    y = hc_post(**inputs)
    if num_tokens is not None:
        y[num_tokens:] = 0
        inputs["num_tokens"] = torch.tensor(num_tokens, dtype=torch.int32)
    return Case("hc_post", name, contract, inputs, {"y": y})


def cases():
    for contract in ("V2", "V3"):
        tag = contract.lower()
        yield make(f"{tag}_tiny_flash", contract, 1, 4, common.TINY_FLASH["D"])
        yield make(f"{tag}_tiny_pro", contract, 2, 3, common.TINY_PRO["D"])
        yield make(f"{tag}_one_token", contract, 3, 1, 77)
        yield make(f"{tag}_tail", contract, 4, 13, 35)
    yield make("v3_inactive", "V3", 5, 9, 40, num_tokens=4)
    yield make("prefill_inactive", "V3 prefill", 6, 21, 77, num_tokens=13)
    yield make("prefill_tiny_pro", "V3 prefill", 7, 4, common.TINY_PRO["D"], num_tokens=3)
