// Registers csa_cache_writeback.

#include "kernels/csa_cache_writeback/csa_cache_writeback.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/csa_cache_writeback/csa_cache_writeback_golden.h"
#include "kernels/golden/fills.h"
#include "tuner/kernel.h"

namespace kernels {
namespace {

using Args = CsaCacheWritebackArgs;

struct Seed {
  int CSA_WB_TOKEN_TILE = 8;
  int CSA_WB_COLUMN_TILE = 512;
};

// Distinct rows anywhere in the pool; every fifth token is a speculative one.
void FillSlots(tilesmith::CaseInputs& inputs) {
  const std::span<std::int64_t> slots = inputs.Get<std::int64_t>("ori_slot_mapping");
  std::vector<std::int32_t> rows(slots.size());
  golden::FillPageTable(inputs, rows, inputs.Dim("ORI_BLOCKS") * 128);
  for (std::size_t t = 0; t < slots.size(); ++t) slots[t] = t % 5 == 4 ? -1 : rows[t];
}

const auto* const registered =
    tilesmith::Kernel<Args>("csa_cache_writeback")
        .Contract("csa_cache_writeback", "V2")
        .Template("csa_cache_writeback.h", "kernels::CsaCacheWriteback", &CsaCacheWriteback<Seed{}>)
        .Space("../../search_spaces/csa_cache_writeback.toml")
        .Dim("T", &Args::T)
        .Dim("ORI_BLOCKS", &Args::ORI_BLOCKS)
        .Input("kv", &Args::kv, {"T", "512"}, tilesmith::Normal(1))
        .Input("ori_slot_mapping", &Args::ori_slot_mapping, {"T"}, tilesmith::Zeros())
        .InOut("kv_cache", &Args::kv_cache, {"ORI_BLOCKS", "128", "1", "512"}, tilesmith::Normal(1),
               tilesmith::Exact())
        .Prepare(&FillSlots)
        .Golden(&CsaCacheWritebackGolden)
        .Flops("0")
        .Bytes("2056 * T")
        .Register();

}  // namespace
}  // namespace kernels
