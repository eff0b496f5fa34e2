// Inputs that resemble the model's: quantised weights, page tables, activations. For Prepare
// functions; no golden uses them.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "tuner/kernel.h"

namespace kernels::golden {

/// INT8 codes distributed as normal weights quantised by output channel are; eight per random
/// number, since a problem may hold gigabytes of them.
void FillCodes(tilesmith::CaseInputs& inputs, std::span<std::int8_t> weights);

/// A weight of P3 (kernels.md §0.3): `name` [N, K] or [K, N] as codes and its scale per output
/// channel, which spreads log-normally with coefficient `cv`, such that the dequantised weight has
/// the standard deviation `deviation`. `scale_name` is `name`_scale unless given.
void FillWeight(tilesmith::CaseInputs& inputs, const std::string& name, double deviation, double cv,
                const std::string& scale_name = "");

/// Standard normal deviates times `deviation`, as bf16 or float; by table, four per random number:
/// fast enough for a hundred million weights. Deviates beyond 4.2 are cut.
void FillNormal(tilesmith::CaseInputs& inputs, std::span<tilesmith::bf16> values, double deviation);
void FillNormal(tilesmith::CaseInputs& inputs, std::span<float> values, double deviation);

/// Rows of INT8 activations and their scales: bf16 normal deviates, quantised by P2.
void FillQuantisedRows(tilesmith::CaseInputs& inputs, const std::string& codes,
                       const std::string& scales);

/// A page table: entries are distinct pages of a pool of `pages`, in random order, so that a kernel
/// which ignores the table meets a stranger's page. Throws std::invalid_argument when the table is
/// larger than the pool.
void FillPageTable(tilesmith::CaseInputs& inputs, std::span<std::int32_t> table,
                   std::int64_t pages);

}  // namespace kernels::golden
