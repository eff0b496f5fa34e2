"""rope: RoPE on its own (kernels.md §13.2, P6)."""

import torch

import common


def reference(x, cos, sin):
    """x [T, H, 64], cos, sin [T, 32] f32 → y: pairs (2i, 2i+1) turned by the token's angles."""
    return {"y": common.rotate(x, cos[:, None, :], sin[:, None, :])}


def cases():
    for seed, (name, positions, heads) in enumerate(
        [("positions_0_to_7", list(range(8)), 4), ("far", [127, 128, 4095, 8191, 16383], 8)],
        start=132,
    ):
        cos, sin = common.rope_table(positions)
        gen = common.generator(seed)
        inputs = {
            "x": torch.randn(len(positions), heads, 64, generator=gen),
            "cos": cos[:, :32].float(),
            "sin": sin[:, :32].float(),
        }
        yield common.Case("rope", name, "", inputs, reference(**inputs))
