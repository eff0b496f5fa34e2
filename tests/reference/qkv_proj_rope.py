"""qkv_proj_rope (kernels.md 8) in its contracts V1, V2 and V3, and prefill_qkv_proj_rope (9)."""

import torch

from common import (TINY_FLASH, TINY_PRO, Case, bf16, dequantise, generator, int_matmul, inverse_rms,
                    levels, matmul, quantise_rows, rope_table, rotate, round_bf16)

HEAD_DIM, NOPE_DIM = 512, 448


def ring(gen, shape, count, period=5003):
    """Whole numbers of [-count//2, count//2] whose rows are turns of one ring: no two rows or columns
    are alike, and files of them pack well."""
    half = count // 2
    values = torch.randint(-half, half + 1, (period,), generator=gen).float()
    rows, columns = torch.meshgrid(torch.arange(shape[0]), torch.arange(shape[1]), indexing="ij")
    return values[(rows * 389 + columns) % period]


def head_tail(v, cos, sin):
    """bf16 of v [..., 512], its last 64 rotated before."""
    tail = rotate(v[..., NOPE_DIM:], cos[..., :32].float(), sin[..., :32].float())
    return bf16(torch.cat([v[..., :NOPE_DIM], tail], dim=-1))


def project(inputs, cos, sin, contract):
    """All four outputs, for tokens [T, D] and rope rows [T, 64]."""
    x = inputs["x"].float().reshape(-1, inputs["x"].shape[-1])
    if contract == "V1":
        x = round_bf16((x * inverse_rms(x)) * inputs["norm_w"])
    r = matmul(x, inputs["wq_a"].float())
    n = (r * inverse_rms(r)) * inputs["gamma_cq"].float()
    if contract == "V1":
        n = round_bf16(n)
    qr, qr_scale = quantise_rows(n)
    q = dequantise(int_matmul(qr, inputs["wq_b"]), qr_scale, inputs["wq_b_scale"])
    q = q.reshape(q.shape[0], -1, HEAD_DIM)
    q = head_tail(q * inverse_rms(q), cos[:, None], sin[:, None])
    kv = matmul(x, inputs["wkv"].float())
    kv = head_tail((kv * inverse_rms(kv)) * inputs["gamma_ckv"].float(), cos, sin)
    return {"q": q, "kv": kv, "qr": qr, "qr_scale": qr_scale}


def weights(gen, dims, contract):
    D, QL, heads = dims["D"], dims["QL"], dims["H"] * HEAD_DIM
    made = {
        "wq_a": bf16(ring(gen, (D, QL), 31) * 2.0**-7),
        "wq_b": (ring(gen, (QL, heads), 15) * 18).to(torch.int8),
        "wq_b_scale": (torch.arange(heads) % 13 + 3) * 2.0**-13,
        "wkv": bf16(ring(gen, (D, HEAD_DIM), 31) * 2.0**-7),
        "gamma_cq": bf16(levels(gen, (QL,), 2.0**-3)),
        "gamma_ckv": bf16(levels(gen, (HEAD_DIM,), 2.0**-3)),
    }
    if contract == "V1":
        made["norm_w"] = 1 + levels(gen, (D,), 2.0**-5)
    return made


def tokens(gen, shape):
    """The second token is all zeros: its codes are zeros and its scale is that of amax = 1e-4."""
    x = levels(gen, shape, 2.0**-4, 33)
    if x.shape[-2] > 2:
        x[..., 1, :] = 0
    return bf16(x)


def decode_case(contract, name, seed, sizes, T, num_tokens=None):
    gen = generator(seed)
    dims = dict(T=T, D=sizes["D"], QL=sizes["QL"], H=sizes["H"])
    positions = [0, 5, 127, 128, 8191, 333, 1, 65535][:T]
    cos, sin = rope_table(positions)
    inputs = {"x": tokens(gen, (T, dims["D"])), **weights(gen, dims, contract)}
    outputs = project(inputs, cos, sin, contract)
    inputs.update(rope_cos=cos, rope_sin=sin)
    if num_tokens is not None:
        inputs["num_tokens"] = torch.tensor(num_tokens, dtype=torch.int32)
        for value in outputs.values():
            value[num_tokens:] = 0
    return Case(kernel="qkv_proj_rope", name=name, contract=contract, inputs=inputs,
                outputs=outputs, dims=dims)


def prefill_case(name, seed, sizes, B, S, start_pos, max_seq):
    gen = generator(seed)
    dims = dict(B=B, S=S, D=sizes["D"], QL=sizes["QL"], H=sizes["H"], MAX_SEQ=max_seq)
    freqs_cos, freqs_sin = rope_table(range(max_seq))
    inputs = {"x": tokens(gen, (B, S, dims["D"])), **weights(gen, dims, "V1")}
    rows = (start_pos + torch.arange(S)).repeat(B)
    outputs = project(inputs, freqs_cos[rows], freqs_sin[rows], "V1")
    inputs.update(freqs_cos=freqs_cos, freqs_sin=freqs_sin,
                  start_pos=torch.tensor(start_pos, dtype=torch.int32))
    return Case(kernel="prefill_qkv_proj_rope", name=name, contract="V1", inputs=inputs,
                outputs=outputs, dims=dims)


def cases():
    yield decode_case("V2", "v2_tf", 1, TINY_FLASH, 8)
    yield decode_case("V2", "v2_tp", 2, TINY_PRO, 8)
    yield decode_case("V2", "v2_one_token", 3, TINY_FLASH, 1)
    yield decode_case("V1", "v1_tf", 4, TINY_FLASH, 8)
    yield decode_case("V1", "v1_tp", 5, TINY_PRO, 4)
    yield decode_case("V3", "v3_tf", 6, TINY_FLASH, 8)
    yield decode_case("V3", "v3_tp_inactive", 7, TINY_PRO, 8, num_tokens=5)
    yield prefill_case("start_0", 8, TINY_FLASH, 1, 12, 0, 16)
    yield prefill_case("start_9", 9, TINY_PRO, 1, 7, 9, 16)
    yield prefill_case("two_batches", 10, TINY_FLASH, 2, 5, 3, 8)
