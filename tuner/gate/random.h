// Random numbers that are the same on every platform and library version: inputs are part of a
// result's identity, and std::normal_distribution is not specified to the bit.
#pragma once

#include <cstdint>

namespace tilesmith {

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
class RandomStream {
 public:
  explicit RandomStream(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next();
  /// Uniform on [0, 1), 53 bits.
  double NextUnit() { return static_cast<double>(Next() >> 11) * 0x1p-53; }
  /// Standard normal (Box and Muller), two per pair of draws.
  double NextNormal();

 private:
  std::uint64_t state_;
  double spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace tilesmith
