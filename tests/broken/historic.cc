// The bugs that the original kernels had (kernels.md), each in the smallest kernel that has it. The
// ragged problems are often as blind as the original tests were; Exhibit::stage tells which.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/golden/fills.h"
#include "tests/broken/exhibits.h"
#include "tests/broken/gamma_after_swap.h"
#include "tests/broken/goldens.h"
#include "tests/broken/max_without_abs.h"
#include "tests/broken/one_token_scratch.h"
#include "tests/broken/padding_emitted.h"
#include "tests/broken/page_table_ignored.h"
#include "tests/broken/read_back.h"
#include "tests/broken/score_pad.h"
#include "tests/broken/state_before_pooling.h"
#include "tests/broken/topk_rule.h"
#include "tests/broken/unwritten_tail.h"
#include "tests/broken/zero_rows.h"

namespace tilesmith {
namespace {

struct Seed {  // sane values of every tile here
  int N_TILE = 64;
  int T_TILE = 4;
  int S_TILE = 1;
  int RMS_TILE = 1;
  int TOKEN_TILE = 4;
  int PAGES_PER_TASK = 1;
  int STAGES = 2;
  int SORT_LEN = 128;
  int SCORE_PAD = 512;
  int W2_ACT_INNER = 1;
};

const KernelSpec* Dequant() {
  using broken::DequantArgs;
  return Kernel<DequantArgs>("unwritten_tail")
      .Template("unwritten_tail.h", "broken::UnwrittenTail", &broken::UnwrittenTail<Seed{}>)
      .Dim("T", &DequantArgs::T)
      .Dim("D", &DequantArgs::D)
      .Input("acc", &DequantArgs::acc, {"T", "D"}, Uniform(-100000, 100000))
      .Input("scale", &DequantArgs::scale, {"D"}, Uniform(1e-5, 2e-5))
      .Output("y", &DequantArgs::y, {"T", "D"}, RatioRelDiff(2e-3, 0.01))
      .Golden(&DequantGolden)
      .Register();
}

const KernelSpec* Score() {
  using broken::ScoreArgs;
  return Kernel<ScoreArgs>("one_token_scratch")
      .Template("one_token_scratch.h", "broken::OneTokenScratch", &broken::OneTokenScratch<Seed{}>)
      .Dim("B", &ScoreArgs::B)
      .Dim("S", &ScoreArgs::S)
      .Dim("N", &ScoreArgs::N)
      .Dim("D", &ScoreArgs::D)
      .Input("q", &ScoreArgs::q, {"B", "S", "64", "D"}, Normal(1))
      .Input("kv", &ScoreArgs::kv, {"B", "N", "D"}, Normal(1))
      .Input("w", &ScoreArgs::w, {"B", "S", "64"}, Normal(1))
      .Scratch("logits", &ScoreArgs::logits, {"B", "N", "64"})
      .Output("score", &ScoreArgs::score, {"B", "S", "N"}, AllClose(1e-3, 1e-3))
      .Golden(&ScoreGolden)
      .Register();
}

void ShufflePages(CaseInputs& inputs) {
  kernels::golden::FillPageTable(inputs, inputs.Get<std::int32_t>("table"),
                                 inputs.Dim("B") * inputs.Dim("L"));
}

const KernelSpec* Gather() {
  using broken::GatherArgs;
  return Kernel<GatherArgs>("page_table_ignored")
      .Template("page_table_ignored.h", "broken::PageTableIgnored",
                &broken::PageTableIgnored<Seed{}>)
      .Dim("B", &GatherArgs::B)
      .Dim("L", &GatherArgs::L)
      .Dim("N", &GatherArgs::N)
      .Input("state", &GatherArgs::state, {"B * L", "8", "N"}, Normal(1))
      .Input("table", &GatherArgs::table, {"B", "L"}, Zeros())
      .Output("rows", &GatherArgs::rows, {"B", "L * 8", "N"}, Exact())
      .Prepare(&ShufflePages)
      .Golden(&GatherGolden)
      .Register();
}

void AlternatePages(CaseInputs& inputs) {
  std::int32_t page = inputs.Random() % 2 == 0 ? 0 : 1;
  for (std::int32_t& entry : inputs.Get<std::int32_t>("table")) {
    entry = page;
    page = 1 - page;
  }
}

const KernelSpec* Prefill() {
  using broken::PrefillArgs;
  return Kernel<PrefillArgs>("state_before_pooling")
      .Template("state_before_pooling.h", "broken::StateBeforePooling",
                &broken::StateBeforePooling<Seed{}>)
      .Dim("T", &PrefillArgs::T)
      .Dim("N", &PrefillArgs::N)
      .Input("x", &PrefillArgs::x, {"T", "N"}, Normal(1))
      .Input("table", &PrefillArgs::table, {"T / 4 + 1"}, Zeros())
      .InOut("state", &PrefillArgs::state, {"2", "4", "N"}, Normal(1), AllClose(1e-3, 1e-3))
      .Output("pooled", &PrefillArgs::pooled, {"T / 4", "N"}, RatioAllClose(1e-4, 1.0 / 128, 0))
      .Prepare(&AlternatePages)
      .Golden(&PrefillGolden)
      .Register();
}

const KernelSpec* NormRope() {
  using broken::NormRopeArgs;
  return Kernel<NormRopeArgs>("read_back")
      .Template("read_back.h", "broken::ReadBack", &broken::ReadBack<Seed{}>)
      .Dim("B", &NormRopeArgs::B)
      .Input("x", &NormRopeArgs::x, {"B", "512"}, Normal(1))
      .Input("cos", &NormRopeArgs::cos, {"B", "32"}, Uniform(-1, 1))
      .Input("sin", &NormRopeArgs::sin, {"B", "32"}, Uniform(-1, 1))
      .Scratch("normed", &NormRopeArgs::normed, {"B", "512"})
      .Output("cache", &NormRopeArgs::cache, {"B", "512"}, RatioAllClose(1e-4, 1.0 / 128, 0))
      .Golden(&NormRopeGolden)
      .Register();
}

const KernelSpec* NormRotate() {
  using broken::NormRotateArgs;
  return Kernel<NormRotateArgs>("gamma_after_swap")
      .Template("gamma_after_swap.h", "broken::GammaAfterSwap", &broken::GammaAfterSwap<Seed{}>)
      .Dim("T", &NormRotateArgs::T)
      .Input("x", &NormRotateArgs::x, {"T", "128"}, Normal(1))
      .Input("gamma", &NormRotateArgs::gamma, {"128"}, Normal(0.261, 0.685))
      .Input("cos", &NormRotateArgs::cos, {"T", "32"}, Uniform(-1, 1))
      .Input("sin", &NormRotateArgs::sin, {"T", "32"}, Uniform(-1, 1))
      .Output("y", &NormRotateArgs::y, {"T", "128"}, AllClose(1e-5, 1e-5))
      .Golden(&NormRotateGolden)
      .Register();
}

// The first batch compresses, alone of every four.
void MixPositions(CaseInputs& inputs) {
  const auto pos = inputs.Get<std::int32_t>("pos");
  for (std::size_t b = 0; b < pos.size(); ++b) {
    pos[b] = static_cast<std::int32_t>(4 * (inputs.Random() % 100) + (b + 3) % 4);
  }
  kernels::golden::FillPageTable(inputs, inputs.Get<std::int32_t>("slot"), 2 * inputs.Dim("B"));
}

// So lenient a rule lets the zero rows pass: that they were not the kernel's to write must suffice.
const KernelSpec* Compress() {
  using broken::CompressArgs;
  return Kernel<CompressArgs>("zero_rows")
      .Template("zero_rows.h", "broken::ZeroRows", &broken::ZeroRows<Seed{}>)
      .Dim("B", &CompressArgs::B)
      .Dim("N", &CompressArgs::N)
      .Input("x", &CompressArgs::x, {"B", "4", "N"}, Normal(1))
      .Input("pos", &CompressArgs::pos, {"B"}, Zeros())
      .Input("slot", &CompressArgs::slot, {"B"}, Zeros())
      .Output("kv", &CompressArgs::kv, {"B", "N"}, RatioAllClose(1e-4, 1.0 / 128, 0))
      .InOut("cache", &CompressArgs::cache, {"2 * B", "N"}, Normal(1),
             RatioAllClose(1e-4, 1.0 / 128, 0.5))
      .Prepare(&MixPositions)
      .Golden(&CompressGolden)
      .Register();
}

const KernelSpec* NegativeMaximum() {
  using broken::QuantArgs;
  return Kernel<QuantArgs>("max_without_abs")
      .Template("max_without_abs.h", "broken::MaxWithoutAbs", &broken::MaxWithoutAbs<Seed{}>)
      .Dim("T", &QuantArgs::T)
      .Dim("N", &QuantArgs::N)
      .Input("x", &QuantArgs::x, {"T", "N"}, Values({12, -127, 63, 1, -3, 40}))
      .Output("q", &QuantArgs::q, {"T", "N"}, Codes(1))
      .Output("scale", &QuantArgs::scale, {"T"}, AllClose(2.5e-5, 5e-3))
      .Golden(&QuantGolden)
      .Register();
}

const KernelSpec* Topk(const char* name, const char* header, const char* function,
                       void (*seed)(const broken::TopkArgs&), const Comparator& rule) {
  using broken::TopkArgs;
  return Kernel<TopkArgs>(name)
      .Template(header, function, seed)
      .Dim("T", &TopkArgs::T)
      .Dim("N", &TopkArgs::N)
      .Dim("K", &TopkArgs::K)
      .Input("score", &TopkArgs::score, {"T", "N"}, Normal(1))
      .Output("indices", &TopkArgs::indices, {"T", "K"}, rule)
      .Golden(&TopkGolden)
      .Register();
}

const KernelSpec* PaddingEmitted() {
  return Topk("padding_emitted", "padding_emitted.h", "broken::PaddingEmitted",
              &broken::PaddingEmitted<Seed{}>, Judged("topk", &JudgeTopk));
}

const KernelSpec* ScorePad() {
  return Topk("score_pad", "score_pad.h", "broken::ScorePad", &broken::ScorePad<Seed{}>, Exact());
}

}  // namespace

std::vector<Exhibit> HistoricExhibits() {
  return {
      {Dequant(),
       OneTile("W2_ACT_INNER", "1, 8", "1", "T = 2\nD = 7168", "T = 3\nD = 4096"),
       {"W2_ACT_INNER=8"},
       Status::kWrong,
       "problem",
       R"(y\[0,4096\] was never written .*; all lie in y\[0\.\.1,4096\.\.7167\])"},
      {Score(),
       OneTile("S_TILE", "1, 2", "1", "B = 2\nS = 2\nN = 16\nD = 8", "B = 3\nS = 1\nN = 7\nD = 5"),
       {"S_TILE=2"},
       Status::kWrong,
       "problem",
       R"(score\[[01],0,[0-9]+\] expected .*, got .*; all lie in score\[0\.\.1,0,0\.\.15\])"},
      {Gather(),
       OneTile("PAGES_PER_TASK", "1, 4", "1", "B = 2\nL = 4\nN = 64", "B = 3\nL = 1\nN = 5"),
       {"PAGES_PER_TASK=4"},
       Status::kWrong,
       "problem",
       R"(rows\[0,8,0\] expected .*, got .*; all lie in rows\[0\.\.1,8\.\.31,0\.\.63\])"},
      {Prefill(),
       OneTile("TOKEN_TILE", "4, 8", "4", "T = 32\nN = 64", "T = 4\nN = 5"),
       {"TOKEN_TILE=8"},
       Status::kWrong,
       "problem",
       R"(pooled\[[0246],[0-9]+\] expected .*, got .*; all lie in pooled\[0\.\.6,0\.\.63\])"},
      {NormRope(),
       OneTile("STAGES", "1, 2", "2", "B = 4", "B = 1"),
       {"STAGES=1"},
       Status::kNondeterministic,
       "repeat",
       R"(cache\[3,448\] of B=4 seed 1 differs between runs: .* \(run 1 .*, .* \(run 3 )"},
      {NormRotate(),
       OneTile("T_TILE", "4, 13", "4", "T = 64", "T = 7"),
       {"T_TILE=13"},
       Status::kWrong,
       "ragged",
       R"(y\[[0-6],[0-9]+\] expected .*, got .*; all lie in y\[0\.\.6,64\.\.127\])"},
      {Compress(),
       OneTile("RMS_TILE", "1, 4", "1", "B = 8\nN = 64", "B = 1\nN = 99"),
       {"RMS_TILE=4"},
       Status::kWrong,
       "problem",
       R"(cache\[[0-9]+,0\] was to stay -?[0-9].*, got 0: the golden leaves its row untouched)"},
      {NegativeMaximum(),
       OneTile("N_TILE", "13, 64", "64", "T = 16\nN = 512", "T = 3\nN = 99"),
       {"N_TILE=13"},
       Status::kWrong,
       "ragged",
       R"(q\[0,1\] expected -127, got 0; .* elements miss codes\(1,0\))"},
      {PaddingEmitted(),
       OneTile("SORT_LEN", "128, 512", "128", "T = 16\nN = 100\nK = 32", "T = 3\nN = 20\nK = 32"),
       {"SORT_LEN=512"},
       Status::kWrong,
       "ragged",
       R"(indices\[0,20\] expected -1, got 20: padding)"},
      {ScorePad(),
       OneTile("SCORE_PAD", "256, 512", "512", "T = 16\nN = 384\nK = 6", "T = 3\nN = 256\nK = 6"),
       {"SCORE_PAD=256"},
       Status::kWrong,
       "problem",
       R"(indices\[[0-9]+,[0-5]\] expected (25[6-9]|2[6-9][0-9]|3[0-9][0-9]), got )"},
  };
}

}  // namespace tilesmith
