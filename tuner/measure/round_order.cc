#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "results/error.h"
#include "tuner/measure/duel.h"

namespace tilesmith {
namespace {

enum class Purpose : std::uint64_t { kLabels = 1, kRows = 2 };

// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014): a
// shuffle needs a handful of numbers, and seeding a large generator for each costs more than a
// round's bookkeeping.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

// By hand: std::shuffle and the distributions differ between standard libraries.
std::vector<int> Shuffled(int count, std::uint64_t seed, Purpose purpose, int block) {
  Random mix(seed);
  mix = Random(mix.Next() ^ static_cast<std::uint64_t>(purpose));
  Random random(mix.Next() ^ static_cast<std::uint64_t>(block));
  std::vector<int> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.Next() % i]);
  return order;
}

// First row of a Williams square: 0, 1, n-1, 2, n-2, … Neighbours differ by 1, -2, 3, …, all
// different modulo an even n, so its n cyclic shifts hold every ordered pair of neighbours once.
int FirstRow(int place, int count) {
  return place % 2 == 1 ? (place + 1) / 2 : (count - place / 2) % count;
}

}  // namespace

std::vector<int> RoundOrder(int contestants, int round, std::uint64_t seed) {
  TILESMITH_CHECK(contestants >= 1 && round >= 0);
  const int block = round / contestants;
  const bool odd = contestants % 2 == 1;
  // An odd square is balanced only together with its mirror image, so two blocks share their
  // labels.
  const std::vector<int> labels =
      Shuffled(contestants, seed, Purpose::kLabels, odd ? block / 2 : block);
  const std::vector<int> rows = Shuffled(contestants, seed, Purpose::kRows, block);
  const int shift = rows[static_cast<std::size_t>(round % contestants)];
  std::vector<int> order;
  for (int place = 0; place < contestants; ++place) {
    const int cell = (FirstRow(place, contestants) + shift) % contestants;
    order.push_back(labels[static_cast<std::size_t>(cell)]);
  }
  if (odd && block % 2 == 1) std::reverse(order.begin(), order.end());
  return order;
}

}  // namespace tilesmith
