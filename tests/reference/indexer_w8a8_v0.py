"""indexer_w8a8, contract V0 (kernels.md §2): contiguous caches, one position, halves away from zero."""

import torch

import common
import compressor
import indexer
import indexer_w8a8


def compress(t):
    """The embedded compressor (§3, V0) under the indexer's names."""
    inner = {key: t[f"inner_{key}"] for key in ("wkv", "wgate", "ape", "norm_w", "kv_state",
                                                "score_state")}
    inner |= {key: t[key] for key in ("x", "cos", "sin", "hadamard", "start_pos")}
    inner |= dict(cache=t["idx_kv_cache"], rotate=int(t["inner_rotate"]))
    step, kv, cache = compressor.contiguous(compressor.INDEXER, inner)
    return dict(inner_kv=kv, inner_kv_state=step.kv_state, inner_score_state=step.score_state,
                idx_kv_cache=cache)


def queries(t):
    batches = t["x"].shape[0]
    qr, scale = common.quantise_rows_half_away(t["qr"].float())
    q = common.dequantise(common.int_matmul(qr, t["wq_b"]), scale, t["wq_b_scale"])
    q = q.reshape(batches, 1, indexer.HEADS, indexer.DIM)
    cos, sin = (t[n].expand(batches, 32) for n in ("cos", "sin"))
    q = common.matmul(indexer.rotate_tails(q, cos, sin), t["hadamard"])
    return common.quantise_rows_half_away(q)


def run(t, k, length):
    out = compress(t)
    q, q_scale = queries(t)
    w = indexer.head_weights(t["x"], t["weights_proj"])
    visible = (int(t["start_pos"]) + 1) // 4
    score = torch.full((w.shape[0], 1, length), indexer.NEG_INF)
    idx = torch.empty(w.shape[0], 1, length, dtype=torch.int32)
    for b in range(w.shape[0]):
        codes, scales = common.quantise_rows_half_away(out["idx_kv_cache"][b, :visible].float())
        acc = common.int_matmul(q[b, 0], codes.t()).float()
        score[b, 0, :visible] = indexer.weigh((acc * q_scale[b, 0]) * scales.reshape(1, -1), w[b, 0])
        idx[b, 0] = indexer.select(score[b, 0], visible, k, int(t["offset"]))
    return out | dict(score=score, topk_idxs=idx)


def case(name, seed, dims, batches, start_pos, k, offset, length):
    gen = common.generator(seed)
    t = indexer_w8a8.query_inputs(gen, dims, batches, 1, sylvester=seed % 2 == 0)
    t.pop("qr_scale")
    t["qr"] = common.bf16(torch.randn(batches, 1, dims["QL"], generator=gen))
    t["cos"], t["sin"] = indexer.angles(gen, 1)
    t["even_select"], t["odd_select"] = [
        common.bf16(torch.eye(64)[:, first::2].contiguous()) for first in (0, 1)]
    t["inner_wkv"] = indexer.strided(gen, (dims["D"], 256), 5, 0.0293, torch.bfloat16)
    t["inner_wgate"] = indexer.strided(gen, (dims["D"], 256), 5, 0.0512, torch.bfloat16)
    t["inner_ape"] = indexer.strided(gen, (4, 256), 7, 0.1528, torch.float32)
    t["inner_norm_w"] = 0.685 + 0.261 * torch.randn(128, generator=gen)
    t["inner_kv_state"] = indexer.strided(gen, (batches, 8, 256), 7, 1.0, torch.float32)
    t["inner_score_state"] = indexer.strided(gen, (batches, 8, 256), 7, 1.0, torch.float32)
    t["idx_kv_cache"] = indexer.strided(gen, (batches, length, 128), 3, 1.0, torch.bfloat16)
    for key, value in (("start_pos", start_pos), ("offset", offset), ("inner_rotate", 1)):
        t[key] = torch.tensor(value, dtype=torch.int32)
    return common.Case("indexer_w8a8", name, "V0", t, run(t, k, length), dict(IDX_TOPK=k))


def cases():
    yield case("v0_tf_pos255", 300, common.TINY_FLASH, 4, 255, 16, 128, 128)
    yield case("v0_tp_pos70", 301, common.TINY_PRO, 3, 70, 17, 0, 64)
