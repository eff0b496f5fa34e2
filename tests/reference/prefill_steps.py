"""Steps that the packed prefill compressors share (kernels.md §6), as whole-tensor operations."""

import torch

import common

ROPE_DIM = 64


def token_at(position_ids, num_tokens, position):
    """The active token of this chunk at `position`, or None."""
    found = torch.nonzero(position_ids[:num_tokens] == position)
    return int(found[-1]) if len(found) else None


def state_row(table, position, page):
    """The state's row of `position`, or None where its page is not mapped (P11)."""
    block = int(table[position // page])
    return None if block < 0 else block * page + position % page


def finish(pooled, norm_w, cos, sin):
    """γ·(row / rms), then P6 on the last 64 columns; the tables' first 32 columns are used."""
    row = norm_w.float() * (pooled * common.inverse_rms(pooled))
    half = ROPE_DIM // 2
    tail = common.rotate(row[-ROPE_DIM:], cos[:half].float(), sin[:half].float())
    return torch.cat([row[:-ROPE_DIM], tail])


def written_tokens(cmp_slot_mapping, num_tokens):
    """Active tokens whose compressed row is written, in token order."""
    return [t for t in range(num_tokens) if cmp_slot_mapping[t] >= 0]


def state_updates(state_slot_mapping, num_tokens):
    """(token, state row) of the rows that the chunk leaves behind."""
    return [(t, int(state_slot_mapping[t])) for t in range(num_tokens) if state_slot_mapping[t] >= 0]
