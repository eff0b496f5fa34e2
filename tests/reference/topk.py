"""topk (kernels.md §13.9, P10)."""

import torch

import common

NEG_INF = common.FLT_MIN_INF


def top_k_rows(score, valid, k):
    """The k best of each row's first valid[r] scores; what is missing is -1."""
    out = torch.full((score.shape[0], k), -1, dtype=torch.int32)
    for row, length in enumerate(valid.tolist()):
        best = common.top_k(score[row, :length], min(k, length))
        out[row, : len(best)] = best
    return out


def case(name, score, valid, k):
    valid = torch.as_tensor(valid, dtype=torch.int32)
    return common.Case("topk", name, "", dict(score=score, valid=valid),
                       dict(idx=top_k_rows(score, valid, k)),
                       dict(ROWS=score.shape[0], L=score.shape[1], K=k))


def cases():
    for name, dims, length, seed in (("tiny-flash", common.TINY_FLASH, 256, 11),
                                     ("tiny-pro", common.TINY_PRO, 251, 12)):
        gen, k = common.generator(seed), dims["IDX_TOPK"]
        valid = [0, 1, k - 1, k, k + 1, length - 1, length]
        # 41 levels: every row has ties, most thresholds lie on one
        yield case(name, common.levels(gen, (len(valid), length), 2.0**-3, 41), valid, k)
    gen = common.generator(13)
    equal = torch.full((2, 100), 0.5)
    zeros = torch.zeros(2, 100)
    zeros[:, ::3] = -0.0  # equal to 0
    lowest = common.levels(gen, (2, 100), 0.25)
    lowest[:, ::2] = NEG_INF
    spread = torch.randn(2, 100, generator=gen) * 10.0 ** torch.randint(-38, 38, (2, 100),
                                                                        generator=gen)
    yield case("edges", torch.cat([equal, zeros, lowest, spread]), [100, 37] * 4, 48)
