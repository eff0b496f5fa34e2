"""moe_combine (kernels.md section 12.2): the shared expert's output plus the routed ones'."""

import torch

import common
from common import Case


def combine(sh, routed_y, active):
    """V2: per token in the order of its routes; the weights are in routed_y already."""
    T, D = sh.shape
    total = sh.float()
    routes = routed_y.float().reshape(T, -1, D)
    for k in range(routes.shape[1]):
        total = total + routes[:, k]
    return torch.where((torch.arange(T) < active)[:, None], common.bf16(total), sh)


def combine_v1(sh, recv_y, recv_token, recv_weights, recv_expert_count):
    """V1: per local expert, ascending; the weights are applied here."""
    total = sh.float().clone()
    for e in range(recv_y.shape[0]):
        for row in range(int(recv_expert_count[e, 0])):
            token = int(recv_token[e, row])
            total[token] = total[token] + recv_y[e, row].float() * recv_weights[e, row]
    return common.bf16(total)


def values(gen, shape):
    return common.bf16(common.levels(gen, shape, 0.0371, 127))


def make(name, seed, T, D, topk, active):
    gen = common.generator(seed)
    inputs = {"sh": values(gen, (T, D)), "routed_y": values(gen, (T * topk, D))}
    outputs = {"ffn_out": combine(active=active, **inputs)}
    inputs["active"] = torch.tensor(active, dtype=torch.int32)
    return Case("moe_combine", name, "V2", inputs, outputs)


def make_v1(name, seed, T, D, experts, rows):
    """Every expert takes a random subset of the tokens, possibly none."""
    gen = common.generator(seed)
    token = torch.zeros(experts, rows, dtype=torch.int32)
    count = torch.zeros(experts, 1, dtype=torch.int32)
    for e in range(experts):
        count[e, 0] = torch.randint(0, min(T, rows) + 1, (1,), generator=gen) if e % 3 else 0
        n = int(count[e, 0])
        token[e, :n] = torch.randperm(T, generator=gen)[:n].to(torch.int32)
    inputs = {
        "sh": values(gen, (T, D)),
        "recv_y": values(gen, (experts, rows, D)),
        "recv_token": token,
        "recv_weights": common.levels(gen, (experts, rows), 0.0173, 63),
        "recv_expert_count": count,
    }
    return Case("moe_combine", name, "V1", inputs, {"ffn_out": combine_v1(**inputs)})


def cases():
    yield make("v2_tiny_flash", 1, 8, common.TINY_FLASH["D"], 6, 8)
    yield make("v2_tiny_pro", 2, 7, common.TINY_PRO["D"], 6, 7)
    yield make("v2_inactive", 3, 9, 128, 6, 4)
    yield make("v2_two_routes", 4, 5, 160, 2, 5)
    yield make("v2_none_active", 5, 3, 64, 6, 0)
    yield make_v1("v1_tiny_flash", 6, 8, common.TINY_FLASH["D"], 4, 8)
    yield make_v1("v1_tiny_pro", 7, 5, common.TINY_PRO["D"], 3, 16)
    yield make_v1("v1_one_token", 8, 1, 64, 6, 2)
