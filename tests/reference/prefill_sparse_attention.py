"""prefill_sparse_attention, contracts V2 and V3 (kernels.md §7.2, §7.3, §7.5)."""

import torch

import attention_inputs as inputs
import attention_math
import common

KERNEL = "prefill_sparse_attention"
WIN = 128


def chosen_columns(gen, count, visible):
    out = torch.full((count,), -1, dtype=torch.int32)
    columns = torch.randperm(visible, generator=gen)[:count]
    out[: len(columns)] = columns.to(torch.int32)
    return out


def columns_read(dims, tokens):
    """PREFILL_SPARSE_TOPK rounded up to whole blocks, within the operand's columns."""
    width = WIN + dims["IDX_TOPK"]
    held = min(width, min(WIN, tokens) + max(1, min(dims["IDX_TOPK"], 192)))
    return min(width, -(-held // 128) * 128)


def v2(name, dims, tokens, active, start, seed):
    gen = common.generator(seed)
    topk, positions = dims["IDX_TOPK"], start + torch.arange(tokens)
    indices = torch.full((tokens, WIN + topk), -1, dtype=torch.int32)
    lens = torch.zeros(tokens, dtype=torch.int32)
    for t, p in enumerate(positions.tolist()):
        seen = range(max(0, p - WIN + 1), p + 1)
        codes = [q % WIN if q < start else WIN + q - start for q in seen]
        choice = chosen_columns(gen, topk, (p + 1) // 4)
        codes += [c + WIN + tokens if c >= 0 else -1 for c in choice.tolist()]
        codes[seed % len(codes)] = -1  # a hole
        indices[t, : len(codes)] = torch.tensor(codes, dtype=torch.int32)
        lens[t] = len(codes)
    lens[0] = 0  # no entry at all
    x = dict(
        ori_kv=inputs.rows(gen, (1, WIN, 1, 512), 0.5),
        ori_block_table=torch.zeros(1, dtype=torch.int32),
        kv_overlay=inputs.rows(gen, (tokens, 512), 0.5),
        cmp_kv=inputs.rows(gen, (3, 128, 1, 512), 0.5),
        cmp_block_table=torch.tensor([2, 0, 1], dtype=torch.int32),
        cmp_sparse_indices=indices,
        cmp_sparse_lens=lens,
        num_tokens=torch.tensor(active, dtype=torch.int32),
    )
    x.update(inputs.values(gen, dims, tokens, positions))
    x.update(inputs.projection(gen, dims))
    columns = attention_math.prefill_columns(x, columns_read(dims, tokens))
    return common.Case(KERNEL, f"v2_{name}", "V2", x, inputs.output(x, columns),
                       dims=dict(index_topk=topk))


def v3(name, dims, tokens, active, start, page, seed):
    gen = common.generator(seed)
    topk, positions, entries = dims["IDX_TOPK"], start + torch.arange(tokens), 256 // page
    x = dict(
        ori_kv=inputs.rows(gen, (3, WIN, 1, 512), 0.5),
        cmp_kv=inputs.rows(gen, (entries, page, 1, 512), 0.5),
        cmp_block_table=inputs.permutation(gen, entries, (entries,)),
        num_tokens=torch.tensor(active, dtype=torch.int32),
        swa_indices=torch.full((tokens, WIN), -1, dtype=torch.int32),
        cmp_indices=torch.stack(
            [chosen_columns(gen, topk, (p + 1) // 4) for p in positions.tolist()]),
    )
    x["cmp_block_table"][1] = -1  # not mapped: its columns are dropped
    for t, p in enumerate(positions.tolist()):
        seen = torch.arange(max(0, p - WIN + 1), p + 1)
        rows = (torch.div(seen, WIN, rounding_mode="floor") + 1) % 3 * WIN + seen % WIN
        x["swa_indices"][t, : len(seen)] = rows.to(torch.int32)
    x.update(inputs.values(gen, dims, tokens, positions))
    x.update(inputs.projection(gen, dims))
    return common.Case(KERNEL, f"v3_{name}", "V3", x,
                       inputs.output(x, attention_math.prefill_v3_columns(x)),
                       dims=dict(index_topk=topk))


def cases():
    yield v2("tiny_flash_start0", common.TINY_FLASH, 20, 17, 0, 1)
    yield v2("tiny_flash_start128", common.TINY_FLASH, 9, 9, 128, 2)
    yield v2("tiny_pro_long_choice", dict(common.TINY_PRO, IDX_TOPK=400), 7, 5, 1200, 3)
    yield v3("tiny_flash_page32", common.TINY_FLASH, 9, 8, 250, 32, 4)
    yield v3("tiny_pro_page128", common.TINY_PRO, 6, 6, 700, 128, 5)
