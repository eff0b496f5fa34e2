"""indexer_qr_rope (kernels.md section 2, V2): the rotation of the indexer's queries."""

import torch

import common
from common import Case


def indexer_qr_rope(q, cos, sin):
    """q [B S H, 128]; cos and sin [B, 32]. Dimensions 64 and up are rotated, all rounded."""
    rows = q.shape[0] // cos.shape[0]
    tail = common.rotate(q[:, 64:], cos.repeat_interleave(rows, 0), sin.repeat_interleave(rows, 0))
    return common.bf16(torch.cat([q[:, :64], tail], dim=1))


def make(name, seed, positions, S, H):
    gen = common.generator(seed)
    cos, sin = common.rope_table(positions)
    B = len(positions)
    inputs = {
        "q": common.levels(gen, (B * S * H, 128), 0.0197, 255),
        "cos": cos[:, :32].float().contiguous(),
        "sin": sin[:, :32].float().contiguous(),
    }
    outputs = {"q_rot": indexer_qr_rope(**inputs)}
    return Case("indexer_qr_rope", name, "V2", inputs, outputs, {"B": B, "S": S, "H": H})


def cases():
    yield make("tiny_flash", 1, [0, 5, 127, 1023, 8191, 64, 3, 700], 1, 4)
    yield make("tiny_pro", 2, [17, 255], 2, 8)
    yield make("position_zero", 3, [0], 1, 5)
    yield make("one_batch_many_tokens", 4, [4096], 7, 3)
