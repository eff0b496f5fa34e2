"""prefill_compressor_ratio128: the packed ratio-128 compressor of a prompt chunk (kernels.md §6.3).

Windows do not overlap: the one that ends at position w holds the positions w−127 … w. A row that
is neither in this chunk nor on a mapped page keeps kv 0 *and score 0*, and so dilutes the softmax:
the contract of both generations.
"""

import torch

import common
import prefill_chunk
import prefill_steps as steps

HEAD = 512
RATIO = 128
PAGE = 8
OUT = 512


def window(w, kvp, score, old_kv, old_score, table, position_ids, num_tokens):
    """The 128 slots, slot = position % 128, of the window that ends at position w."""
    kv_slots = torch.zeros(RATIO, HEAD)
    score_slots = torch.zeros(RATIO, HEAD)
    for position in range(w - (RATIO - 1), w + 1):
        slot = position % RATIO
        t = steps.token_at(position_ids, num_tokens, position)
        if t is not None:
            kv_slots[slot], score_slots[slot] = kvp[t], score[t]
            continue
        row = steps.state_row(table, position, PAGE)
        if row is not None:
            kv_slots[slot], score_slots[slot] = old_kv[row], old_score[row]
    return kv_slots, score_slots


def compressed_row(w, kv_slots, score_slots, norm_w, freqs_cos, freqs_sin):
    first = w - (RATIO - 1)
    pooled = common.pool(kv_slots, score_slots)
    return steps.finish(pooled, norm_w, freqs_cos[first], freqs_sin[first])


def reference(x, wkv, wgate, ape, norm_w, freqs_cos, freqs_sin, kv_state, score_state,
              compress_state_block_table, cmp_kv, position_ids, num_tokens, cmp_slot_mapping,
              state_slot_mapping):
    """Returns kv_state, score_state and cmp_kv after the chunk."""
    n = int(num_tokens)
    kvp = common.matmul(x, wkv.T)
    score = common.matmul(x, wgate.T) + ape[(position_ids % RATIO).long()]
    old_kv, old_score = kv_state.reshape(-1, HEAD), score_state.reshape(-1, HEAD)
    cmp_rows = cmp_kv.clone().reshape(-1, HEAD)
    for t in steps.written_tokens(cmp_slot_mapping, n):
        w = int(position_ids[t])
        slots = window(w, kvp, score, old_kv, old_score, compress_state_block_table, position_ids,
                       n)
        row = compressed_row(w, *slots, norm_w, freqs_cos, freqs_sin)
        cmp_rows[cmp_slot_mapping[t]] = row.to(torch.bfloat16)
    new_kv, new_score = old_kv.clone(), old_score.clone()
    for t, row in steps.state_updates(state_slot_mapping, n):
        new_kv[row], new_score[row] = kvp[t], score[t]
    return {
        "kv_state": new_kv.reshape(kv_state.shape),
        "score_state": new_score.reshape(score_state.shape),
        "cmp_kv": cmp_rows.reshape(cmp_kv.shape),
    }


def cases():
    Chunk = prefill_chunk.Chunk
    flash, pro = common.TINY_FLASH["D"], common.TINY_PRO["D"]
    chunks = {
        "tf_p0_n128": Chunk(T=128, D=flash, start=0, active=128, pages=17, keep=8),
        "tf_p128_n127": Chunk(T=128, D=flash, start=128, active=127, pages=17, keep=4),
        # Windows whose history lies in the state: all of it, and all but five rows.
        "tf_p255_n1": Chunk(T=4, D=flash, start=255, active=1, pages=17, keep=1),
        "tp_p123_n7": Chunk(T=8, D=pro, start=123, active=7, pages=17, keep=7, cmp_page=32),
        # Unmapped pages count with kv 0 and score 0.
        "tf_p125_n5_forgotten": Chunk(T=5, D=flash, start=125, active=5, pages=17, keep=5,
                                      forget=(0, 1, 2, 7, 11, 14)),
        # A pool of two pages: the state that history comes from is recycled by the chunk.
        "tp_p120_n9_recycled": Chunk(T=12, D=pro, start=120, active=9, pages=2, keep=9),
        "tf_p126_n3_speculative": Chunk(T=3, D=flash, start=126, active=3, pages=17, keep=3,
                                        speculative=(127,)),
    }
    for seed, (name, chunk) in enumerate(chunks.items(), start=12800):
        inputs = prefill_chunk.inputs(seed, chunk, RATIO, OUT, PAGE)
        pools = prefill_chunk.two_pools(seed, chunk, PAGE, OUT)
        outputs = reference(**inputs, **pools)
        yield common.Case("prefill_compressor_ratio128", f"v2_{name}", "V2", inputs | pools, outputs)
        if name in ("tp_p120_n9_recycled", "tf_p125_n5_forgotten"):
            outputs = {"cmp_kv": outputs["cmp_kv"], **prefill_chunk.one_pool(outputs)}
            yield common.Case("prefill_compressor_ratio128", f"v3_{name}", "V3",
                              inputs | prefill_chunk.one_pool(pools), outputs)
