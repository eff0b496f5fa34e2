"""What the decode compressors have in common (kernels.md §3, §4, §5, C.1), in torch.

Written from the specification, token by token and slot by slot, with dictionaries of positions
where the kernels have tables: a second road to the same numbers.
"""

import torch

import common


class Shape:
    """ratio tokens per row; overlap: a window is two halves, each with columns of its own."""

    def __init__(self, ratio, head, state_page):
        self.ratio, self.head, self.state_page = ratio, head, state_page
        self.overlap = ratio == 4
        self.out = head * (2 if self.overlap else 1)


RATIO4 = Shape(4, 512, 4)
RATIO128 = Shape(128, 512, 8)
INDEXER = Shape(4, 128, 4)


def project(x, weight, transposed):
    """[..., D] times [D, OUT] or, transposed, [OUT, D]."""
    return common.matmul(x, weight.t() if transposed else weight)


def pool(kv, score):
    """P9 in two passes: kv, score [slots, columns], a softmax over the slots of each column."""
    m = score.max(dim=0).values
    e = torch.exp(score - m)
    return (kv * (e / e.sum(dim=0))).sum(dim=0)


def normalise(row, gamma):
    return gamma.float() * (row * common.inverse_rms(row))


def rotate(row, cos, sin):
    """P6 on the last 64 columns."""
    return torch.cat([row[:-common.ROPE_DIM], common.rotate(row[-common.ROPE_DIM:], cos, sin)])


def window_slots(shape, p):
    """(position, first column) of each slot of the window that ends at position p, in order."""
    if not shape.overlap:
        return [(a, 0) for a in range(p - shape.ratio + 1, p + 1)]
    front = [(p - 7 + i, 0) for i in range(4)]
    back = [(p - 3 + i, shape.head) for i in range(4)]
    return front + back


def gather(shape, state, row_of, p):
    """The window's kv and score; a row that is missing has kv 0 and score -inf."""
    slots = window_slots(shape, p)
    kv = torch.zeros(len(slots), shape.head)
    score = torch.full((len(slots), shape.head), float("-inf"))
    for i, (a, column) in enumerate(slots):
        row = row_of(a) if a >= 0 else None
        if row is not None:
            kv[i] = state[row, column:column + shape.head]
            score[i] = state[row, shape.out + column:shape.out + column + shape.head]
    return kv, score


def boundary(shape, pos0, tokens):
    """Which token of the step ends a window, or None."""
    s = shape.ratio - 1 - pos0 % shape.ratio
    return s if s < tokens else None


def paged_row(table, page, position):
    entry = int(table[position // page])
    return None if entry < 0 else entry * page + position % page


class Step:
    """One decode step of a paged contract (V1, V2, V3). Subclassed by addressing."""

    def __init__(self, shape, tensors, transposed):
        self.shape, self.t = shape, tensors
        self.state = tensors["state"].clone().reshape(-1, 2 * shape.out)
        self.kvp = project(tensors["x"], tensors["wkv"], transposed)
        self.sp = project(tensors["x"], tensors["wgate"], transposed)
        self.batches, self.tokens = tensors["x"].shape[:2]

    def read_row(self, b, position):
        return paged_row(self.t["table"][b], self.shape.state_page, position)

    def scatter(self, b, s):
        row = self.write_row(b, s)
        if row is not None:
            ape = self.t["ape"][self.position(b, s) % self.shape.ratio]
            self.state[row] = torch.cat([self.kvp[b, s], self.sp[b, s] + ape])

    def rows(self):
        """{batch: (boundary token, FP32 row)} of the batches that compress. At ratio 128, tokens after the
        boundary are stored after pooling."""
        found = {}
        for b in range(self.batches):
            last = boundary(self.shape, self.position(b, 0), self.tokens)
            before = self.tokens if last is None or self.shape.overlap else last + 1
            for s in range(before):
                self.scatter(b, s)
            if last is not None:
                found[b] = (last, self.row(b, self.position(b, 0) + last))
            for s in range(before, self.tokens):
                self.scatter(b, s)
        return found

    def row(self, b, p):
        kv, score = gather(self.shape, self.state, lambda a: self.read_row(b, a), p)
        return rotate(normalise(pool(kv, score), self.t["norm_w"]), self.t["cos"][b], self.t["sin"][b])


class SlottedStep(Step):
    """V2, V3: slot mappings say where to write, -1 says nowhere."""

    def position(self, b, s):
        return int(self.t["position_ids"][b, s])

    def write_row(self, b, s):
        slot = int(self.t["state_slots"][b, s])
        return None if slot < 0 else slot

    def cache_row(self, b, s):
        slot = int(self.t["cache_slots"][b, s])
        return None if slot < 0 else slot


class TabledStep(Step):
    """V1: block tables and the position of each batch's first token."""

    def position(self, b, s):
        return int(self.t["start_pos"][b]) + s

    def write_row(self, b, s):
        return self.read_row(b, self.position(b, s))

    def cache_row(self, b, s):
        page = self.t["cache"].shape[1]
        return paged_row(self.t["cache_table"][b], page, self.position(b, 0) // self.shape.ratio)


def finish(step, gate_kv, hadamard=None, codes=False):
    """kv, the cache and, with codes, the scales after the step."""
    head = step.shape.head
    kv = torch.zeros(step.batches, step.tokens, head)
    cache = step.t["cache"].clone()
    rows = cache.reshape(-1, head)
    scales = step.t["scale"].clone() if codes else None
    for b, (s, row) in step.rows().items():
        if hadamard is not None:
            row = common.matmul(common.round_bf16(row), hadamard)
        slot = step.cache_row(b, s)
        if slot is not None or not gate_kv:
            kv[b, 0] = row
        if slot is None:
            continue
        if codes:
            rows[slot], scales.view(-1)[slot] = common.quantise_rows(common.round_bf16(row))
        else:
            rows[slot] = row.to(torch.bfloat16)
    return kv, cache, scales


class ContiguousStep:
    """V0: one position for all batches, slots of their own, S = 1; bf16 between the steps."""

    def __init__(self, shape, tensors, transposed=False):
        self.shape, self.t = shape, tensors
        self.kv_state, self.score_state = tensors["kv_state"].clone(), tensors["score_state"].clone()
        position = self.position = int(tensors["start_pos"])
        slot = self.kv_state.shape[1] - shape.ratio + position % shape.ratio
        ape = tensors["ape"][position % shape.ratio]
        self.kv_state[:, slot] = project(tensors["x"], tensors["wkv"], transposed)[:, 0]
        self.score_state[:, slot] = project(tensors["x"], tensors["wgate"], transposed)[:, 0] + ape
        self.ends = position % shape.ratio == shape.ratio - 1

    def window(self, b):
        kv, score, head = self.kv_state[b], self.score_state[b], self.shape.head
        if not self.shape.overlap:
            return kv, score
        return [torch.cat([state[:4, :head], state[4:, head:]]) for state in (kv, score)]

    def shift(self):
        for state in (self.kv_state, self.score_state):
            state[:, :4] = state[:, 4:].clone()


def contiguous(shape, t):
    """The step, kv and the cache."""
    step = ContiguousStep(shape, t)
    kv, cache = torch.zeros(*t["x"].shape[:2], shape.head), t["cache"].clone()
    if not step.ends:
        return step, kv, cache
    for b in range(kv.shape[0]):
        row = common.round_bf16(pool(*step.window(b)))
        row = common.round_bf16(normalise(row, t["norm_w"]))
        row = common.round_bf16(rotate(row, t["cos"][0], t["sin"][0]))
        kv[b, 0] = common.matmul(row, t["hadamard"]) if t["rotate"] else row
        cache[b, step.position // shape.ratio] = kv[b, 0].to(torch.bfloat16)
    step.shift()
    return step, kv, cache


def ratio128_v0(t):
    """The step and its output: FP32 throughout, halves turned instead of neighbours."""
    step = ContiguousStep(RATIO128, t, True)
    out = torch.zeros(t["x"].shape[0], 512)
    for b in range(out.shape[0] if step.ends else 0):
        row = normalise(pool(*step.window(b)), t["norm_w"])
        low, high, cos, sin = row[448:480], row[480:], t["cos"][0].float(), t["sin"][0].float()
        out[b] = torch.cat([row[:448], low * cos - high * sin, low * sin + high * cos])
    return step, out.to(torch.bfloat16)
