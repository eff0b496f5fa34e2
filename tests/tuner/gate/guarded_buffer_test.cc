#include "tuner/gate/guarded_buffer.h"

#include <csignal>
#include <cstddef>
#include <utility>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "results/error.h"

namespace tilesmith {
namespace {

#if defined(__SANITIZE_ADDRESS__)
const auto kFaults = testing::ExitedWithCode(1);  // reported rather than raised
#else
const auto kFaults = testing::KilledBySignal(SIGSEGV);
#endif

constexpr std::byte kByte{0x11};

void Write(const GuardedBuffer& buffer, std::ptrdiff_t offset) {
  *static_cast<volatile std::byte*>(buffer.data() + offset) = kByte;
}

TEST(GuardedBufferTest, AllOfItsDataIsWritable) {
  for (const Placement placement : {Placement::kEnd, Placement::kStart}) {
    const GuardedBuffer buffer(5000, placement);
    for (std::ptrdiff_t i = 0; i < 5000; ++i) Write(buffer, i);
    EXPECT_EQ(buffer.size(), 5000u);
    EXPECT_FALSE(buffer.Damage());
  }
}

// Ends with 7 when a buffer that only the address space has room for is a UserError.
void MapBeyondMemory() {
  const rlimit little{64u << 20, 64u << 20};
  setrlimit(RLIMIT_DATA, &little);
  try {
    const GuardedBuffer buffer(std::size_t{1} << 30, Placement::kEnd);
  } catch (const UserError&) {
    _exit(7);
  }
  _exit(8);
}

TEST(GuardedBufferDeathTest, MoreThanTheMemoryIsTheUsersMistake) {
  EXPECT_EXIT(MapBeyondMemory(), testing::ExitedWithCode(7), "");
}

TEST(GuardedBufferDeathTest, FaultsAtTheByteBeyondTheGuardedEdge) {
  const GuardedBuffer at_end(5001, Placement::kEnd);
  EXPECT_EXIT(Write(at_end, 5001), kFaults, "");
  const GuardedBuffer at_start(5001, Placement::kStart);
  EXPECT_EXIT(Write(at_start, -1), kFaults, "");
}

TEST(GuardedBufferDeathTest, WholePagesAreGuardedOnBothSides) {
  const auto size = static_cast<std::ptrdiff_t>(GuardedBuffer::Page());
  const GuardedBuffer buffer(GuardedBuffer::Page(), Placement::kEnd);
  EXPECT_EXIT(Write(buffer, -1), kFaults, "");
  EXPECT_EXIT(Write(buffer, size), kFaults, "");
}

TEST(GuardedBufferDeathTest, AnEmptyOneHasNothingToTouch) {
  EXPECT_EXIT(Write(GuardedBuffer(0, Placement::kEnd), 0), kFaults, "");
}

TEST(GuardedBufferTest, FindsDamageOnTheOtherSide) {
  const GuardedBuffer at_end(10, Placement::kEnd);
  Write(at_end, -3);
  EXPECT_EQ(at_end.Damage(), -3);
  EXPECT_EQ(DescribeDamage(at_end, "y"), "wrote 3 bytes before the start of y");
  const GuardedBuffer at_start(10, Placement::kStart);
  EXPECT_EQ(DescribeDamage(at_start, "y"), "");
  Write(at_start, 10);
  EXPECT_EQ(at_start.Damage(), 1);
  EXPECT_EQ(DescribeDamage(at_start, "y"), "wrote 1 bytes past the end of y");
}

TEST(GuardedBufferTest, FindsDamageAtTheFarEndOfThePage) {
  const GuardedBuffer buffer(10, Placement::kStart);
  const auto last = static_cast<std::ptrdiff_t>(GuardedBuffer::Page()) - 1;
  Write(buffer, last);
  EXPECT_EQ(buffer.Damage(), last - 9);
}

TEST(GuardedBufferDeathTest, ProtectedOnesAreReadOnly) {
  GuardedBuffer buffer(100, Placement::kEnd);
  Write(buffer, 50);
  buffer.Protect();
  EXPECT_EQ(buffer.data()[50], kByte);
  EXPECT_EXIT(Write(buffer, 50), kFaults, "");
}

TEST(GuardedBufferTest, Moves) {
  GuardedBuffer from(100, Placement::kEnd);
  const std::byte* data = from.data();
  const GuardedBuffer to = std::move(from);
  EXPECT_EQ(to.data(), data);
  EXPECT_EQ(GuardedBuffer().data(), nullptr);
  EXPECT_EQ(GuardedBuffer().pages_size(), 0u);
}

}  // namespace
}  // namespace tilesmith
