"""prefill_indexer_compressor: the indexer's own ratio-4 compressor of a prompt chunk (kernels.md
§6.4): §6.2 with rows of 128, then a Hadamard product."""

import torch

import common
import prefill_chunk
import prefill_steps as steps

HEAD, RATIO, PAGE, OUT = 128, 4, 4, 256
NAMES = {"compress_state_block_table": "inner_compress_state_block_table",
         "cmp_slot_mapping": "idx_slot_mapping", "state_slot_mapping": "inner_state_slot_mapping"}


def window(w, kvp, score, old_kv, old_score, table, position_ids, num_tokens):
    """The eight slots of the window that ends at position w: w−7…w−4 with columns 0…127, w−3…w with
    columns 128…255. What is not there has kv 0 and score −inf."""
    kv_slots = torch.zeros(2 * RATIO, HEAD)
    score_slots = torch.full((2 * RATIO, HEAD), -float("inf"))
    for slot in range(2 * RATIO):
        position = w - (2 * RATIO - 1) + slot
        if position < 0:
            continue
        columns = slice(0, HEAD) if slot < RATIO else slice(HEAD, 2 * HEAD)
        t = steps.token_at(position_ids, num_tokens, position)
        row = steps.state_row(table, position, PAGE)
        if t is not None:
            kv_slots[slot], score_slots[slot] = kvp[t, columns], score[t, columns]
        elif row is not None:
            kv_slots[slot], score_slots[slot] = old_kv[row, columns], old_score[row, columns]
    return kv_slots, score_slots


def transformed_row(w, kv_slots, score_slots, norm_w, freqs_cos, freqs_sin, hadamard):
    """The row as V2 stores it and V3 quantises it, [1, 128] bf16."""
    first = w - (RATIO - 1)
    pooled = common.pool(kv_slots, score_slots)
    row = steps.finish(pooled, norm_w, freqs_cos[first], freqs_sin[first])
    return common.bf16(common.matmul(common.round_bf16(row)[None], hadamard))


def reference(x, wkv, wgate, ape, norm_w, freqs_cos, freqs_sin, hadamard, kv_state, score_state,
              inner_compress_state_block_table, idx_kv_cache, position_ids, num_tokens,
              idx_slot_mapping, inner_state_slot_mapping, idx_kv_scale=None):
    """Returns kv [T/4, 128], the states and the cache after the chunk; idx_kv_scale with V3."""
    n, T = int(num_tokens), x.shape[0]
    kvp = common.matmul(x, wkv.T)
    score = common.matmul(x, wgate.T) + ape[(position_ids % RATIO).long()]
    old_kv, old_score = kv_state.reshape(-1, OUT), score_state.reshape(-1, OUT)
    cache = idx_kv_cache.clone().reshape(-1, HEAD)
    kv = torch.zeros(T // RATIO, HEAD, dtype=cache.dtype)
    scale = None if idx_kv_scale is None else idx_kv_scale.clone().reshape(-1)
    for i, t in enumerate(steps.written_tokens(idx_slot_mapping, n)):
        w = int(position_ids[t])
        slots = window(w, kvp, score, old_kv, old_score, inner_compress_state_block_table,
                       position_ids, n)
        row = transformed_row(w, *slots, norm_w, freqs_cos, freqs_sin, hadamard)
        if scale is not None:
            row, dequantise = common.quantise_rows(row.float())
            scale[idx_slot_mapping[t]] = dequantise
        cache[idx_slot_mapping[t]] = row
        if i < len(kv):
            kv[i] = row
    new_kv, new_score = old_kv.clone(), old_score.clone()
    for t, row in steps.state_updates(inner_state_slot_mapping, n):
        new_kv[row], new_score[row] = kvp[t], score[t]
    outputs = {"kv": kv, "kv_state": new_kv.reshape(kv_state.shape),
               "score_state": new_score.reshape(score_state.shape),
               "idx_kv_cache": cache.reshape(idx_kv_cache.shape)}
    if scale is not None:
        outputs["idx_kv_scale"] = scale.reshape(idx_kv_scale.shape)
    return outputs


def inputs_of(seed, chunk, matrix):
    inputs = prefill_chunk.inputs(seed, chunk, RATIO, OUT, PAGE, HEAD)
    inputs = {NAMES.get(name, name): tensor for name, tensor in inputs.items()}
    inputs["idx_kv_cache"] = inputs.pop("cmp_kv")
    return inputs | {"hadamard": matrix}


def with_codes(seed, inputs):
    """Contract V3: the cache holds codes, and a scale per row."""
    gen = common.generator(seed + 2)
    shape = inputs["idx_kv_cache"].shape
    return inputs | {"idx_kv_cache": common.int8_levels(gen, shape),
                     "idx_kv_scale": 2.0**-7 + common.levels(gen, shape[:3] + (1,), 2.0**-11)}


def cases():
    Chunk = prefill_chunk.Chunk
    flash, pro = common.TINY_FLASH["D"], common.TINY_PRO["D"]
    chunks = {
        "tf_p0_n127": Chunk(T=128, D=flash, start=0, active=127, pages=40, keep=9, cmp_pages=3),
        "tf_p128_n5": Chunk(T=8, D=flash, start=128, active=5, pages=9, keep=5),
        "tp_p21_n13_recycled": Chunk(T=16, D=pro, start=21, active=13, pages=3, keep=9, cmp_pages=1),
        "tp_p22_n12_forgotten": Chunk(T=12, D=pro, start=22, active=12, pages=8, keep=12,
                                      forget=(3, 4), speculative=(27,), cmp_page=32),
        "tf_p23_n1": Chunk(T=1, D=flash, start=23, active=1, pages=7, keep=1, cmp_page=32),
    }
    random = common.bf16(common.levels(common.generator(64), (HEAD, HEAD), HEAD**-0.5, 5))
    for seed, (name, chunk) in enumerate(chunks.items(), start=6400):
        inputs = inputs_of(seed, chunk, random if "tp" in name else common.hadamard(HEAD))
        pools = prefill_chunk.two_pools(seed, chunk, PAGE, OUT)
        yield common.Case("prefill_indexer_compressor", f"v2_{name}", "V2", inputs | pools,
                          reference(**inputs, **pools))
        inputs = with_codes(seed, inputs)
        outputs = reference(**inputs, **pools)
        one_pool = prefill_chunk.one_pool({n: outputs.pop(n) for n in pools})
        yield common.Case("prefill_indexer_compressor", f"v3_{name}", "V3",
                          inputs | prefill_chunk.one_pool(pools), outputs | one_pool)
