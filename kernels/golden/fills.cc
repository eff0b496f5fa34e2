#include "kernels/golden/fills.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "kernels/golden/rounding.h"

namespace kernels::golden {
namespace {

using tilesmith::CaseInputs;

// Where the standard normal distribution reaches `share`.
double NormalQuantile(double share) {
  double low = -8, high = 8;
  for (int step = 0; step < 50; ++step) {
    const double middle = (low + high) / 2;
    (0.5 * std::erfc(-middle / std::sqrt(2.0)) < share ? low : high) = middle;
  }
  return low;
}

// Codes of normal weights: the row's largest is 127, and the largest of a few thousand deviates
// lies near 3.7 standard deviations.
constexpr double kCodeDeviation = 127 / 3.7;

// The code that each of 256 equally likely bytes stands for.
std::array<std::int8_t, 256> NormalCodes() {
  std::array<std::int8_t, 256> codes{};
  for (std::size_t byte = 0; byte < codes.size(); ++byte) {
    const double share = (static_cast<double>(byte) + 0.5) / 256;
    codes[byte] = static_cast<std::int8_t>(std::lround(NormalQuantile(share) * kCodeDeviation));
  }
  return codes;
}

// The deviate that each of 65536 equally likely numbers stands for.
std::vector<float> NormalDeviates() {
  std::vector<float> deviates(1u << 16);
  for (std::size_t i = 0; i < deviates.size(); ++i) {
    deviates[i] = static_cast<float>(
        NormalQuantile((static_cast<double>(i) + 0.5) / static_cast<double>(deviates.size())));
  }
  return deviates;
}

template <typename Value, typename Make>
void FillFromTable(CaseInputs& inputs, std::span<Value> values, const Make& make) {
  static const std::vector<float> deviates = NormalDeviates();
  std::vector<Value> table(deviates.size());
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = make(deviates[i]);
  for (std::size_t i = 0; i < values.size(); i += 4) {
    const std::uint64_t random = inputs.Random();
    for (std::size_t j = 0; j < 4 && i + j < values.size(); ++j) {
      values[i + j] = table[(random >> (16 * j)) & 0xffff];
    }
  }
}

}  // namespace

void FillCodes(CaseInputs& inputs, std::span<std::int8_t> weights) {
  static const std::array<std::int8_t, 256> codes = NormalCodes();
  for (std::size_t i = 0; i < weights.size(); i += 8) {
    const std::uint64_t random = inputs.Random();
    for (std::size_t j = 0; j < 8 && i + j < weights.size(); ++j) {
      weights[i + j] = codes[(random >> (8 * j)) & 0xff];
    }
  }
}

void FillWeight(CaseInputs& inputs, const std::string& name, double deviation, double cv,
                const std::string& scale_name) {
  const std::span<std::int8_t> weights = inputs.Get<std::int8_t>(name);
  const std::span<float> scales =
      inputs.Get<float>(scale_name.empty() ? name + "_scale" : scale_name);
  FillCodes(inputs, weights);
  const double unit = deviation / kCodeDeviation / std::exp(cv * cv);  // E[e^(2·cv·z)] = e^(2·cv²)
  for (float& scale : scales) {
    const std::uint64_t random = inputs.Random();
    weights[(random >> 1) % weights.size()] = random & 1 ? 127 : -127;  // the ends of the range
    scale = static_cast<float>(unit * std::exp(cv * inputs.RandomNormal()));
  }
}

void FillNormal(CaseInputs& inputs, std::span<tilesmith::bf16> values, double deviation) {
  FillFromTable(inputs, values,
                [&](float z) { return Bf16Rne(static_cast<float>(z * deviation)); });
}

void FillNormal(CaseInputs& inputs, std::span<float> values, double deviation) {
  FillFromTable(inputs, values, [&](float z) { return static_cast<float>(z * deviation); });
}

void FillQuantisedRows(CaseInputs& inputs, const std::string& codes, const std::string& scales) {
  const std::span<std::int8_t> out = inputs.Get<std::int8_t>(codes);
  const std::span<float> row_scales = inputs.Get<float>(scales);
  std::vector<float> row(row_scales.empty() ? 0 : out.size() / row_scales.size());
  for (std::size_t t = 0; t < row_scales.size(); ++t) {
    for (float& value : row) value = RoundBf16(static_cast<float>(inputs.RandomNormal()));
    row_scales[t] = QuantiseRow(row, out.data() + t * row.size());
  }
}

void FillPageTable(CaseInputs& inputs, std::span<std::int32_t> table, std::int64_t pages) {
  if (static_cast<std::int64_t>(table.size()) > pages) {
    throw std::invalid_argument(
        "a page table of more entries than its pool has pages; enlarge the "
        "pool in the space file's problem");
  }
  std::vector<std::int32_t> order(static_cast<std::size_t>(pages));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = 0; i < table.size(); ++i) {
    const std::size_t pick = i + inputs.Random() % (order.size() - i);
    std::swap(order[i], order[pick]);
    table[i] = order[i];
  }
}

}  // namespace kernels::golden
