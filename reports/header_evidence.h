// What the generated header tells of each entry's evidence, and the digest of it all.
#pragma once

#include <string>
#include <vector>

#include "reports/generated_header.h"
#include "reports/header_layout.h"

namespace tilesmith {

/// The contestant that the verdict speaks of: the chosen config, or the fastest rival where the
/// default was chosen. nullptr when the duel had none.
const DuelEntry* JudgedEntry(const Duel& duel);

/// "win 1.21x", "tie 1.00x", "none".
std::string VerdictSummary(const Duel& duel);

/// The evidence as doc-comment lines: problem, sizes, verdict, speed-up against the default with
/// its interval, rounds, why it was chosen, machine, compiler.
std::string EvidenceComment(const HeaderEntry& entry);

/// Digest of every row the header rests on: problems, provenances, machines, duels with their
/// samples. Row ids and times of day are no part of it, so a merged or re-imported database digests
/// alike.
std::string EvidenceDigest(const std::vector<KernelLayout>& kernels);

}  // namespace tilesmith
