// The two halves of MeasurePeaks (doctor.h): in the child, which runs the loops of peak_kernels.h
// on several threads at once and takes their rates, and in the parent, which reads how that ended.
#pragma once

#include <cstdint>
#include <vector>

#include "tuner/gate/sandbox.h"
#include "tuner/measure/doctor.h"
#include "tuner/measure/machine.h"

namespace tilesmith {

/// One thread per entry of `cpus`, pinned there; all have ended when it returns. Throws UserError
/// when there is no memory for the buffer.
Peaks MeasurePeaksHere(const std::vector<int>& cpus, double seconds, std::int64_t buffer_bytes);

/// What the child of MeasurePeaks sent. Throws UserError when it did not come back with it.
Peaks PeaksFrom(const Ending& ending);

/// Bytes to stream through: four times the last-level cache, at most 1 GiB and a quarter of what is
/// free, at least 16 MiB. A cache of unknown size counts as 64 MiB, and so does a larger one in a
/// guest: it is the host's, shared with neighbours (where a guest of 2 processors reported 480 MiB,
/// reading ran at the speed of DRAM from 64 MiB on), and memory that the host has yet to find costs
/// 3 s per GiB to fill.
std::int64_t StreamBufferBytes(const Machine& machine, std::int64_t free_bytes);

}  // namespace tilesmith
