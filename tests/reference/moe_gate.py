"""moe_gate (kernels.md section 12.1): norm, INT8 activation, router scores, top-6 and weights."""

import torch

import common
from common import Case

HASH_LAYERS = 3
TOPK = 6


def scores_of(logits):
    return torch.sqrt(common.softplus(logits))


def choose(score, bias, hashed):
    """Expert ids of each row: the table's, or those of the largest biased scores."""
    if hashed is not None:
        return hashed
    return torch.stack([common.top_k(row, TOPK) for row in score + bias])


def route(logits, gate_bias, hashed, route_scale, num_tokens):
    score = scores_of(logits)
    indices = choose(score, gate_bias, hashed)
    chosen = torch.gather(score, 1, indices.long())
    weights = chosen / chosen.sum(dim=1, keepdim=True) * route_scale
    active = (torch.arange(len(logits)) < num_tokens)[:, None]
    return indices * active, torch.where(active, weights, torch.zeros(())), active


def gate_v2(x, norm_w, gate_w):
    normed = common.bf16((x * common.inverse_rms(x)) * norm_w)
    codes, scale = common.quantise_rows(normed.float())
    return normed, codes, scale, common.matmul(normed.float(), gate_w.t())


def gate_v3(x, norm_w, gate_w):
    """The norm is deferred: x times its weight is quantised and projected unrounded."""
    parts = x.reshape(len(x), 8, -1).double().pow(2).sum(dim=2).float()
    total = torch.zeros(len(x))
    for part in range(8):
        total = total + parts[:, part]
    inverse = (1.0 / torch.sqrt(total * torch.tensor(1.0 / x.shape[1]) + 1e-6))[:, None]
    weighted = x * norm_w
    codes, scale = common.quantise_rows(weighted)
    return None, codes, scale * inverse, inverse * common.matmul(weighted, gate_w.t())


def moe_gate(contract, x_mixed, norm_w, gate_w, gate_bias, tid2eid, input_ids, layer_id, num_tokens,
             route_scale):
    gate = gate_v2 if contract == "V2" else gate_v3
    normed, codes, scale, logits = gate(x_mixed.float(), norm_w.float(), gate_w)
    hashed = tid2eid[input_ids] if layer_id < HASH_LAYERS else None
    indices, weights, active = route(logits, gate_bias, hashed, route_scale, num_tokens)
    outputs = {"x_norm_i8": codes, "x_norm_scale": torch.where(active, scale, torch.zeros(())),
               "indices": indices.to(torch.int32), "weights": weights}
    if contract == "V2":
        outputs["x_norm"] = normed
    return outputs


def distinct_experts(gen, vocabulary, E):
    rows = [torch.randperm(E, generator=gen)[:TOPK] for _ in range(vocabulary)]
    return torch.stack(rows).to(torch.int32)


def random_inputs(seed, T, D, E, vocabulary=40):
    gen = common.generator(seed)
    return {
        "x_mixed": common.bf16(common.levels(gen, (T, D), 0.131, 31)),
        "norm_w": common.bf16(1 + common.levels(gen, (D,), 0.0313, 9)),
        "gate_w": common.levels(gen, (E, D), 0.0121, 31),
        "gate_bias": common.levels(gen, (E,), 0.0117, 15),
        "tid2eid": distinct_experts(gen, vocabulary, E),
        "input_ids": torch.randint(0, vocabulary, (T,), generator=gen),
    }


def make(name, contract, inputs, layer_id, num_tokens, route_scale=1.5):
    outputs = moe_gate(contract, layer_id=layer_id, num_tokens=num_tokens,
                       route_scale=route_scale, **inputs)
    scalars = {"layer_id": torch.tensor(layer_id, dtype=torch.int32),
               "num_tokens": torch.tensor(num_tokens, dtype=torch.int32)}
    dims = {"route_scale": route_scale, "num_hash_layers": HASH_LAYERS}
    return Case("moe_gate", name, contract, {**inputs, **scalars}, outputs, dims)


def tied(seed, T, D, E):
    """Every expert has the router row of seven others and no bias: the lowest ids win."""
    inputs = random_inputs(seed, T, D, E)
    gen = common.generator(seed + 1)
    rows = common.levels(gen, (E // 8, D), 1.0, 3)
    inputs["gate_w"] = rows[torch.arange(E) % (E // 8)].contiguous()
    inputs["gate_bias"] = torch.zeros(E)
    return inputs


def all_equal(seed, T, D, E):
    """A zero router: every score is sqrt(ln 2)."""
    inputs = random_inputs(seed, T, D, E)
    inputs["gate_w"] = torch.zeros(E, D)
    inputs["gate_bias"] = torch.zeros(E)
    return inputs


def tail(seed, T, D, E):
    """Logits from about -16 to -60: softplus is exp there, and log(1 + exp) would be 0."""
    inputs = random_inputs(seed, T, D, E)
    gen = common.generator(seed + 1)
    depth = 16 + torch.arange(E).float() * (44.0 / E)
    inputs["gate_w"] = (depth / D)[:, None] * -(1 + common.levels(gen, (E, D), 0.05, 5))
    inputs["x_mixed"] = common.bf16(torch.ones(T, D))
    inputs["norm_w"] = common.bf16(torch.ones(D))
    inputs["gate_bias"] = torch.zeros(E)
    return inputs


def cases():
    flash, pro = common.TINY_FLASH, common.TINY_PRO
    for contract in ("V2", "V3"):
        tag = contract.lower()
        tiny_flash = random_inputs(1, 8, flash["D"], flash["E"])
        yield make(f"{tag}_tiny_flash", contract, tiny_flash, 3, 8)
        tiny_pro = random_inputs(2, 7, pro["D"], pro["E"])
        yield make(f"{tag}_tiny_pro", contract, tiny_pro, 10, 7, 2.5)
        yield make(f"{tag}_inactive", contract, random_inputs(3, 9, 128, 16), 4, 5)
        yield make(f"{tag}_hash", contract, random_inputs(4, 8, 256, 32), 2, 6)
        yield make(f"{tag}_ties", contract, tied(5, 4, 64, 48), 3, 4)
        yield make(f"{tag}_all_equal", contract, all_equal(6, 3, 64, 32), 3, 3)
        yield make(f"{tag}_softplus_tail", contract, tail(7, 2, 128, 32), 3, 2)
    wide = random_inputs(8, 2, 64, 384)
    wide["gate_bias"][383] = 1.0  # the last expert, beyond a pad of 256, must win
    yield make("v2_many_experts", "V2", wide, 3, 2)
