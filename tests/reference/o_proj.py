"""o_proj (kernels.md §7.3)."""

import attention_inputs as inputs
import attention_math
import common


def case(name, dims, tokens, seed, edit=None):
    gen = common.generator(seed)
    x = dict(o=inputs.rows(gen, (tokens, dims["H"], 512), 0.125), **inputs.projection(gen, dims))
    if edit:
        edit(x)
    out = attention_math.o_proj(x["o"], x["wo_a"], x["wo_b"], x["wo_b_scale"])
    return common.Case("o_proj", name, "", x, dict(attn_out=out))


def zero_group(x):
    """Token 0: nothing in group 1, whose scale is then 1e-4's; token 1: nothing at all."""
    heads = x["o"].shape[1] // x["wo_a"].shape[0]
    x["o"][0, heads : 2 * heads] = 0
    x["o"][1] = 0


def cases():
    yield case("tiny_flash", common.TINY_FLASH, 8, 1)
    yield case("tiny_pro", common.TINY_PRO, 3, 2)
    yield case("zeros", common.TINY_FLASH, 9, 3, zero_group)
