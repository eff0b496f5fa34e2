// How the decode indexers' outputs are judged (kernels.md §1, §2, C.4).
#pragma once

#include <functional>

#include "tuner/kernel.h"

namespace kernels::indexer {

/// How many scores of a row have keys, of token t of a case.
using VisibleOf = std::function<std::int64_t(const tilesmith::Outcome&, std::int64_t t)>;

/// |a − e| <= atol + rtol·|e|, `outliers` of the visible scores excepted, and those within `cap` times
/// that. The rest of a row is −FLT_MAX exactly, as are the scores of keys that no page holds.
struct ScoreRule {
  double atol;
  double rtol;
  double outliers;
  double cap;  // 0: none
};

/// For `score` [B, S, SCORE_LEN].
tilesmith::Comparator ScoresClose(const ScoreRule& rule, const VisibleOf& visible);

/// For `topk_idxs` [B, S, SCORE_LEN]: the order that the kernel's own scores have, exactly, and the
/// golden's up to `bound`, the error a score may have in a row whose largest magnitude is `largest`.
/// Asks for dimension or scalar IDX_TOPK and scalar offset.
using ScoreBound = std::function<double(double score, double largest)>;
tilesmith::Comparator BestChosen(const ScoreBound& bound, const VisibleOf& visible,
                                 bool topk_is_scalar);

}  // namespace kernels::indexer
