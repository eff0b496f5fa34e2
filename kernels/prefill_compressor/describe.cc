#include "kernels/prefill_compressor/describe.h"

#include "kernels/prefill_compressor/prefill_compressor_golden.h"

namespace kernels {
namespace {

using tilesmith::Kernel;
using tilesmith::Normal;
using tilesmith::Zeros;
using Args = PrefillCompressorArgs;

void AddSizes(Kernel<Args>& kernel) {
  kernel.Dim("T", &Args::T)
      .Dim("D", &Args::D)
      .Dim("num_tokens", &Args::num_tokens)
      .Dim("MAX_SEQ", &Args::MAX_SEQ)
      .Dim("MAX_BLOCKS", &Args::MAX_BLOCKS)
      .Dim("STATE_BLOCKS", &Args::STATE_BLOCKS)
      .Dim("CMP_BLOCKS", &Args::CMP_BLOCKS)
      .Dim("CMP_PAGE", &Args::CMP_PAGE);
}

// Deviations of kernels.md §2.
template <typename Ratio>
void AddInputs(Kernel<Args>& kernel, const PrefillSlotNames& names) {
  const std::string ratio = std::to_string(Ratio::kRatio), out = std::to_string(Ratio::kOut);
  kernel.Input("x", &Args::x, {"T", "D"}, Normal(1))
      .ColdInput("wkv", &Args::wkv, {out, "D"}, Zeros())
      .ColdInput("wgate", &Args::wgate, {out, "D"}, Zeros())
      .Input("ape", &Args::ape, {ratio, out}, Normal(0.1528))
      .Input("norm_w", &Args::norm_w, {std::to_string(Ratio::kHead)}, Normal(0.261, 0.685))
      .Input("freqs_cos", &Args::freqs_cos, {"MAX_SEQ", "64"}, Zeros())
      .Input("freqs_sin", &Args::freqs_sin, {"MAX_SEQ", "64"}, Zeros())
      .Input(names.table, &Args::compress_state_block_table, {"MAX_BLOCKS"}, Zeros())
      .Input("position_ids", &Args::position_ids, {"T"}, Zeros())
      .Input(names.cmp, &Args::cmp_slot_mapping, {"T"}, Zeros())
      .Input(names.state, &Args::state_slot_mapping, {"T"}, Zeros());
}

template <typename Ratio>
void AddState(Kernel<Args>& kernel, PrefillContract contract) {
  const std::string page = std::to_string(Ratio::kPage), out = std::to_string(Ratio::kOut);
  const tilesmith::Comparator close = tilesmith::AllClose(1e-3, 1e-3);
  if (contract == PrefillContract::kV2) {
    kernel.InOut("kv_state", &Args::kv_state, {"STATE_BLOCKS", page, out}, Normal(1), close)
        .InOut("score_state", &Args::score_state, {"STATE_BLOCKS", page, out}, Normal(1), close);
  } else {
    kernel.InOut("compress_state", &Args::compress_state, {"STATE_BLOCKS", page, "2 * " + out},
                 Normal(1), close);
  }
}

template <typename Ratio>
void AddScratch(Kernel<Args>& kernel) {
  const std::string out = std::to_string(Ratio::kOut);
  kernel.Scratch("kv_projection", &Args::kv, {"T", out})
      .Scratch("score_projection", &Args::score, {"T", out})
      .Scratch("pooled", &Args::pooled, {"T", std::to_string(Ratio::kHead)})
      .Scratch("windows", &Args::windows, {"T"});
}

}  // namespace

template <typename Ratio>
void AddPrefillOperands(Kernel<Args>& kernel, PrefillContract contract,
                        const PrefillSlotNames& names) {
  const std::string out = std::to_string(Ratio::kOut), head = std::to_string(Ratio::kHead),
                    windows = "num_tokens // " + std::to_string(Ratio::kRatio);
  AddSizes(kernel);
  AddInputs<Ratio>(kernel, names);
  AddState<Ratio>(kernel, contract);
  AddScratch<Ratio>(kernel);
  kernel
      .Prepare([names](tilesmith::CaseInputs& inputs) {
        FillPrefillCase(inputs, {Ratio::kRatio, Ratio::kPage, names});
      })
      .Flops("4 * min(num_tokens, T) * D * " + out + " + " + windows + " * 5 * " +
             std::to_string(Ratio::kSlots) + " * " + head)
      .Bytes("4 * D * " + out + " + 2 * T * D + 8 * T * " + out + " + " + windows + " * 2 * " +
             head);
}

template <typename Ratio>
Kernel<Args> DescribePrefill(const std::string& name, PrefillContract contract, const char* file) {
  const std::string ratio = std::to_string(Ratio::kRatio);
  Kernel<Args> kernel(name, file);
  kernel
      .Contract("prefill_compressor_ratio" + ratio, contract == PrefillContract::kV2 ? "V2" : "V3")
      .GoldenFiles({"prefill_compressor" + ratio})
      .Space("../../search_spaces/" + name + ".toml");
  AddPrefillOperands<Ratio>(kernel, contract, {});
  kernel
      .InOut("cmp_kv", &Args::cmp_kv, {"CMP_BLOCKS", "CMP_PAGE", "1", "512"}, Normal(1),
             tilesmith::RatioAllClose(1e-4, 1.0 / 128, 0))
      .Golden(&PrefillCompressorGolden<Ratio>);
  return kernel;
}

template void AddPrefillOperands<PrefillIndexerRatio4>(Kernel<Args>&, PrefillContract,
                                                       const PrefillSlotNames&);
template Kernel<Args> DescribePrefill<PrefillRatio4>(const std::string&, PrefillContract,
                                                     const char*);
template Kernel<Args> DescribePrefill<PrefillRatio128>(const std::string&, PrefillContract,
                                                       const char*);

}  // namespace kernels
