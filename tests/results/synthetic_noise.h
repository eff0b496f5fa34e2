// Timings as a shared machine spoils them (performance.md §D): what the estimators are tested on.
// Seeded and the same everywhere: raw bits of mt19937_64, no standard distribution.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>

namespace tilesmith::synthetic {

enum class NoiseKind {
  kNormal,
  kSkewed,    // lognormal: never much faster, now and then much slower
  kBimodal,   // normal, in spells at 1.0x and 1.65x of some 30 samples
  kDrifting,  // normal, on a random walk of 1 % per sample
};

/// log(time / true time) of samples taken one after the other. `deviation` is that of a single
/// sample; two of them, paired, deviate by √2 times as much.
class Noise {
 public:
  Noise(NoiseKind kind, double deviation, std::uint64_t seed)
      : kind_(kind), deviation_(deviation), random_(seed) {}

  double Next() {
    const double own = deviation_ * Normal();
    if (kind_ == NoiseKind::kSkewed) return deviation_ * std::exp(0.8 * Normal());
    if (kind_ == NoiseKind::kBimodal && Uniform() < 1.0 / 30) slow_ = !slow_;
    if (kind_ == NoiseKind::kDrifting) walk_ += 0.01 * Normal();
    return own + walk_ + (slow_ ? std::log(1.65) : 0);
  }

  /// In (0, 1].
  double Uniform() { return (static_cast<double>(random_() >> 11) + 1) * 0x1p-53; }

  double Normal() {
    const double radius = std::sqrt(-2 * std::log(Uniform()));
    return radius * std::cos(2 * std::numbers::pi * Uniform());
  }

 private:
  NoiseKind kind_;
  double deviation_;
  std::mt19937_64 random_;
  double walk_ = 0;
  bool slow_ = false;
};

inline constexpr NoiseKind kNoiseKinds[] = {NoiseKind::kNormal, NoiseKind::kSkewed,
                                            NoiseKind::kBimodal, NoiseKind::kDrifting};

}  // namespace tilesmith::synthetic
