"""The steps that all decode indexers share (kernels.md §1, §2), in PyTorch."""

import torch

import common

HEADS, DIM = 64, 128
NEG_INF = common.FLT_MIN_INF
WEIGHTS_SCALE = torch.tensor(2.0**-6.5, dtype=torch.float32)


def rotate_tails(q, cos, sin):
    """q [B, S, H, 128], its last 64 columns turned by their batch's angles and rounded to bf16."""
    tail = common.rotate(q[..., -64:], cos[:, None, None, :], sin[:, None, None, :])
    return torch.cat([q[..., :-64], common.round_bf16(tail)], dim=-1)


def head_weights(x, weights_proj):
    """[B, S, 64]."""
    return common.matmul(x, weights_proj) * WEIGHTS_SCALE


def weigh(scores, weights):
    """Σ_h relu(scores[h, j])·w[h]: products FP32, their sum in FP64."""
    return (scores.clamp(min=0) * weights[:, None]).double().sum(dim=0).float()


def paged_rows(cache, table, count):
    """The first `count` rows that a batch's table names, None where it names no page."""
    page = cache.shape[1]
    rows = cache.reshape(cache.shape[0] * page, -1)
    found = []
    for j in range(count):
        entry = int(table[j // page])
        found.append(None if entry < 0 else rows[entry * page + j % page])
    return found


def score_rows(rows, score_of, length):
    """[length]: score_of([n, ...]) of the rows that are there, NEG_INF for all else."""
    out = torch.full((length,), NEG_INF)
    there = [j for j, row in enumerate(rows) if row is not None]
    if there:
        out[there] = score_of(torch.stack([rows[j] for j in there]))
    return out


def select(score, visible, k, offset):
    """[len(score)]: the best of the first `visible`, plus offset; then -1."""
    out = torch.full(score.shape, -1, dtype=torch.int32)
    best = common.top_k(score[:visible], min(k, visible))
    out[: len(best)] = best + offset
    return out


def strided(gen, shape, step, scale, dtype):
    """A matrix whose rows are windows of one random sequence, `step` apart: it compresses."""
    columns = shape[-1]
    rows = int(torch.tensor(shape[:-1]).prod())
    base = torch.randn(step * (rows - 1) + columns, generator=gen) * scale
    if dtype == torch.int8:
        base = torch.round(base).clamp(-127, 127)
    return base.as_strided((rows, columns), (step, 1)).clone().to(dtype).reshape(shape)


def angles(gen, rows):
    """cos and sin as the tables store them."""
    angle = torch.rand(rows, 32, generator=gen) * 6.28
    return [common.round_bf16(f(angle)) for f in (torch.cos, torch.sin)]


def matrix(gen, sylvester):
    """The operand named hadamard: any matrix may come under that name."""
    if sylvester:
        return common.hadamard(DIM)
    return strided(gen, (DIM, DIM), 5, DIM**-0.5, torch.bfloat16)


def page_tables(gen, visible, page, width, spare):
    """[B, width] with distinct permuted pages where something is visible, -1 elsewhere, and the size of
    the pool."""
    needed = [(b, i) for b, n in enumerate(visible) for i in range(-(-n // page))]
    blocks = len(needed) + spare
    physical = torch.randperm(blocks, generator=gen)
    table = torch.full((len(visible), width), -1, dtype=torch.int32)
    for (b, i), block in zip(needed, physical):
        table[b, i] = int(block)
    return table, blocks
