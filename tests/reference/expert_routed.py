"""expert_routed (kernels.md section 10.2): each local expert's MLP over the rows sent to it."""

import torch

import common
import swiglu_mlp
from common import Case

NAMES = ("routed_w1", "routed_w1_scale", "routed_w3", "routed_w3_scale", "routed_w2",
         "routed_w2_scale")


def expert_routed(recv_x, recv_scale_dq, recv_weights, recv_expert_count, limit, **weights):
    recv_y = torch.zeros(recv_x.shape, dtype=torch.bfloat16)
    for e in range(recv_x.shape[0]):
        n = int(recv_expert_count[e, 0])
        if n > 0:
            recv_y[e, :n] = swiglu_mlp.mlp(
                recv_x[e, :n], recv_scale_dq[e, :n, None], *(weights[name][e] for name in NAMES),
                limit, recv_weights[e, :n, None])
    return recv_y


def make(name, seed, counts, rows, D, MI, limit=10.0, deviation=1.7e-2):
    gen = common.generator(seed)
    experts = len(counts)
    x, scale = swiglu_mlp.tokens(gen, (experts, rows, D))
    inputs = {
        "recv_x": x,
        "recv_scale_dq": scale[:, :, 0].contiguous(),
        "recv_weights": common.levels(gen, (experts, rows), 0.0113, 63).abs() + 0.01,
        "recv_expert_count": torch.tensor(counts, dtype=torch.int32)[:, None],
    }
    for kind, outputs, width in (("w1", MI, D), ("w3", MI, D), ("w2", D, MI)):
        made = [swiglu_mlp.weight(gen, outputs, width, deviation) for _ in counts]
        inputs[f"routed_{kind}"] = torch.stack([codes for codes, _ in made])
        inputs[f"routed_{kind}_scale"] = torch.stack([scales for _, scales in made])
    recv_y = expert_routed(limit=limit, **inputs)
    dims = {"swiglu_limit": limit}
    return Case("expert_routed", name, "V2", inputs, {"recv_y": recv_y}, dims)


def cases():
    flash, pro = common.TINY_FLASH, common.TINY_PRO
    yield make("tiny_flash", 1, [3, 0, 16, 1], 16, flash["D"], flash["MI"])
    yield make("tiny_pro", 2, [5, 0, 11], 12, pro["D"], pro["MI"])
    yield make("hot_expert", 4, [0, 33, 2], 33, 96, 64)
    yield make("clamped", 5, [2, 4], 4, 128, 64, deviation=2.0)
    yield make("no_limit", 6, [4, 1], 5, 128, 64, limit=0.0, deviation=0.3)
