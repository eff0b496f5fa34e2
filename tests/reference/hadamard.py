"""hadamard: rows times a dense [N, N] matrix (kernels.md §13.3, P8)."""

import torch

import common


def reference(x, hadamard):
    """x [ROWS, N] f32, rounded to bf16 first; hadamard [N, N] bf16 → y [ROWS, N] f32."""
    return {"y": common.matmul(common.round_bf16(x), hadamard)}


def cases():
    gen = common.generator(133)
    random = common.bf16(common.levels(gen, (128, 128), 128**-0.5, 7))
    matrices = {"sylvester128": common.hadamard(128), "random128": random,
                "sylvester512": common.hadamard(512)}
    for name, matrix in matrices.items():
        rows = 2 if len(matrix) == 512 else 6
        inputs = {"x": torch.randn(rows, len(matrix), generator=gen), "hadamard": matrix}
        yield common.Case("hadamard", name, "", inputs, reference(**inputs))
