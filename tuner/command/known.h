// What a database already answers, found without writing to it.
#pragma once

#include <vector>

#include "results/records.h"
#include "results/store.h"

namespace tilesmith {

/// Trials of exactly this provenance on this problem; none when the database never saw the
/// provenance.
std::vector<Trial> KnownTrials(ResultStore& store, const Provenance& provenance,
                               const Problem& problem);

}  // namespace tilesmith
