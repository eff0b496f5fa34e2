"""quantise_rows (kernels.md 13.5): P2, FP32 rows to INT8 codes and a scale per row."""

import torch

from common import Case, generator, levels, quantise_rows


def case(name, v):
    codes, scale = quantise_rows(v)
    return Case(kernel="quantise_rows", name=name, contract="", inputs={"v": v},
                outputs={"codes": codes, "scale": scale},
                dims={"T": v.shape[0], "N": v.shape[1]})


def cases():
    for seed, (name, rows, columns) in enumerate((("tf", 8, 512), ("tp", 8, 896), ("ragged", 5, 333))):
        gen = generator(seed)
        v = levels(gen, (rows, columns), 2.0**-6, 255)
        v = v * 2.0 ** torch.randint(-12, 13, (rows, 1), generator=gen).float()
        yield case(name, v)
    # A row of zeros; one below the least amax; halves, which go to the even code; the largest value
    # negative; signed zeros.
    edge = torch.zeros(6, 128)
    edge[1] = 1e-6
    edge[2] = torch.arange(128) - 0.5
    edge[2, 0] = 127
    edge[3, 5] = -3.0
    edge[3, 6:40] = (torch.arange(34) - 8) * 0.109375
    edge[4] = -0.0
    edge[5] = (torch.arange(128) - 42) * 2.0**93
    yield case("edge", edge)
