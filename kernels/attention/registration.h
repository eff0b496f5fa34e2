// What the registrations of the attention kernels share: operands in groups, each bound both for
// the kernel and for the rule that judges attn_out, which computes o anew.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/attention/attention_args.h"
#include "kernels/attention/attention_golden.h"
#include "tuner/kernel.h"

namespace kernels::attention {

/// Builds one attention kernel. `tokens` is T as an expression: "B * S", or "T" where a contract
/// has no batches; `blocks` the blocks of 128 columns per token, as an expression.
class Registration {
 public:
  Registration(std::string name, std::string tokens, std::string blocks,
               const char* file = __builtin_FILE())
      : kernel_(std::move(name), file), tokens_(std::move(tokens)), blocks_(std::move(blocks)) {}

  /// For what only one kernel has. An input or dimension added here is unknown to the rule.
  tilesmith::Kernel<AttentionArgs>& kernel() { return kernel_; }

  template <typename Int>
  Registration& Dim(const std::string& name, Int AttentionArgs::*member) {
    kernel_.Dim(name, member);
    binders_.push_back([=](const tilesmith::Outcome& outcome, AttentionArgs& args) {
      args.*member = static_cast<Int>(outcome.Dim(name));
    });
    return *this;
  }
  /// Another name of the dimension just added.
  Registration& AlsoCalled(const std::string& name) {
    kernel_.AlsoCalled(name);
    return *this;
  }
  template <typename T>
  Registration& Input(const std::string& name, const T* AttentionArgs::*member,
                      std::vector<std::string> shape) {
    kernel_.Input(name, member, std::move(shape), tilesmith::Zeros());
    binders_.push_back([=](const tilesmith::Outcome& outcome, AttentionArgs& args) {
      args.*member = outcome.Input<T>(name).data();
    });
    return *this;
  }

  /// B and S, or T.
  Registration& Tokens();
  /// H; q, the sink and the angles.
  Registration& Queries();
  /// ORI_BLOCKS; ori_kv, and V2's table and overlay.
  Registration& WindowCache();
  Registration& WindowPages(const std::string& overlay);
  /// CMP_BLOCKS, CMP_PAGE, CMP_MAX; cmp_kv and its table, one row per batch where there are
  /// batches.
  Registration& CompressedCache();
  /// D, G, O_LORA; the projection's weights.
  Registration& Weights();

  /// Scratch of the decode core; V3 gathers rows; prefill merges a token's blocks in place.
  Registration& CoreScratch();
  Registration& PrefillScratch();
  Registration& GatherScratch();
  /// After all inputs: attn_out with the rule of these columns, o as scratch, the projection's
  /// scratch.
  Registration& Projection(golden::ColumnsOf columns_of);

  /// Operations and least traffic with `keys` columns per token, an expression.
  Registration& Roofline(const std::string& keys, bool projection);

  const tilesmith::KernelSpec* Register() { return kernel_.Register(); }

 private:
  using Binder = std::function<void(const tilesmith::Outcome&, AttentionArgs&)>;

  tilesmith::Kernel<AttentionArgs> kernel_;
  std::string tokens_, blocks_;
  std::vector<Binder> binders_;
};

}  // namespace kernels::attention
