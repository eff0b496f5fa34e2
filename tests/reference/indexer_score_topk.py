"""indexer_score_topk: the float decode indexer, with a contiguous cache (kernels.md §1, V0) and with
a paged one."""

import torch

import common
import indexer


def queries(t, cos, sin):
    """[B, S, 64, 128]: projected, rotated, times the matrix; FP32 but for the rotated tails."""
    q = common.matmul(t["qr"], t["wq_b"])
    q = q.reshape(*q.shape[:2], indexer.HEADS, indexer.DIM)
    return common.matmul(indexer.rotate_tails(q, cos, sin), t["hadamard"])


def run(t, cos, sin, rows_of, visible, k, offset, length):
    """score and topk_idxs [B, S, length]; rows_of(b) are the visible cache rows of batch b."""
    q, w = queries(t, cos, sin), indexer.head_weights(t["x"], t["weights_proj"])
    batches, tokens = w.shape[:2]
    score = torch.empty(batches, tokens, length)
    idx = torch.empty(batches, tokens, length, dtype=torch.int32)
    for b in range(batches):
        for s in range(tokens):
            def score_of(rows):
                return indexer.weigh(common.matmul(q[b, s], rows.t()), w[b, s])

            score[b, s] = indexer.score_rows(rows_of(b), score_of, length)
            idx[b, s] = indexer.select(score[b, s], visible[b], k, offset)
    return dict(score=score, topk_idxs=idx)


def projections(gen, dims, batches, tokens, sylvester):
    D, QL = dims["D"], dims["QL"]
    return dict(
        x=common.bf16(torch.randn(batches, tokens, D, generator=gen) * 0.1),
        qr=common.bf16(torch.randn(batches, tokens, QL, generator=gen) * 0.1),
        wq_b=indexer.strided(gen, (QL, 8192), 5, QL**-0.5, torch.bfloat16),
        weights_proj=indexer.strided(gen, (D, 64), 3, D**-0.5, torch.bfloat16),
        hadamard=indexer.matrix(gen, sylvester),
    )


def contiguous(name, seed, dims, batches, tokens, start_pos, k, offset, kv_len, score_len):
    gen = common.generator(seed)
    t = projections(gen, dims, batches, tokens, sylvester=seed % 2 == 0)
    t["cos"], t["sin"] = indexer.angles(gen, 1)
    t["even_select"], t["odd_select"] = [
        common.bf16(torch.eye(64)[:, first::2].contiguous()) for first in (0, 1)]
    t["idx_kv_cache"] = indexer.strided(gen, (batches, kv_len, 128), 3, 1.0, torch.bfloat16)
    visible = (start_pos + tokens) // 4
    cos, sin = (t[n].expand(batches, 32) for n in ("cos", "sin"))
    out = run(t, cos, sin, lambda b: list(t["idx_kv_cache"][b, :visible]), [visible] * batches, k,
              offset, score_len)
    t["start_pos"] = torch.tensor(start_pos, dtype=torch.int32)
    t["offset"] = torch.tensor(offset, dtype=torch.int32)
    return common.Case("indexer_score_topk", name, "V0", t, out, dict(IDX_TOPK=k))


def paged(name, seed, dims, seq_lens, tokens, k, offset, page, score_len):
    gen = common.generator(seed)
    batches = len(seq_lens)
    t = projections(gen, dims, batches, tokens, sylvester=seed % 2 == 0)
    t["cos"], t["sin"] = indexer.angles(gen, batches)
    visible = [n // 4 for n in seq_lens]
    table, blocks = indexer.page_tables(gen, visible, page, -(-score_len // page), 2)
    if len(seq_lens) > 2:
        table[2, 0] = -1  # rows that are visible but not there
    cache = indexer.strided(gen, (blocks, page, 1, 128), 3, 1.0, torch.bfloat16)
    t["idx_kv_cache"], t["idx_block_table"] = cache, table
    t["kv_seq_lens"] = torch.tensor(seq_lens, dtype=torch.int32)
    out = run(t, t["cos"], t["sin"],
              lambda b: indexer.paged_rows(cache, table[b], visible[b]), visible, k, offset, score_len)
    t["offset"] = torch.tensor(offset, dtype=torch.int32)
    return common.Case("indexer_score_topk_paged", name, "V0", t, out, dict(IDX_TOPK=k))


def cases():
    flash, pro = common.TINY_FLASH, common.TINY_PRO
    yield contiguous("tf_pos256", 100, flash, 4, 1, 256, 16, 128, 256, 256)
    yield contiguous("tp_full", 101, pro, 2, 1, 1023, 64, 128, 256, 256)
    yield contiguous("tf_k_minus_1", 102, flash, 2, 1, 62, 16, 0, 64, 96)  # 15 visible
    yield contiguous("tf_nothing", 103, flash, 2, 1, 2, 16, 128, 64, 64)
    yield contiguous("tp_s2", 105, pro, 2, 2, 130, 32, 130, 64, 80)
    yield paged("tf", 110, flash, [4, 129, 700, 1024, 3, 132], 1, 32, 129, 128, 256)
    yield paged("tp_s3_page32", 111, pro, [257, 1000], 3, 64, 0, 32, 256)
