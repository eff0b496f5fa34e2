"""CSA sparse index build (kernels.md §7.1, contract V2), from the specification."""

import torch

import common

WIN = 128
ATTN_K_TILE = 128
RATIO = 4


def window_slots(position):
    """The window's ring slots in the golden's order: oldest to current once the ring is full."""
    if position >= WIN - 1:
        return [(position % WIN + 1 + k) % WIN for k in range(WIN)]
    return [k if k <= position else -1 for k in range(WIN)]


def with_overlay(slots, positions, s):
    """A slot that one of the tokens 0..s of this step takes names that token; the last one wins."""
    owner = {int(positions[os]) % WIN: WIN + os for os in range(s + 1)}
    return [owner.get(slot, slot) for slot in slots]


def compressed_codes(topk, position, kv_len, tokens):
    """Entries of topk (offset WIN + S) whose column is visible; the others become -1."""
    first = WIN + tokens
    visible = min((position + 1) // RATIO, kv_len // RATIO)
    return [int(raw) if first <= int(raw) < first + visible else -1 for raw in topk]


def reference(position_ids, kv_seq_lens, topk_idxs, idx_topk):
    """Returns cmp_sparse_indices [T, WIN + idx_topk] and valid_block_mask [T, blocks], int32."""
    batches, tokens, _ = topk_idxs.shape
    width = WIN + idx_topk
    blocks = max(2, -(-width // ATTN_K_TILE))
    positions = position_ids.reshape(batches, tokens)
    indices, masks = [], []
    for b in range(batches):
        for s in range(tokens):
            p = int(positions[b, s])
            row = with_overlay(window_slots(p), positions[b], s)
            row += compressed_codes(topk_idxs[b, s, :idx_topk], p, int(kv_seq_lens[b]), tokens)
            indices.append(row)
            padded = torch.tensor(row + [-1] * (blocks * ATTN_K_TILE - width))
            kept = (padded.reshape(blocks, ATTN_K_TILE) >= 0).any(dim=1)
            kept[0] = True
            masks.append(kept)
    return {
        "cmp_sparse_indices": torch.tensor(indices, dtype=torch.int32),
        "valid_block_mask": torch.stack(masks).to(torch.int32),
    }


def case(name, dims, starts, tokens, seed):
    """Batches at `starts`; the indexer's choice is random, some of it not visible to the token."""
    gen = common.generator(seed)
    first, score_len = WIN + tokens, dims["MAX_SEQ"] // RATIO
    position_ids = torch.cat([start + torch.arange(tokens) for start in starts]).to(torch.int32)
    # The last batch's sequence is shorter than its positions say: that limit counts too.
    kv_seq_lens = torch.tensor([start + tokens for start in starts], dtype=torch.int32)
    kv_seq_lens[-1] = max(1, starts[-1] - 8)
    topk = torch.full((len(starts), tokens, score_len), -1, dtype=torch.int32)
    for b in range(len(starts)):
        visible = int(kv_seq_lens[b]) // RATIO + 2
        for s in range(tokens):
            chosen = torch.randperm(visible, generator=gen)[: dims["IDX_TOPK"] + 5]
            topk[b, s, : len(chosen)] = (chosen + first).to(torch.int32)
    inputs = dict(position_ids=position_ids, kv_seq_lens=kv_seq_lens, topk_idxs=topk)
    outputs = reference(position_ids, kv_seq_lens, topk, dims["IDX_TOPK"])
    return common.Case("csa_index_build", name, "V2", inputs, outputs,
                       dims=dict(index_topk=dims["IDX_TOPK"]))


def cases():
    edges = [10, 3, 4, 7, 11, 127, 126, 128, 900]
    yield case("tiny_flash_s1", common.TINY_FLASH, edges, 1, 1)
    yield case("tiny_flash_s2", common.TINY_FLASH, [10, 2, 6, 126, 127, 640], 2, 2)
    yield case("tiny_pro_s4", common.TINY_PRO, [0, 125, 127, 255, 1000], 4, 3)
