"""sparse_attention_csa, contracts V2 and V3 (kernels.md §7.2, §7.3, §7.5)."""

import torch

import attention_inputs as inputs
import attention_math
import common

KERNEL = "sparse_attention_csa"


def v2(name, dims, starts, tokens, seed, edit=None):
    gen = common.generator(seed)
    x, positions = inputs.coded(gen, dims, starts, tokens, pages=2)
    x.update(inputs.csa_codes(gen, dims, starts, tokens, positions))
    x.update(inputs.projection(gen, dims))
    if edit:
        edit(x)
    return common.Case(KERNEL, f"v2_{name}", "V2", x,
                       inputs.output(x, attention_math.coded_columns(x)))


def no_compressed(x):
    """Token 0: all compressed columns invalid. Token 1: one valid element. Token 2: none at all.
    Token 3: only compressed columns, block 0 fully invalid."""
    codes = x["cmp_sparse_indices"]
    codes[0, 128:] = -1
    codes[1, :] = -1
    codes[1, 77] = 5
    codes[2, :] = -1
    codes[3, :128] = -1
    mask = torch.nn.functional.pad(codes, (0, 256 - codes.shape[1]), value=-1)
    x["valid_block_mask"] = (mask.reshape(-1, 2, 128) >= 0).any(dim=2).to(torch.int32)
    x["cmp_block_table"][0, 1] = -1  # not mapped, not needed


def v3(name, dims, starts, tokens, page, seed):
    gen = common.generator(seed)
    batches, held = len(starts), 256
    x = dict(ori_kv=inputs.rows(gen, (2 * batches, 128, 1, 512), 0.5),
             cmp_kv=inputs.rows(gen, (batches * held // page, page, 1, 512), 0.5))
    x["window_swa_indices"], positions = inputs.window_rows(gen, 2 * batches, starts, tokens)
    x["cmp_block_table"] = inputs.permutation(gen, batches * held // page, (batches, held // page))
    x["position_ids"] = positions.reshape(-1, 1)
    x["idx_topk"] = torch.full((batches * tokens, held), -1, dtype=torch.int32)
    for t, p in enumerate(positions.tolist()):
        chosen = torch.randperm((p + tokens) // 4 + 1, generator=gen)[: dims["IDX_TOPK"] + 3]
        x["idx_topk"][t, : len(chosen)] = chosen.to(torch.int32)
    x.update(inputs.values(gen, dims, batches * tokens, positions))
    x.update(inputs.projection(gen, dims))
    columns = attention_math.v3_columns(x, attention_math.visible_topk(x, dims["IDX_TOPK"]))
    return common.Case(KERNEL, f"v3_{name}", "V3", x, inputs.output(x, columns),
                       dims=dict(index_topk=dims["IDX_TOPK"]))


def cases():
    yield v2("tiny_flash_s1", common.TINY_FLASH, [5, 126, 127, 900], 1, 1)
    yield v2("tiny_flash_s2", common.TINY_FLASH, [126, 700], 2, 2)
    yield v2("tiny_pro_s1", common.TINY_PRO, [3, 128, 640], 1, 3)
    yield v2("edges", common.TINY_FLASH, [500, 127, 0, 901], 1, 4, no_compressed)
    yield v3("tiny_flash_page32", common.TINY_FLASH, [126, 640], 2, 32, 5)
    yield v3("tiny_pro_page128", common.TINY_PRO, [3, 900], 2, 128, 6)
