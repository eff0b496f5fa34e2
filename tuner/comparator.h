// Element types, and the rules by which outputs are judged: the part of a registration
// (tuner/kernel.h, which includes this) that says what "right" means.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "tuner/abi.h"

namespace tilesmith {

enum class DType { kF32, kBf16, kI8, kU8, kI32, kI64 };

/// Bytes of one element.
std::size_t SizeOf(DType dtype);
/// "f32", "bf16", "i8", …
std::string_view ToString(DType dtype);

template <typename T>
constexpr DType DTypeOf() {
  if constexpr (std::is_same_v<T, float>) return DType::kF32;
  else if constexpr (std::is_same_v<T, bf16>) return DType::kBf16;
  else if constexpr (std::is_same_v<T, std::int8_t>) return DType::kI8;
  else if constexpr (std::is_same_v<T, std::uint8_t>) return DType::kU8;
  else if constexpr (std::is_same_v<T, std::int32_t>) return DType::kI32;
  else if constexpr (std::is_same_v<T, std::int64_t>) return DType::kI64;
  else static_assert(sizeof(T) == 0, "operands are float, bf16, int8, uint8, int32 or int64");
}

class Outcome;

/// What a rule found.
struct Finding {
  double error_share = 0;  // error as a share of what the rule allows; at most 1 when accepted
  std::string message;     // names operand, index, expected and got; empty = accepted
};

/// How an output is judged against the golden's; kernels.md (a). Every rule accepts with `<=`, so
/// NaN fails, and a non-finite value passes only where the golden has the same one. Whatever the
/// rule, a row of an in/out operand (its last dimension) that the golden leaves bit for bit as it
/// was must be untouched.
struct Comparator {
  enum class Kind { kExact, kAllClose, kRatioAllClose, kRatioRelDiff, kUlp, kCodes, kJudged };
  Kind kind = Kind::kExact;
  double atol = 0;  // AllClose; RatioRelDiff: the threshold; Ulp, Codes: largest distance
  double rtol = 0;
  double ratio = 0;       // share of elements that may miss
  double cap = 0;         // RatioRelDiff: largest relative difference of any element; 0 = none
  std::string name = {};  // Judged
  std::function<Finding(const Outcome&)> rule = {};  // Judged
  /// "allclose(0.001,0.001)"; what messages print and the golden key hashes.
  std::string ToString() const;
};
/// Bit for bit.
Comparator Exact();
/// |a − e| <= atol + rtol·|e| for every element.
Comparator AllClose(double atol, double rtol);
/// As AllClose, but round(ratio·n) elements may miss.
Comparator RatioAllClose(double atol, double rtol, double ratio = 0.005);
/// δ = |a − e|; r = δ where δ < threshold, else δ / (max(|a|, |e|, 2^-14/threshold) + 1e-9); the
/// share of r > threshold is at most `ratio`, and no r reaches `cap` (0 = no cap).
Comparator RatioRelDiff(double threshold, double ratio, double cap = 0);
/// At most n units in the last place of the operand's own type (f32, bf16).
Comparator Ulp(double n);
/// Integer codes at most `distance` apart, on at most `ratio` of the elements.
Comparator Codes(double distance, double ratio = 0);
/// A rule of the kernel's own, for outputs that no single tolerance describes: top-k indices whose
/// scores tie, rows in which a code flipped. It must reject what it cannot explain, NaN included.
Comparator Judged(std::string name, std::function<Finding(const Outcome&)> rule);

/// What a rule may look at: all operands of a case, before and after.
class Outcome {
 public:
  virtual ~Outcome() = default;
  virtual std::int64_t Dim(std::string_view name) const = 0;
  virtual double Scalar(std::string_view name) const = 0;
  /// An input, or an in/out state before the call.
  template <typename T>
  std::span<const T> Input(std::string_view name) const {
    return As<T>(Side::kInput, name);
  }
  /// The golden's output. Empty when it comes from a golden file without it (OptionalInFiles).
  template <typename T>
  std::span<const T> Expected(std::string_view name) const {
    return As<T>(Side::kExpected, name);
  }
  /// The variant's output; other outputs than the judged one may be anything.
  template <typename T>
  std::span<const T> Actual(std::string_view name) const {
    return As<T>(Side::kActual, name);
  }
  /// What a plain rule says of an output.
  virtual Finding Under(const Comparator& rule, std::string_view operand) const = 0;

 protected:
  enum class Side { kInput, kExpected, kActual };

 private:
  template <typename T>
  std::span<const T> As(Side side, std::string_view name) const {
    auto [data, count] = Find(side, name, DTypeOf<T>());
    return {static_cast<const T*>(data), count};
  }
  virtual std::pair<const void*, std::size_t> Find(Side side, std::string_view name,
                                                   DType dtype) const = 0;
};

}  // namespace tilesmith
