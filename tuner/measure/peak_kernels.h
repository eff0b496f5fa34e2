// The three loops behind the rooflines, each for the widest vectors that this processor has, chosen
// at run time: the tuner itself is compiled for any x86.
#pragma once

#include <cstddef>

namespace tilesmith {

/// Some ten microseconds of work in registers; returns the operations done.
using ComputeKernel = double (*)();

/// FP32 fused multiply-adds, 2 operations per lane; nullptr when the processor has none.
ComputeKernel FmaKernel();

/// INT8 dot products of four, 8 operations per 32-bit lane; nullptr when the processor has none.
ComputeKernel VnniKernel();

/// Reads `bytes` (a multiple of 1024) from 64-byte aligned memory, in order.
using ReadKernel = void (*)(const std::byte* data, std::size_t bytes);
ReadKernel StreamKernel();

}  // namespace tilesmith
