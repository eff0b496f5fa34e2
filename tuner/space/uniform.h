// Random draws that are the same on every platform; the standard's distributions and std::shuffle
// are not.
#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace tilesmith {

/// Uniform over 0 … bound - 1, without bias. bound > 0.
inline std::uint64_t UniformBelow(std::mt19937_64& random, std::uint64_t bound) {
  // The lowest 2^64 mod bound values would make some results likelier than others.
  const std::uint64_t excess = (0 - bound) % bound;
  std::uint64_t draw = random();
  while (draw < excess) draw = random();
  return draw % bound;
}

/// Every order equally likely.
template <typename T>
void Shuffle(std::mt19937_64& random, std::vector<T>& items) {
  for (std::size_t left = items.size(); left > 1; --left) {
    std::swap(items[left - 1], items[UniformBelow(random, left)]);
  }
}

}  // namespace tilesmith
