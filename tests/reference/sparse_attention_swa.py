"""sparse_attention_swa, contracts V2 and V3 (kernels.md §7.2, §7.3, §7.5)."""

import torch

import attention_inputs as inputs
import attention_math
import common

KERNEL = "sparse_attention_swa"


def v2(name, dims, starts, tokens, seed):
    gen = common.generator(seed)
    x, positions = inputs.coded(gen, dims, starts, tokens, pages=1)
    del x["cmp_kv"], x["cmp_block_table"]
    lengths = torch.tensor(starts) + tokens
    nothing = torch.zeros(len(starts), tokens, 0, dtype=torch.int32)
    index = inputs.csa_index_build.reference(positions, lengths, nothing, 0)
    x["cmp_sparse_indices"] = index["cmp_sparse_indices"]
    x["win_bias"] = inputs.win_bias(x["cmp_sparse_indices"], starts, tokens)
    x.update(inputs.projection(gen, dims))
    return common.Case(KERNEL, f"v2_{name}", "V2", x,
                       inputs.output(x, attention_math.swa_columns(x)))


def v3(name, dims, starts, seed, short=()):
    """Tokens of their own; those in `short` read less than their rows give."""
    gen = common.generator(seed)
    x = dict(ori_kv=inputs.rows(gen, (2 * len(starts), 128, 1, 512), 0.5))
    x["swa_indices"], positions = inputs.window_rows(gen, 2 * len(starts), starts, 1)
    x["swa_lens"] = (positions + 1).clamp(max=128)
    for t, length in short:
        x["swa_lens"][t] = length
    x.update(inputs.values(gen, dims, len(starts), positions))
    x.update(inputs.projection(gen, dims))
    return common.Case(KERNEL, f"v3_{name}", "V3", x,
                       inputs.output(x, attention_math.swa_v3_columns(x)))


def cases():
    yield v2("tiny_flash_s1", common.TINY_FLASH, [5, 126, 127, 900], 1, 1)
    yield v2("tiny_pro_s3", common.TINY_PRO, [126, 640], 3, 2)
    yield v3("tiny_flash", common.TINY_FLASH, [0, 126, 127, 128], 3)
    yield v3("tiny_pro", common.TINY_PRO, [5, 200, 300], 4, short=[(1, 0), (2, 17)])
