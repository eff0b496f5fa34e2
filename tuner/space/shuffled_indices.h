// The indices 0 … size - 1 in random order, without holding them: memory grows with what was drawn.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <unordered_map>

namespace tilesmith {

/// Every order equally likely; a function of size and seed alone.
class ShuffledIndices {
 public:
  ShuffledIndices(std::uint64_t size, std::uint64_t seed);

  /// The next index; nullopt when all were drawn.
  std::optional<std::uint64_t> Next();

 private:
  std::uint64_t size_;
  std::mt19937_64 random_;
  std::uint64_t drawn_ = 0;
  // A Fisher-Yates shuffle whose array is the identity except here.
  std::unordered_map<std::uint64_t, std::uint64_t> moved_;
};

}  // namespace tilesmith
