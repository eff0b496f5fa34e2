"""sparse_attention_core (kernels.md §7.2, contract V2)."""

import attention_inputs as inputs
import attention_math
import common


def case(name, dims, starts, tokens, seed, edit=None):
    gen = common.generator(seed)
    x, positions = inputs.coded(gen, dims, starts, tokens, pages=2)
    x.update(inputs.csa_codes(gen, dims, starts, tokens, positions))
    if edit:
        edit(x)
    o = attention_math.attend(x["q"], attention_math.coded_columns(x), x["attn_sink"],
                              x["freqs_cos"], x["freqs_sin"])
    return common.Case("sparse_attention_core", name, "V2", x, dict(o=o))


def holes(x):
    """A token without entries, one with a single one, one whose first block is empty."""
    codes = x["cmp_sparse_indices"]
    codes[0, :] = -1
    codes[1, 1:] = -1
    codes[2, :128] = -1


def cases():
    yield case("tiny_flash_s2", common.TINY_FLASH, [126, 700], 2, 1)
    yield case("tiny_pro_s1", common.TINY_PRO, [900, 3], 1, 2)
    yield case("holes", dict(common.TINY_FLASH, IDX_TOPK=200), [255, 600, 901], 1, 3, holes)
