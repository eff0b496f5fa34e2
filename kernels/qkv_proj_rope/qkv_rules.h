// How the outputs of qkv_proj_rope are judged (kernels.md §8, Compare).
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "tuner/kernel.h"

namespace kernels {

/// The 32 cosines and sines of a token of a case.
struct QkvAngles {
  std::span<const tilesmith::bf16, 32> cos;
  std::span<const tilesmith::bf16, 32> sin;
};
using QkvAnglesOf = std::function<QkvAngles(const tilesmith::Outcome& outcome, std::size_t token)>;

/// The angles of kernels whose operands rope_cos and rope_sin have a row per token.
QkvAngles AnglesOfRows(const tilesmith::Outcome& outcome, std::size_t token);

/// q under ratio_allclose(1e-4, 1/128, 0.5 %). A code of qr may sit on a rounding tie, and its flip
/// moves the token's queries by more than that: a token whose codes differ from the golden's is
/// compared with the queries of the codes that the variant emitted.
tilesmith::Comparator QueriesOfEmittedCodes(QkvAnglesOf angles);

/// V3's rule for qr: codes differ by at most one, on at most 0.5 % of all and of any row, in whole
/// codes and at least one.
tilesmith::Comparator FewCodesFlip();

}  // namespace kernels
