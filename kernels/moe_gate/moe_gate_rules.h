// How routes are judged (kernels.md §12.1, C.4). Scores come from sums whose order is free, so two
// experts that lie closer than the scores' tolerance may swap, and the weights follow the ids.
#pragma once

#include "kernels/moe_gate/moe_gate.h"
#include "tuner/kernel.h"

namespace kernels {

/// For `indices` [T, TOPK]. A row that is the golden's passes. Another one passes only where the
/// table did not decide, and then ids must be distinct and in range, no omitted score above a chosen
/// one and none out of order by more than both tolerances, 1e-4 + 2e-5·score each, and among equals
/// whose router rows are the same bit for bit the lower id first. Inactive rows are 0.
template <typename Args>
tilesmith::Comparator RoutedIds();

/// For `weights` [T, TOPK], given the ids that were chosen: those of the golden's scores within
/// atol + rtol·weight, or what the scores' tolerance explains, and every row sums to route_scale
/// within 2e-5 + 1e-6·route_scale. Inactive rows are 0.
template <typename Args>
tilesmith::Comparator RoutedWeights(double atol, double rtol);

extern template tilesmith::Comparator RoutedIds<MoeGateArgs>();
extern template tilesmith::Comparator RoutedIds<MoeGateV3Args>();
extern template tilesmith::Comparator RoutedWeights<MoeGateArgs>(double, double);
extern template tilesmith::Comparator RoutedWeights<MoeGateV3Args>(double, double);

}  // namespace kernels
