#include "kernels/compressor/inputs.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/kernels/fake_inputs.h"

namespace kernels::compressor {
namespace {

constexpr std::int64_t kPages = 33, kBlocks = 100;

class Inputs : public tilesmith::FakeInputs {
 public:
  Inputs(std::uint64_t seed, std::int64_t B, std::int64_t S, std::int64_t blocks = kBlocks)
      : FakeInputs(seed), dims_{{"B", B},
                                {"S", S},
                                {"STATE_PAGES", kPages},
                                {"STATE_BLOCKS", blocks},
                                {"CACHE_PAGE", 8},
                                {"CACHE_BLOCKS", 9}} {
    const auto count = [](std::int64_t n) { return static_cast<std::size_t>(n); };
    for (const std::string name : {"x", "wkv", "wgate"}) Add<tilesmith::bf16>(name, 64);
    Add<float>("ape", 64);
    Add<float>("cos", count(B * 32));
    Add<float>("sin", count(B * 32));
    Add<std::int32_t>("compress_state_block_table", count(B * kPages));
    Add<std::int32_t>("position_ids", count(B * S));
    Add<std::int64_t>("cache", count(B * S));
    Add<std::int64_t>("state", count(B * S));
  }
  std::int64_t Dim(std::string_view name) const override { return dims_.at(std::string(name)); }

  static Inputs Filled(std::uint64_t seed, std::int64_t B, std::int64_t S,
                       std::int64_t blocks = kBlocks) {
    Inputs inputs(seed, B, S, blocks);
    FillSlottedStep(inputs, {.ratio = 4,
                             .window = 8,
                             .state_page = 4,
                             .stride = 2,
                             .holes = false,
                             .cache_slots = "cache",
                             .state_slots = "state"});
    return inputs;
  }

 private:
  std::map<std::string, std::int64_t> dims_;
};

// Of state and of cache: a row that two tokens name would be undefined.
TEST(CompressorInputs, WrittenRowsAreDistinctAndInThePool) {
  for (const std::int64_t S : {1, 2, 4}) {
    Inputs inputs = Inputs::Filled(1, 13, S);
    for (const auto& [name, rows] : {std::pair{"state", kBlocks * 4}, std::pair{"cache", 72L}}) {
      std::set<std::int64_t> seen;
      for (const std::int64_t slot : inputs.Get<std::int64_t>(name)) {
        if (slot == -1) continue;
        EXPECT_TRUE(slot >= 0 && slot < rows && seen.insert(slot).second) << name << " " << slot;
      }
      EXPECT_GE(seen.size(), 4u) << name;
    }
  }
}

// What pooling reads is what the table and the slots agree on.
TEST(CompressorInputs, StateSlotsFollowTheTable) {
  Inputs inputs = Inputs::Filled(2, 13, 2);
  const auto positions = inputs.Get<std::int32_t>("position_ids");
  const auto slots = inputs.Get<std::int64_t>("state");
  const auto table = inputs.Get<std::int32_t>("compress_state_block_table");
  std::size_t boundaries = 0;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const std::int64_t position = positions[i];
    boundaries += position % 4 == 3 ? 1u : 0u;
    if (slots[i] == -1) continue;
    const std::size_t entry = i / 2 * std::size_t{kPages} + static_cast<std::size_t>(position / 4);
    EXPECT_EQ(slots[i], table[entry] * 4 + position % 4);
  }
  EXPECT_EQ(boundaries, 7u);  // every other batch ends a window
}

// Batch b's page p is nowhere near p: a kernel that leaves the table out meets strangers.
TEST(CompressorInputs, PagesAreInNoOrder) {
  Inputs inputs = Inputs::Filled(3, 13, 1);
  const auto positions = inputs.Get<std::int32_t>("position_ids");
  const auto slots = inputs.Get<std::int64_t>("state");
  std::size_t in_place = 0;
  for (std::size_t b = 0; b < slots.size(); ++b) in_place += slots[b] == positions[b] ? 1u : 0u;
  EXPECT_LE(in_place, 2u);
}

TEST(CompressorInputs, BatchesWithoutPagesWriteNoState) {
  Inputs inputs = Inputs::Filled(4, 13, 1, 5);
  const auto slots = inputs.Get<std::int64_t>("state");
  EXPECT_GE(std::ranges::count(slots, -1), 8);
  for (const std::int64_t slot : slots) EXPECT_LT(slot, 20);
}

TEST(CompressorInputs, SeedDecides) {
  Inputs one = Inputs::Filled(1, 5, 1), again = Inputs::Filled(1, 5, 1),
         other = Inputs::Filled(2, 5, 1);
  const auto rows = [](Inputs& inputs) {
    const auto slots = inputs.Get<std::int64_t>("state");
    return std::vector<std::int64_t>(slots.begin(), slots.end());
  };
  EXPECT_EQ(rows(one), rows(again));
  EXPECT_NE(rows(one), rows(other));
}

}  // namespace
}  // namespace kernels::compressor
