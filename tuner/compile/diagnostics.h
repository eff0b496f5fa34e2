// What a compiler that failed has to say, in one line.
#pragma once

#include <string>

#include "tuner/compile/process.h"

namespace tilesmith {

/// The line that tells why: the first with "error:" that is not the driver passing on its linker's
/// failure, or the linker's undefined reference; else the first line of what it printed, else how
/// it ended.
std::string FirstErrorLine(const Finished& finished);

/// True when the machine and not the source is to blame (memory ran out, the disk is full, someone
/// killed the compiler), so that another attempt may succeed.
bool IsPassing(const Finished& finished);

/// True when it failed for want of disk space.
bool IsDiskFull(const Finished& finished);

}  // namespace tilesmith
