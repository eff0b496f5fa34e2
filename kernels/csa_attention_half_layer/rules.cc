#include "kernels/csa_attention_half_layer/rules.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "kernels/csa_attention_half_layer/csa_attention_half_layer_golden.h"
#include "kernels/golden/rounding.h"

namespace kernels::csa_half_layer {
namespace {

using tilesmith::Finding;
using tilesmith::Outcome;
using Args = CsaAttentionHalfLayerArgs;

/// |a − e| <= atol + rtol·|e|; of_row: the larger of |e| and the rms of its row. `share` of the
/// elements may miss.
struct Tolerance {
  std::size_t columns;  // of a row
  double atol;
  double rtol;
  bool of_row = false;
  double share = 0;
};

float Widen(float value) { return value; }
float Widen(bf16 value) { return golden::ToFloat(value); }

template <typename T>
double RootMeanSquare(std::span<const T> row) {
  double squares = 0;
  for (const T value : row) squares += double{Widen(value)} * double{Widen(value)};
  return std::sqrt(squares / static_cast<double>(row.size()));
}

struct Tally {
  std::size_t written = 0, missed = 0;
  double largest = 0;  // error as a share of what is allowed
  std::string message;
};

template <typename T>
void CompareRow(const std::string& operand, std::size_t row, std::span<const T> expected,
                std::span<const T> actual, const Tolerance& tolerance, Tally* tally) {
  const double floor = tolerance.of_row ? RootMeanSquare(expected) : 0;
  tally->written += expected.size();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double want = Widen(expected[i]), got = Widen(actual[i]);
    const double allowed = tolerance.atol + tolerance.rtol * std::max(std::fabs(want), floor);
    const double share = std::fabs(got - want) / allowed;
    if (share <= 1) {
      tally->largest = std::max(tally->largest, share);
    } else if (++tally->missed == 1) {
      tally->message = operand + " row " + std::to_string(row) + ", column " + std::to_string(i) +
                       ": expected " + std::to_string(want) + ", got " + std::to_string(got) +
                       ", " + std::to_string(share) + " of what is allowed";
    }
  }
}

template <typename T>
Finding CompareWritten(const std::string& operand, std::span<const T> before,
                       std::span<const T> expected, std::span<const T> actual,
                       const Tolerance& tolerance) {
  Tally tally;
  const std::size_t columns = tolerance.columns;
  for (std::size_t i = 0; i < expected.size(); i += columns) {
    if (std::ranges::equal(expected.subspan(i, columns), before.subspan(i, columns))) continue;
    CompareRow(operand, i / columns, expected.subspan(i, columns), actual.subspan(i, columns),
               tolerance, &tally);
  }
  const double spare = std::round(tolerance.share * static_cast<double>(tally.written));
  const double missed = static_cast<double>(tally.missed);
  if (missed <= spare) return {missed > 0 ? missed / spare : tally.largest, ""};
  return {missed / std::max(spare, 1.0), tally.message + "; " + std::to_string(tally.missed) +
                                             " of " + std::to_string(tally.written) + " missed"};
}

int DimOf(const Outcome& outcome, const char* name) { return static_cast<int>(outcome.Dim(name)); }

/// The case as it was before the call, with states of its own for the golden to update.
class Replay {
 public:
  explicit Replay(const Outcome& outcome) : outcome_(outcome) {
    SetSizes();
    SetWeights();
    SetStep();
    args.compress_state = Copy("compress_state", &compress_state);
    args.inner_compress_state = Copy("inner_compress_state", &inner_compress_state);
    args.cmp_kv = Copy("cmp_kv", &cmp_kv);
    args.idx_kv_cache = Copy("idx_kv_cache", &idx_kv_cache);
    args.kv_cache = Copy("kv_cache", &kv_cache);
  }
  const bf16* x_normed() const { return outcome_.Actual<bf16>("x_normed").data(); }

  Args args{};
  std::vector<float> compress_state, inner_compress_state;
  std::vector<bf16> cmp_kv, idx_kv_cache, kv_cache;

 private:
  template <typename T>
  T* Copy(const char* name, std::vector<T>* to) {
    const std::span<const T> from = outcome_.Input<T>(name);
    to->assign(from.begin(), from.end());
    return to->data();
  }
  template <typename T>
  void Set(const char* name, const T* Args::*member) {
    args.*member = outcome_.Input<T>(name).data();
  }
  void Set(const char* name, const signed char* Args::*member) {
    args.*member = outcome_.Input<std::int8_t>(name).data();
  }
  void Set(const char* name, const long* Args::*member) {
    args.*member = outcome_.Input<std::int64_t>(name).data();
  }

  void SetSizes() {
    const std::pair<const char*, int Args::*> sizes[] = {{"B", &Args::B},
                                                         {"S", &Args::S},
                                                         {"D", &Args::D},
                                                         {"H", &Args::H},
                                                         {"QL", &Args::QL},
                                                         {"IDX_TOPK", &Args::IDX_TOPK},
                                                         {"SCORE_LEN", &Args::SCORE_LEN},
                                                         {"STATE_BLOCKS", &Args::STATE_BLOCKS},
                                                         {"STATE_PAGES", &Args::STATE_PAGES},
                                                         {"IDX_BLOCKS", &Args::IDX_BLOCKS},
                                                         {"IDX_PAGE", &Args::IDX_PAGE},
                                                         {"IDX_MAX", &Args::IDX_MAX},
                                                         {"CMP_BLOCKS", &Args::CMP_BLOCKS},
                                                         {"CMP_PAGE", &Args::CMP_PAGE},
                                                         {"ORI_BLOCKS", &Args::ORI_BLOCKS}};
    for (const auto& [name, member] : sizes) args.*member = DimOf(outcome_, name);
  }
  void SetWeights() {
    Set("wq_a", &Args::wq_a);
    Set("wq_b", &Args::wq_b);
    Set("wq_b_scale", &Args::wq_b_scale);
    Set("wkv", &Args::wkv);
    Set("gamma_cq", &Args::gamma_cq);
    Set("gamma_ckv", &Args::gamma_ckv);
    Set("freqs_cos", &Args::freqs_cos);
    Set("freqs_sin", &Args::freqs_sin);
    Set("cmp_wkv", &Args::cmp_wkv);
    Set("cmp_wgate", &Args::cmp_wgate);
    Set("cmp_ape", &Args::cmp_ape);
    Set("cmp_norm_w", &Args::cmp_norm_w);
    Set("idx_wq_b", &Args::idx_wq_b);
    Set("idx_wq_b_scale", &Args::idx_wq_b_scale);
    Set("weights_proj", &Args::weights_proj);
    Set("hadamard_idx", &Args::hadamard_idx);
    Set("inner_wkv", &Args::inner_wkv);
    Set("inner_wgate", &Args::inner_wgate);
    Set("inner_ape", &Args::inner_ape);
    Set("inner_norm_w", &Args::inner_norm_w);
  }
  void SetStep() {
    Set("compress_state_block_table", &Args::compress_state_block_table);
    Set("inner_compress_state_block_table", &Args::inner_compress_state_block_table);
    Set("idx_block_table", &Args::idx_block_table);
    Set("position_ids", &Args::position_ids);
    Set("kv_seq_lens", &Args::kv_seq_lens);
    Set("ori_slot_mapping", &Args::ori_slot_mapping);
    Set("cmp_slot_mapping", &Args::cmp_slot_mapping);
    Set("state_slot_mapping", &Args::state_slot_mapping);
    Set("idx_slot_mapping", &Args::idx_slot_mapping);
    Set("inner_state_slot_mapping", &Args::inner_state_slot_mapping);
  }

  const Outcome& outcome_;
};

void RedoCompressor(Replay* replay) { golden::HalfLayerCompress(replay->args, replay->x_normed()); }

// The keys do not depend on the queries: codes of zeros spare their projection.
void RedoIndexer(Replay* replay) {
  const auto T = static_cast<std::size_t>(replay->args.B * replay->args.S);
  golden::HalfLayerQkv none;
  none.qr.resize(T * static_cast<std::size_t>(replay->args.QL));
  none.qr_scale.resize(T);
  golden::HalfLayerIndex(replay->args, replay->x_normed(), none);
}

void RedoRings(Replay* replay) {
  const golden::HalfLayerQkv qkv = golden::HalfLayerProject(replay->args, replay->x_normed());
  golden::HalfLayerWriteRings(replay->args, qkv.kv);
}

/// `redone`: the member of Replay that `redo` leaves the operand in.
template <typename T>
tilesmith::Comparator GivenX(const std::string& operand, const Tolerance& tolerance,
                             void (*redo)(Replay*), std::vector<T> Replay::*redone) {
  const auto rule = [=](const Outcome& outcome) -> Finding {
    const std::span<const T> before = outcome.Input<T>(operand);
    const std::span<const T> actual = outcome.Actual<T>(operand);
    const Finding plain =
        CompareWritten(operand, before, outcome.Expected<T>(operand), actual, tolerance);
    const bool same_x =
        std::ranges::equal(outcome.Expected<bf16>("x_normed"), outcome.Actual<bf16>("x_normed"));
    if (plain.message.empty() || same_x) return plain;
    Replay replay(outcome);
    redo(&replay);
    return CompareWritten(operand, before, std::span<const T>(replay.*redone), actual, tolerance);
  };
  return tilesmith::Judged("written rows given x_normed (" + std::to_string(tolerance.atol) + "," +
                               std::to_string(tolerance.rtol) + "," +
                               std::to_string(tolerance.share) + ")",
                           rule);
}

constexpr double kUnit = 1.0 / 128;

}  // namespace

tilesmith::Comparator StateGivenX() {
  return GivenX("compress_state", {.columns = 2048, .atol = 1e-3, .rtol = 1e-3}, &RedoCompressor,
                &Replay::compress_state);
}

tilesmith::Comparator CompressedGivenX() {
  return GivenX("cmp_kv", {.columns = 512, .atol = 1e-4, .rtol = kUnit}, &RedoCompressor,
                &Replay::cmp_kv);
}

tilesmith::Comparator InnerStateGivenX() {
  return GivenX("inner_compress_state", {.columns = 512, .atol = 1e-3, .rtol = 1e-3}, &RedoIndexer,
                &Replay::inner_compress_state);
}

tilesmith::Comparator KeysGivenX() {
  return GivenX("idx_kv_cache", {.columns = 128, .atol = 1e-4, .rtol = kUnit, .of_row = true},
                &RedoIndexer, &Replay::idx_kv_cache);
}

tilesmith::Comparator RingsGivenX() {
  return GivenX("kv_cache", {.columns = 512, .atol = 1e-4, .rtol = kUnit, .share = 0.005},
                &RedoRings, &Replay::kv_cache);
}

}  // namespace kernels::csa_half_layer
