"""prefill_compressor_ratio4_v1: the ratio-4 compressor of a whole prompt from position 0 (kernels.md
§6.1; contract V1: FP32 state by slots, weights input first, bf16 after every step)."""

import torch

import common

HEAD, RATIO, SLOTS = 512, 4, 8


def window(c, kvp, score):
    """The eight slots of window c of one batch; `score` has ape added."""
    kv_slots = torch.zeros(SLOTS, HEAD)
    score_slots = torch.full((SLOTS, HEAD), common.FLT_MIN_INF)
    kv_slots[RATIO:] = kvp[4 * c : 4 * c + 4, HEAD:]
    score_slots[RATIO:] = score[4 * c : 4 * c + 4, HEAD:]
    if c > 0:
        kv_slots[:RATIO] = kvp[4 * c - 4 : 4 * c, :HEAD]
        score_slots[:RATIO] = score[4 * c - 4 : 4 * c, :HEAD]
    return kv_slots, score_slots


def compressed_row(kv_slots, score_slots, norm_w, cos, sin):
    pooled = common.round_bf16(common.pool(kv_slots, score_slots))
    row = common.round_bf16(norm_w * (pooled * common.inverse_rms(pooled)))
    tail = common.round_bf16(common.rotate(row[-common.ROPE_DIM :], cos, sin))
    return torch.cat([row[: -common.ROPE_DIM], tail])


def reference(x, wkv, wgate, ape, norm_w, cos, sin, kv_state, score_state, kv_cache):
    """Returns kv [B, S/4, 512] f32 and the two states and kv_cache after the prompt."""
    B, S, _ = x.shape
    cutoff = S - S % RATIO
    kv = torch.zeros(B, S // RATIO, HEAD)
    new_kv, new_score, cache = kv_state.clone(), score_state.clone(), kv_cache.clone()
    for b in range(B):
        kvp = common.matmul(x[b], wkv)
        score = common.matmul(x[b], wgate) + ape[torch.arange(S) % RATIO]
        if cutoff >= RATIO:
            new_kv[b, :RATIO], new_score[b, :RATIO] = kvp[cutoff - 4 : cutoff], score[cutoff - 4 : cutoff]
        rest = S - cutoff
        new_kv[b, RATIO : RATIO + rest] = kvp[cutoff:]
        new_score[b, RATIO : RATIO + rest] = score[cutoff:]
        for c in range(S // RATIO):
            kv[b, c] = compressed_row(*window(c, kvp, score), norm_w, cos[c], sin[c])
        cache[b, : S // RATIO] = common.bf16(kv[b])
    return {"kv": kv, "kv_state": new_kv, "score_state": new_score, "kv_cache": cache}


def sliding(gen, rows, columns, scale, count):
    """Rows that are pieces of one random sequence: they differ, and compress to nothing."""
    base = common.levels(gen, (4 * columns,), scale, count)
    starts = torch.randint(0, 3 * columns, (rows,), generator=gen)
    return base[starts[:, None] + torch.arange(columns)[None, :]]


def cases():
    shapes = {"tf_s12": (1, 12, common.TINY_FLASH["D"]), "tf_s3": (1, 3, common.TINY_FLASH["D"]),
              "tp_s22": (1, 22, common.TINY_PRO["D"]), "tp_b2_s5": (2, 5, common.TINY_PRO["D"])}
    for seed, (name, (B, S, D)) in enumerate(shapes.items(), start=610):
        gen = common.generator(seed)
        table = common.rope_table(4 * torch.arange(S // RATIO + 1))
        inputs = {
            "x": common.bf16(sliding(gen, B * S, D, 0.5, 5)).reshape(B, S, D),
            "wkv": common.bf16(sliding(gen, D, 1024, 2.0**-5, 7)),
            "wgate": common.bf16(sliding(gen, D, 1024, 2.0**-4, 7)),
            "ape": sliding(gen, RATIO, 1024, 0.125, 15),
            "norm_w": 0.6875 + common.levels(gen, (HEAD,), 0.0625, 9),
            "cos": table[0][:, :32].float(),
            "sin": table[1][:, :32].float(),
            "kv_state": torch.zeros(B, SLOTS, 1024),
            "score_state": torch.full((B, SLOTS, 1024), common.FLT_MIN_INF),
            "kv_cache": common.bf16(sliding(gen, B * 8, HEAD, 0.25, 15)).reshape(B, 8, HEAD),
        }
        yield common.Case("prefill_compressor_ratio4", f"v1_{name}", "V1", inputs,
                          reference(**inputs))
