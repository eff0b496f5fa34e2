"""bf16_gemm and bf16_gemm_kn (kernels.md 13.7): bfloat16 x bfloat16, summed in FP32."""

from common import Case, bf16, generator, levels, matmul


def case(kernel, name, gen, rows, columns, inner):
    a = bf16(levels(gen, (rows, inner), 2.0**-6, 127))
    w = bf16(levels(gen, (inner, columns), 2.0**-7, 15))
    weight = w if kernel == "bf16_gemm_kn" else w.t().contiguous()
    return Case(kernel=kernel, name=name, contract="", inputs={"a": a, "w": weight},
                outputs={"y": matmul(a.float(), w.float())},
                dims={"M": rows, "N": columns, "K": inner})


def cases():
    for kernel in ("bf16_gemm", "bf16_gemm_kn"):
        gen = generator(len(kernel))
        yield case(kernel, "tf", gen, 8, 128, 512)
        yield case(kernel, "tp", gen, 8, 96, 896)
        yield case(kernel, "ragged", gen, 13, 77, 133)
