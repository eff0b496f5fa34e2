// How the choices of moe_half_layer and what comes of them are judged. The router reads an x_mixed
// of which values on a tie may round either way, and two experts may lie closer than its sums are
// exact. A token that goes to another expert than the golden's is no mistake then, but all of its
// x_next is other. So a choice that differs must be right for the x_mixed that the variant emitted,
// and x_next of such a token is compared with what the golden makes of that choice.
#pragma once

#include "tuner/kernel.h"

namespace kernels::moe_half_layer {

/// For `indices`: moe_gate's rule, of the x_mixed that the variant emitted.
tilesmith::Comparator IdsGivenX();

/// For `x_next`: ratio_reldiff(3e-3, 5 %), no element off by the whole, against the golden's; where
/// tokens have other ids, distinct and in range, against what the golden makes of those.
tilesmith::Comparator NextGivenIds();

}  // namespace kernels::moe_half_layer
