"""moe_half_layer (kernels.md section 12, appendix A "moe"): the FFN half of a layer on one rank."""

import torch

import common
import expert_routed
import expert_shared
import hc_post
import hc_pre
import moe_combine
import moe_gate
import swiglu_mlp
from common import Case

TOPK = moe_gate.TOPK


def dispatch(codes, scale, indices, weights, experts, rows, num_tokens):
    """Each expert's rows in token order, and the route that every row came by."""
    packed = {
        "recv_x": torch.zeros(experts, rows, codes.shape[1], dtype=torch.int8),
        "recv_scale_dq": torch.zeros(experts, rows),
        "recv_weights": torch.zeros(experts, rows),
        "recv_expert_count": torch.zeros(experts, 1, dtype=torch.int32),
    }
    routes = []
    for route in range(num_tokens * TOPK):
        token, expert = route // TOPK, int(indices.flatten()[route])
        slot = int(packed["recv_expert_count"][expert, 0])
        packed["recv_x"][expert, slot] = codes[token]
        packed["recv_scale_dq"][expert, slot] = scale[token, 0]
        packed["recv_weights"][expert, slot] = weights.flatten()[route]
        packed["recv_expert_count"][expert, 0] += 1
        routes.append((expert, slot))
    return packed, routes


def moe_half_layer(inputs, layer_id, num_tokens, rows, route_scale, limit):
    mixed, post, comb = hc_pre.hc_pre(inputs["x_hc"], inputs["hc_ffn_fn"], inputs["hc_ffn_scale"],
                                      inputs["hc_ffn_base"], "V3")
    gate = moe_gate.moe_gate(
        "V2", mixed, inputs["norm_w"], inputs["gate_w"], inputs["gate_bias"], inputs["tid2eid"],
        inputs["input_ids"], layer_id, num_tokens, route_scale)
    codes, scale = gate["x_norm_i8"], gate["x_norm_scale"]
    packed, routes = dispatch(codes, scale, gate["indices"], gate["weights"],
                              len(inputs["gate_w"]), rows, num_tokens)
    weights = {name: inputs[name] for name in expert_routed.NAMES}
    recv_y = expert_routed.expert_routed(limit=limit, **packed, **weights)
    sh = swiglu_mlp.mlp(codes, scale, *(inputs[name] for name in expert_shared.NAMES), limit)
    routed_y = torch.zeros(len(sh) * TOPK, sh.shape[1], dtype=torch.bfloat16)
    for route, (expert, slot) in enumerate(routes):
        routed_y[route] = recv_y[expert, slot]
    ffn_out = moe_combine.combine(sh, routed_y, num_tokens)
    x_next = hc_post.hc_post(ffn_out, inputs["x_hc"], post, comb)
    return {"x_mixed": mixed, "indices": gate["indices"], "x_next": x_next}


def weight(gen, pool, outputs, width, deviation):
    """As swiglu_mlp.weight(), but of a pool that all experts share, and scales on few levels."""
    start = int(torch.randint(0, len(pool), (1,), generator=gen))
    at = (start + 37 * torch.arange(outputs)[:, None] + torch.arange(width)[None, :]) % len(pool)
    spread = torch.exp2(common.levels(gen, (outputs,), 0.25, 9))
    return pool[at], spread * (deviation / 34.3)


def random_inputs(seed, T, D, MI, E, vocabulary=20):
    gen = common.generator(seed)
    routing = moe_gate.random_inputs(seed + 1, T, D, E, vocabulary)
    del routing["x_mixed"]
    inputs = {
        "x_hc": common.levels(gen, (T, 4, D), 0.217, 15),
        "hc_ffn_fn": common.levels(gen, (24, 4 * D), 0.0519, 3),
        "hc_ffn_scale": torch.tensor(hc_pre.SCALE),
        "hc_ffn_base": torch.tensor(hc_pre.BASE),
        **routing,
    }
    # Wide enough a spread that no sixth and seventh expert of a token come near a tie.
    inputs["gate_w"] = common.levels(gen, (E, D), 0.6 / D**0.5, 5)
    pool = (torch.randn(2053, generator=gen) * 34.3).round().clamp(-127, 127).to(torch.int8)
    deviation = 0.9 / D**0.5
    for kind, outputs, width in (("w1", MI, D), ("w3", MI, D), ("w2", D, MI)):
        made = [weight(gen, pool, outputs, width, deviation) for _ in range(E + 1)]
        inputs[f"shared_{kind}"], inputs[f"shared_{kind}_scale"] = made.pop()
        inputs[f"routed_{kind}"] = torch.stack([codes for codes, _ in made])
        inputs[f"routed_{kind}_scale"] = torch.stack([scales for _, scales in made])
    return inputs


def make(name, seed, size, layer_id, num_tokens, rows, route_scale=1.5, limit=10.0):
    inputs = random_inputs(seed, **size)
    outputs = moe_half_layer(inputs, layer_id, num_tokens, rows, route_scale, limit)
    scalars = {"layer_id": torch.tensor(layer_id, dtype=torch.int32),
               "num_tokens": torch.tensor(num_tokens, dtype=torch.int32)}
    dims = {"RECV_MAX": rows, "route_scale": route_scale, "swiglu_limit": limit,
            "num_hash_layers": moe_gate.HASH_LAYERS}
    return Case("moe_half_layer", name, "V2", {**inputs, **scalars}, outputs, dims)


def cases():
    """Half and a quarter of tiny-flash and tiny-pro: E experts of full width would not pack."""
    flash = dict(T=6, D=256, MI=128, E=12)
    yield make("small_flash", 1, flash, 10, 6, 6)
    pro = dict(T=5, D=224, MI=96, E=11)
    yield make("small_pro_inactive", 2, pro, 4, 3, 8, route_scale=2.5)
    yield make("hash", 3, dict(T=4, D=128, MI=64, E=9), 1, 4, 4)
    yield make("no_limit", 4, dict(T=2, D=64, MI=48, E=7), 3, 2, 2, limit=0.0)
