#include "kernels/expert/inputs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/golden/fills.h"

namespace kernels::expert {
namespace {

// FP4 (e2m1) weights in groups of 32, each with a power of two as its scale, become INT8 codes by
// channel: few levels, and about one in eight is 0. A group's scale leaves normal deviates a
// deviation of about 2 in units of the levels.
constexpr std::array<double, 8> kLevels = {0, .5, 1, 1.5, 2, 3, 4, 6};
constexpr double kDeviation = 2.05;
using Codes = std::array<std::int8_t, 256>;

// The code of each of 256 equally likely bytes in a group that lies `octaves` below the channel's
// largest, whose 6 is code 127.
Codes LevelCodes(int octaves) {
  Codes codes{};
  for (std::size_t byte = 0; byte < codes.size(); ++byte) {
    const double share = (static_cast<double>(byte / 2) + 0.5) / 128;
    std::size_t level = 0;  // up to the boundary that the share of the magnitudes exceeds
    while (level + 1 < kLevels.size() && std::erf((kLevels[level] + kLevels[level + 1]) / 2 /
                                                  kDeviation / std::sqrt(2.0)) < share) {
      ++level;
    }
    const double code = std::nearbyint(kLevels[level] * 127 / 6 * std::ldexp(1.0, -octaves));
    codes[byte] = static_cast<std::int8_t>(byte % 2 == 0 ? code : -code);
  }
  return codes;
}

// Octaves of eight equally likely groups below the channel's largest.
constexpr std::array<int, 8> kOctaves = {0, 0, 1, 1, 1, 1, 2, 3};

std::array<Codes, kOctaves.size()> GroupCodes() {
  std::array<Codes, kOctaves.size()> tables;
  std::ranges::transform(kOctaves, tables.begin(), LevelCodes);
  return tables;
}

double CodeDeviation(std::span<const Codes> tables) {
  double squares = 0;
  for (const Codes& table : tables) {
    for (const double code : table) squares += code * code;
  }
  return std::sqrt(squares / static_cast<double>(tables.size() * 256));
}

}  // namespace

void FillSharedWeight(tilesmith::CaseInputs& inputs, const std::string& name, double deviation,
                      double cv) {
  golden::FillWeight(inputs, name, deviation, cv);
  const std::span<std::int8_t> weights = inputs.Get<std::int8_t>(name);
  const std::size_t k = weights.size() / inputs.Get<float>(name + "_scale").size();
  for (std::size_t row = 0; row < weights.size(); row += k) {
    const std::uint64_t random = inputs.Random();
    weights[row + (random >> 1) % k] = random & 1 ? 127 : -127;
  }
}

// Eight codes per random number: a rank's experts have gigabytes of them.
void FillRoutedWeight(tilesmith::CaseInputs& inputs, const std::string& name, double deviation,
                      double cv) {
  static const auto tables = GroupCodes();
  const std::span<std::int8_t> weights = inputs.Get<std::int8_t>(name);
  const Codes* table = tables.data();
  for (std::size_t i = 0; i < weights.size(); i += 8) {
    if (i % 32 == 0) table = &tables[inputs.Random() >> 61];
    const std::uint64_t random = inputs.Random();
    for (std::size_t j = 0; j < 8 && i + j < weights.size(); ++j) {
      weights[i + j] = (*table)[(random >> (8 * j)) & 0xff];
    }
  }
  const double unit = deviation / CodeDeviation(tables) / std::exp(cv * cv);
  for (float& scale : inputs.Get<float>(name + "_scale")) {
    scale = static_cast<float>(unit * std::exp(cv * inputs.RandomNormal()));
  }
}

}  // namespace kernels::expert
