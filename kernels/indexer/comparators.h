// How the decode indexers' outputs are judged (kernels.md §1, §2, C.4).
#pragma once

#include <functional>

#include "tuner/kernel.h"

namespace kernels::indexer {

/// How many scores of a row have keys, of token t of a case.
using VisibleOf = std::function<std::int64_t(const tilesmith::Outcome&, std::int64_t t)>;

/// The error a score may have, in a row whose largest magnitude is `largest`.
using ScoreBound = std::function<double(double score, double largest)>;

/// |a − e| <= atol + rtol·|e|, the share `outliers` of the visible scores excepted (or kFewOutliers, if
/// that is more), and those within `cap`. The rest of a row is −FLT_MAX exactly, as are the scores of
/// keys that no page holds.
///
/// Outliers of quantised queries come by the row: where FP32 noise decides a tie, one code is off by
/// one, and all scores of the token move by one step of one head. That is more than 1/128 of the
/// scores near zero, some percent of them.
inline constexpr double kFewOutliers = 4;
struct ScoreRule {
  double atol;
  double rtol;
  double outliers = 0;
  ScoreBound cap = nullptr;  // null: none
};

/// For `score` [B, S, SCORE_LEN].
tilesmith::Comparator ScoresClose(const ScoreRule& rule, const VisibleOf& visible);

/// For `topk_idxs` [B, S, SCORE_LEN]: the order that the kernel's own scores have, exactly, and the
/// golden's up to `bound`. Asks for IDX_TOPK, a dimension or a scalar, and for scalar offset.
tilesmith::Comparator BestChosen(const ScoreBound& bound, const VisibleOf& visible,
                                 bool topk_is_scalar);

}  // namespace kernels::indexer
