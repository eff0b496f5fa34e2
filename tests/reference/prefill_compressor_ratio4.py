"""prefill_compressor_ratio4: the packed ratio-4 compressor of a prompt chunk (kernels.md §6.2)."""

import torch

import common
import prefill_chunk
import prefill_steps as steps

HEAD = 512
RATIO = 4
PAGE = 4
OUT = 1024


def window(w, kvp, score, old_kv, old_score, table, position_ids, num_tokens):
    """The eight slots of the window that ends at position w: front w−7…w−4 with columns 0…511,
    back w−3…w with columns 512…1023; `score` has the position's ape added. History that does not
    exist or is not mapped has kv 0 and score −inf."""
    kv_slots = torch.zeros(2 * RATIO, HEAD)
    score_slots = torch.full((2 * RATIO, HEAD), -float("inf"))
    for slot in range(2 * RATIO):
        position = w - (2 * RATIO - 1) + slot
        front = slot < RATIO
        columns = slice(0, HEAD) if front else slice(HEAD, 2 * HEAD)
        if position < 0 or (front and w < 2 * RATIO - 1):
            continue
        t = steps.token_at(position_ids, num_tokens, position)
        if t is not None:
            kv_slots[slot], score_slots[slot] = kvp[t, columns], score[t, columns]
            continue
        row = steps.state_row(table, position, PAGE)
        if row is not None:
            kv_slots[slot], score_slots[slot] = old_kv[row, columns], old_score[row, columns]
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
    old_kv, old_score = kv_state.reshape(-1, 2 * HEAD), score_state.reshape(-1, 2 * HEAD)
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
        # The sequence's beginning: the first window has no front.
        "tf_p0_n127": Chunk(T=128, D=flash, start=0, active=127, pages=40, keep=4),
        "tf_p128_n128": Chunk(T=128, D=flash, start=128, active=128, pages=40, keep=2),
        "tf_p128_n1": Chunk(T=8, D=flash, start=128, active=1, pages=6, keep=1),
        "tf_p3_n3": Chunk(T=8, D=flash, start=3, active=3, pages=6, keep=3),
        # A window that lies in the state but for its last token.
        "tp_p131_n5": Chunk(T=8, D=pro, start=131, active=5, pages=9, keep=5),
        # A pool of three pages: the chunk recycles those of its own history.
        "tp_p21_n13_recycled": Chunk(T=16, D=pro, start=21, active=13, pages=3, keep=6),
        "tf_p22_n12_forgotten": Chunk(T=12, D=flash, start=22, active=12, pages=8, keep=5,
                                      forget=(3, 4), speculative=(27,), cmp_page=32),
        "tf_p24_n4": Chunk(T=4, D=flash, start=24, active=4, pages=8, keep=4),
    }
    for seed, (name, chunk) in enumerate(chunks.items(), start=400):
        inputs = prefill_chunk.inputs(seed, chunk, RATIO, OUT, PAGE)
        pools = prefill_chunk.two_pools(seed, chunk, PAGE, OUT)
        outputs = reference(**inputs, **pools)
        yield common.Case("prefill_compressor_ratio4", f"v2_{name}", "V2", inputs | pools, outputs)
        if name in ("tp_p21_n13_recycled", "tf_p22_n12_forgotten"):
            outputs = {"cmp_kv": outputs["cmp_kv"], **prefill_chunk.one_pool(outputs)}
            yield common.Case("prefill_compressor_ratio4", f"v3_{name}", "V3",
                              inputs | prefill_chunk.one_pool(pools), outputs)
