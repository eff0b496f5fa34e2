#include "tuner/gate/comparators.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "results/error.h"
#include "tuner/gate/elements.h"

namespace tilesmith {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Quiet NaNs as BF16, and twice in a row as FP32; arithmetic hands their payload on.
constexpr std::uint16_t kOutputPoison = 0xFFFF;
constexpr std::uint16_t kScratchPoison = 0xFFC5;

bool IsFloat(DType dtype) { return dtype == DType::kF32 || dtype == DType::kBf16; }

// Position of a float among all floats of its type, so that neighbours differ by one and −0 meets
// +0.
std::int64_t UlpPosition(DType dtype, std::uint64_t bits) {
  const int width = dtype == DType::kF32 ? 32 : 16;
  const auto magnitude = static_cast<std::int64_t>(bits & ((1ull << (width - 1)) - 1));
  return (bits >> (width - 1)) != 0 ? -magnitude : magnitude;
}

std::vector<std::size_t> PositionOf(const std::vector<std::int64_t>& shape, std::size_t index) {
  std::vector<std::size_t> position(shape.size());
  for (std::size_t d = shape.size(); d-- > 0;) {
    const auto size = static_cast<std::size_t>(shape[d]);
    position[d] = index % size;
    index /= size;
  }
  return position;
}

/// One output under judgement.
class Comparison {
 public:
  Comparison(const Operand& operand, const Comparator& rule, const std::vector<std::int64_t>& shape,
             const std::byte* expected, const std::byte* actual)
      : operand_(operand), rule_(rule), shape_(shape), expected_(expected), actual_(actual) {
    for (const std::int64_t size : shape) count_ *= static_cast<std::size_t>(size);
  }

  Judgement Run() {
    Judgement result;
    if (count_ == 0 || std::memcmp(expected_, actual_, count_ * SizeOf(operand_.dtype)) == 0) {
      result.ok = true;
      result.zero_share = ZeroShare(operand_.dtype, actual_, count_);
      return result;
    }
    Scan();
    const double allowed = AllowedMisses();
    const double cap = rule_.cap;
    const bool capped = cap <= 0 || worst_error_ < cap;
    result.ok = static_cast<double>(misses_) <= allowed && capped && unequal_nonfinite_ == 0;
    result.error_share = ErrorShare(allowed);
    result.zero_share = ZeroShare(operand_.dtype, actual_, count_);
    if (!result.ok) result.message = Message(allowed);
    return result;
  }

 private:
  bool Finite(std::size_t i) const {
    return std::isfinite(ReadElement(operand_.dtype, expected_, i)) &&
           std::isfinite(ReadElement(operand_.dtype, actual_, i));
  }

  // How far element i is off, as a share of what one element may be: <= 1 is a hit.
  double Share(std::size_t i) const {
    const std::uint64_t expected_bits = ElementBits(operand_.dtype, expected_, i);
    const std::uint64_t actual_bits = ElementBits(operand_.dtype, actual_, i);
    if (expected_bits == actual_bits) return 0;
    const double e = ReadElement(operand_.dtype, expected_, i);
    const double a = ReadElement(operand_.dtype, actual_, i);
    if (std::isnan(e) && std::isnan(a)) return 0;
    if (!std::isfinite(e) || !std::isfinite(a)) return kInfinity;
    const double distance = std::abs(a - e);
    const auto share = [](double error, double bound) {
      return error <= 0 ? 0 : bound > 0 ? error / bound : kInfinity;
    };
    switch (rule_.kind) {
      case Comparator::Kind::kExact: return kInfinity;
      case Comparator::Kind::kAllClose:
      case Comparator::Kind::kRatioAllClose:
        return share(distance, rule_.atol + rule_.rtol * std::abs(e));
      case Comparator::Kind::kRatioRelDiff: return share(RelativeDifference(a, e), rule_.atol);
      case Comparator::Kind::kCodes: return share(distance, rule_.atol);
      case Comparator::Kind::kJudged: break;
      case Comparator::Kind::kUlp:
        return share(static_cast<double>(std::abs(UlpPosition(operand_.dtype, expected_bits) -
                                                  UlpPosition(operand_.dtype, actual_bits))),
                     rule_.atol);
    }
    TILESMITH_CHECK(!"a plain comparator");
    return kInfinity;
  }

  double RelativeDifference(double a, double e) const {
    const double threshold = rule_.atol;
    const double distance = std::abs(a - e);
    if (distance < threshold) return distance;
    const double floor = 0x1p-14 / threshold;
    return distance / (std::max({std::abs(a), std::abs(e), floor}) + 1e-9);
  }

  void Scan() {
    for (std::size_t i = 0; i < count_; ++i) {
      const double share = Share(i);
      if (rule_.kind == Comparator::Kind::kRatioRelDiff) {
        worst_error_ = std::max(worst_error_, share * rule_.atol);
      }
      if (share <= 1) {
        worst_hit_ = std::max(worst_hit_, share);
        continue;
      }
      ++misses_;
      if (!Finite(i)) ++unequal_nonfinite_;
      if (misses_ == 1) first_ = i;
      Surround(i);
      if (share > worst_share_ || misses_ == 1) {
        worst_share_ = share;
        worst_ = i;
      }
    }
  }

  // Widens the box around all misses to hold element i.
  void Surround(std::size_t i) {
    const std::vector<std::size_t> position = PositionOf(shape_, i);
    if (misses_ == 1) low_ = high_ = position;
    for (std::size_t d = 0; d < position.size(); ++d) {
      low_[d] = std::min(low_[d], position[d]);
      high_[d] = std::max(high_[d], position[d]);
    }
  }

  // "y[0..1,4096..7167]": worst and first alone do not tell a tail from a stray element.
  std::string Box() const {
    std::vector<std::string> ranges;
    for (std::size_t d = 0; d < low_.size(); ++d) {
      ranges.push_back(low_[d] == high_[d] ? fmt::format("{}", low_[d])
                                           : fmt::format("{}..{}", low_[d], high_[d]));
    }
    return fmt::format("{}[{}]", operand_.name, fmt::join(ranges, ","));
  }

  // Misses that are not numbers never fall under the ratio: see unequal_nonfinite_.
  double AllowedMisses() const {
    const double n = static_cast<double>(count_);
    switch (rule_.kind) {
      case Comparator::Kind::kRatioAllClose: return std::nearbyint(rule_.ratio * n);
      case Comparator::Kind::kRatioRelDiff:
      case Comparator::Kind::kCodes: return rule_.ratio * n;
      default: return 0;
    }
  }

  double ErrorShare(double allowed) const {
    if (misses_ == 0) return worst_hit_;
    return allowed > 0 ? static_cast<double>(misses_) / allowed : kInfinity;
  }

  bool Holds(std::size_t i, std::uint16_t poison) const {
    if (!IsFloat(operand_.dtype)) return false;
    const std::uint64_t bits = ElementBits(operand_.dtype, actual_, i);
    return bits == (operand_.dtype == DType::kF32 ? poison * 0x10001ull : poison);
  }

  std::string Found(std::size_t i) const {
    const std::string place = ElementName(operand_.name, shape_, i);
    const double e = ReadElement(operand_.dtype, expected_, i);
    if (Holds(i, kOutputPoison))
      return fmt::format("{} was never written (expected {:.9g})", place, e);
    if (Holds(i, kScratchPoison)) {
      return fmt::format("{} is made of scratch that was never written (expected {:.9g})", place,
                         e);
    }
    return fmt::format("{} expected {:.9g}, got {:.9g}", place, e,
                       ReadElement(operand_.dtype, actual_, i));
  }

  std::string Message(double allowed) const {
    return fmt::format("{}; {} of {} elements miss {}, {} may{}",
                       Found(Holds(first_, kOutputPoison) ? first_ : worst_), misses_, count_,
                       rule_.ToString(), static_cast<std::int64_t>(allowed),
                       misses_ == 1 ? "" : "; all lie in " + Box());
  }

  const Operand& operand_;
  const Comparator& rule_;
  const std::vector<std::int64_t>& shape_;
  const std::byte* expected_;
  const std::byte* actual_;
  std::size_t count_ = 1;
  std::size_t misses_ = 0, unequal_nonfinite_ = 0, first_ = 0, worst_ = 0;
  std::vector<std::size_t> low_, high_;  // corners of the smallest box that holds all misses
  double worst_hit_ = 0, worst_share_ = 0, worst_error_ = 0;
};

}  // namespace

double ZeroShare(DType dtype, const std::byte* data, std::size_t count) {
  std::size_t zeros = 0;
  for (std::size_t i = 0; i < count; ++i) zeros += ReadElement(dtype, data, i) == 0 ? 1u : 0u;
  return count == 0 ? 0 : static_cast<double>(zeros) / static_cast<double>(count);
}

Judgement Judge(const Operand& operand, const Comparator& rule,
                const std::vector<std::int64_t>& shape, const std::byte* expected,
                const std::byte* actual) {
  return Comparison(operand, rule, shape, expected, actual).Run();
}

std::string ElementName(const std::string& operand, const std::vector<std::int64_t>& shape,
                        std::size_t index) {
  return fmt::format("{}[{}]", operand, fmt::join(PositionOf(shape, index), ","));
}

void Poison(const Operand& operand, std::uint64_t turn, std::byte* data, std::size_t bytes) {
  std::uint16_t pattern = turn % 2 == 0 ? 0xA5A5 : 0x5A5A;
  if (IsFloat(operand.dtype)) {
    pattern = operand.direction == Direction::kScratch ? kScratchPoison : kOutputPoison;
  }
  for (std::size_t i = 0; i < bytes; ++i) {
    data[i] = static_cast<std::byte>(i % 2 == 0 ? pattern & 0xFF : pattern >> 8);
  }
}

}  // namespace tilesmith
