"""int8_gemm and int8_gemm_kn (kernels.md 13.6): INT8 x INT8 in INT32, P4, bfloat16."""

import torch

from common import Case, bf16, dequantise, generator, int8_levels, int_matmul, levels


def case(kernel, name, gen, rows, columns, inner, extreme=False):
    a = int8_levels(gen, (rows, inner))
    w = int8_levels(gen, (inner, columns), step=8)
    if extreme:  # sums of the same sign: what saturates in 16 bits shows
        a[0], w[:, 0] = 127, -127
        a[1], w[:, 1] = -127, -127
    a_scale = (levels(gen, (rows, 1), 2.0**-9, 31).abs() + 2.0**-8)
    w_scale = (levels(gen, (columns,), 2.0**-10, 63).abs() + 2.0**-9)
    y = bf16(dequantise(int_matmul(a, w), a_scale, w_scale))
    weight = w if kernel == "int8_gemm_kn" else w.t().contiguous()
    return Case(kernel=kernel, name=name, contract="",
                inputs={"a": a, "a_scale": a_scale, "w": weight, "w_scale": w_scale},
                outputs={"y": y}, dims={"M": rows, "N": columns, "K": inner})


def cases():
    for kernel in ("int8_gemm", "int8_gemm_kn"):
        gen = generator(len(kernel))
        yield case(kernel, "tf", gen, 8, 256, 128)
        yield case(kernel, "tp", gen, 8, 384, 192)
        yield case(kernel, "ragged", gen, 13, 75, 133)
        yield case(kernel, "extreme", gen, 2, 64, 896, extreme=True)
