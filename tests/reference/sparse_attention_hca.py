"""sparse_attention_hca, contracts V2 and V3 (kernels.md §7.2, §7.3, §7.5)."""

import torch

import attention_inputs as inputs
import attention_math
import common

KERNEL = "sparse_attention_hca"


def v2(name, dims, starts, tokens, seed):
    gen = common.generator(seed)
    x, _ = inputs.coded(gen, dims, starts, tokens, pages=1)
    x["cmp_sparse_indices"] = inputs.hca_codes(starts, tokens)
    x.update(inputs.projection(gen, dims))
    return common.Case(KERNEL, f"v2_{name}", "V2", x,
                       inputs.output(x, attention_math.coded_columns(x)))


def v3(name, dims, starts, tokens, page, seed):
    """128 compressed columns per batch: pages of one row, or a whole page each."""
    gen = common.generator(seed)
    batches, entries = len(starts), 128 // page
    x = dict(ori_kv=inputs.rows(gen, (2 * batches, 128, 1, 512), 0.5),
             cmp_kv=inputs.rows(gen, (batches * entries, page, 1, 512), 0.5))
    x["window_swa_indices"], positions = inputs.window_rows(gen, 2 * batches, starts, tokens)
    x["cmp_block_table"] = inputs.permutation(gen, batches * entries, (batches, entries))
    x["cmp_sparse_indices"] = torch.full((batches * tokens, 128), -1, dtype=torch.int32)
    for t, p in enumerate(positions.tolist()):
        count = (p + 1) // 128
        x["cmp_sparse_indices"][t, :count] = torch.arange(count)
    x.update(inputs.values(gen, dims, batches * tokens, positions))
    x.update(inputs.projection(gen, dims))
    columns = attention_math.v3_columns(x, x["cmp_sparse_indices"].tolist())
    return common.Case(KERNEL, f"v3_{name}", "V3", x, inputs.output(x, columns))


def cases():
    yield v2("tiny_flash_s1", common.TINY_FLASH, [5, 126, 127, 900], 1, 1)
    yield v2("tiny_flash_s2", common.TINY_FLASH, [126, 1021], 2, 2)
    yield v2("tiny_pro_s4", common.TINY_PRO, [124, 128], 4, 3)
    yield v3("tiny_flash_page1", common.TINY_FLASH, [126, 1020], 2, 1, 4)
    yield v3("tiny_pro_page128", common.TINY_PRO, [3, 900], 2, 128, 5)
