// How the states and caches of csa_attention_half_layer are judged. All come from x_normed, of
// which a value on a tie may round either way; what the projections make of that one bf16 unit is
// more than their own rules allow. So each is compared with the golden's, and where that fails and
// x_normed differs, with what the golden makes of the x_normed that the variant emitted. Only rows
// that the golden writes count: the others must be untouched, which the gate sees to.
#pragma once

#include <string>

#include "tuner/kernel.h"

namespace kernels::csa_half_layer {

/// As the stages' own rules, of the rows that the golden writes.
tilesmith::Comparator StateGivenX();       // compress_state
tilesmith::Comparator CompressedGivenX();  // cmp_kv
tilesmith::Comparator InnerStateGivenX();  // inner_compress_state
tilesmith::Comparator KeysGivenX();        // idx_kv_cache
tilesmith::Comparator RingsGivenX();       // kv_cache

}  // namespace kernels::csa_half_layer
