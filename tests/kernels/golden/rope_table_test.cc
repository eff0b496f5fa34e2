#include "kernels/golden/rope_table.h"

#include <gtest/gtest.h>

namespace kernels::golden {
namespace {

// Values of kernels.md §0.4, P7. 15 and 25 are where the YaRN ramp begins and ends.
TEST(RopeTable, InverseFrequencies) {
  EXPECT_FLOAT_EQ(RopeInverseFrequency(0), 1.0f);
  EXPECT_FLOAT_EQ(RopeInverseFrequency(1), .687656022f);
  EXPECT_FLOAT_EQ(RopeInverseFrequency(15), .00363553858f);
  EXPECT_FLOAT_EQ(RopeInverseFrequency(16), .002265625f);
  EXPECT_FLOAT_EQ(RopeInverseFrequency(20), 2.96977778e-4f);
  EXPECT_FLOAT_EQ(RopeInverseFrequency(25), 5.37231267e-6f);
  EXPECT_FLOAT_EQ(RopeInverseFrequency(31), 5.68052904e-7f);
}

TEST(RopeTable, EntriesOfPositionFive) {
  EXPECT_EQ(RopeTableEntry(5, 0).cos, .283203125f);
  EXPECT_EQ(RopeTableEntry(5, 0).sin, -.95703125f);
  EXPECT_EQ(RopeTableEntry(5, 1).cos, -.95703125f);
  EXPECT_EQ(RopeTableEntry(5, 1).sin, -.29296875f);
}

TEST(RopeTable, PositionZeroIsTheIdentity) {
  for (int i = 0; i < kRopeHalf; ++i) {
    EXPECT_EQ(RopeTableEntry(0, i).cos, 1.0f);
    EXPECT_EQ(RopeTableEntry(0, i).sin, 0.0f);
  }
}

}  // namespace
}  // namespace kernels::golden
