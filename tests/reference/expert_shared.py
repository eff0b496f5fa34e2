"""expert_shared (kernels.md section 10.1): the MLP that every token passes."""

import torch

import common
import swiglu_mlp
from common import Case

NAMES = ("shared_w1", "shared_w1_scale", "shared_w3", "shared_w3_scale", "shared_w2",
         "shared_w2_scale")


def inputs_of(seed, T, D, MI, deviation=1.7e-2):
    gen = common.generator(seed)
    x, x_scale = swiglu_mlp.tokens(gen, (T, D))
    inputs = {"x_local_i8": x, "x_local_scale_dq": x_scale}
    for name, outputs, width in (("shared_w1", MI, D), ("shared_w3", MI, D), ("shared_w2", D, MI)):
        inputs[name], inputs[name + "_scale"] = swiglu_mlp.weight(gen, outputs, width, deviation)
    return inputs


def make(name, inputs, limit=10.0):
    sh = swiglu_mlp.mlp(
        inputs["x_local_i8"], inputs["x_local_scale_dq"], *(inputs[name] for name in NAMES), limit)
    return Case("expert_shared", name, "V3", inputs, {"sh": sh}, {"swiglu_limit": limit})


def cases():
    flash, pro = common.TINY_FLASH, common.TINY_PRO
    yield make("tiny_flash", inputs_of(1, 8, flash["D"], flash["MI"]))
    yield make("tiny_pro", inputs_of(2, 7, pro["D"], pro["MI"]))
    yield make("one_token", inputs_of(3, 1, 128, 64))
    yield make("clamped", inputs_of(4, 5, 192, 96, deviation=2.0))
    yield make("no_limit", inputs_of(5, 5, 192, 96, deviation=0.3), limit=0.0)
    zero = inputs_of(6, 3, 128, 64)
    zero["x_local_i8"][1] = 0
    zero["x_local_scale_dq"][1] = 1e-4 / 127
    yield make("zero_row", zero)
    yield make("many_tokens", inputs_of(7, 33, 64, 48))
