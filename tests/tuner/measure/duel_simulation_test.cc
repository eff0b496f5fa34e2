// The duel's promises, kept or not on synthetic noise: every interval of a duel covers at once,
// equals do not win, and a true gain is found. Samples are taken in RoundOrder, one after the
// other, so drift and spells meet the contestants as they would in a run.
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/results/synthetic_noise.h"
#include "tuner/measure/duel.h"

namespace tilesmith {
namespace {

using synthetic::Noise;
using synthetic::NoiseKind;

// Contestant i is speedups[i] times as fast as contestant 0.
Duel Simulate(const std::vector<double>& speedups, Noise& noise, std::uint64_t seed) {
  std::vector<Contestant> contestants;
  for (std::size_t i = 0; i < speedups.size(); ++i) {
    contestants.push_back({.config = Config({{"T", static_cast<std::int64_t>(i)}}),
                           .role = i == 0 ? "default" : "finalist"});
  }
  DuelReferee referee(contestants, {.seed = seed});
  const int count = static_cast<int>(speedups.size());
  std::vector<double> ns(speedups.size());
  while (!referee.Over()) {
    for (const int i : RoundOrder(count, referee.rounds(), seed)) {
      const auto index = static_cast<std::size_t>(i);
      ns[index] = 1e6 / speedups[index] * std::exp(noise.Next());
    }
    referee.AddRound(ns);
  }
  return referee.Result();
}

bool AllCovered(const Duel& duel, const std::vector<double>& speedups) {
  for (std::size_t i = 1; i < speedups.size(); ++i) {
    const DuelEntry& entry = duel.entries[i];
    if (!(entry.ci_low <= speedups[i] && speedups[i] <= entry.ci_high)) return false;
  }
  return true;
}

constexpr double kSample = 0.035 / 1.41421356;  // a pair deviates by 3.5 %

struct Shares {
  double covered = 0, wins = 0, rounds = 0;
};

Shares SimulateMany(const std::vector<double>& speedups, NoiseKind kind, double deviation,
                    int duels) {
  Noise noise(kind, deviation, 2024);
  Shares shares;
  for (int i = 0; i < duels; ++i) {
    const Duel duel = Simulate(speedups, noise, static_cast<std::uint64_t>(i));
    shares.covered += AllCovered(duel, speedups);
    shares.wins += duel.verdict == Verdict::kWin;
    shares.rounds += duel.rounds;
  }
  shares.covered /= duels;
  shares.wins /= duels;
  shares.rounds /= duels;
  return shares;
}

class OnEveryNoise : public ::testing::TestWithParam<NoiseKind> {};
INSTANTIATE_TEST_SUITE_P(Noise, OnEveryNoise, ::testing::ValuesIn(synthetic::kNoiseKinds));

// Four contestants, up to four looks, and the chance to stop early at each.
TEST_P(OnEveryNoise, AllIntervalsCoverAtOnce) {
  const Shares shares = SimulateMany({1, 1.03, 1, 0.98, 1.01}, GetParam(), kSample, 2000);
  RecordProperty("covered", std::to_string(shares.covered));
  EXPECT_GE(shares.covered, 0.94);
}

TEST_P(OnEveryNoise, EqualsDoNotWin) {
  const Shares shares = SimulateMany({1, 1, 1, 1, 1}, GetParam(), kSample, 2000);
  RecordProperty("false_wins", std::to_string(shares.wins));
  EXPECT_LE(shares.wins, 0.05);
}

TEST_P(OnEveryNoise, FivePercentIsFound) {
  const Shares shares = SimulateMany({1, 1.05, 1}, GetParam(), kSample, 1500);
  RecordProperty("found", std::to_string(shares.wins));
  RecordProperty("rounds", std::to_string(shares.rounds));
  EXPECT_GE(shares.wins, 0.9);
}

// Closer to the tie band the power falls off: 99 % here, 74 % for a gain of 2 % (duel.h).
TEST(DuelSimulation, ThreePercentIsFoundMostly) {
  EXPECT_GE(SimulateMany({1, 1.03, 1}, NoiseKind::kNormal, kSample, 1500).wins, 0.95);
}

TEST(DuelSimulation, HalfAPercentIsNoWin) {
  EXPECT_LE(SimulateMany({1, 1.005, 1}, NoiseKind::kNormal, kSample, 1500).wins, 0.05);
}

// A clear gap ends at the first look.
TEST(DuelSimulation, StopsEarly) {
  EXPECT_LE(SimulateMany({1, 1.5}, NoiseKind::kNormal, kSample, 100).rounds, 13);
}

}  // namespace
}  // namespace tilesmith
