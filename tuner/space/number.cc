#include "tuner/space/number.h"

#include <bit>
#include <cmath>
#include <limits>

#include "results/error.h"

namespace tilesmith {
namespace {

[[noreturn]] void FailBeyond() { throw UserError("the result does not fit 64 bits"); }
[[noreturn]] void FailZero() { throw UserError("division by zero"); }

bool SignsDiffer(std::int64_t a, std::int64_t b) { return (a < 0) != (b < 0); }

// C++ rounds towards zero, Python down; they part where a remainder is left and the signs differ.
std::int64_t FloorDivide(std::int64_t a, std::int64_t b) {
  if (b == 0) FailZero();
  if (b == -1) return Negate(Number::Integer(a)).integer;  // the one quotient that can overflow
  return a / b - (a % b != 0 && SignsDiffer(a, b) ? 1 : 0);
}

std::int64_t Modulo(std::int64_t a, std::int64_t b) {
  if (b == 0) FailZero();
  if (b == -1) return 0;
  const std::int64_t remainder = a % b;
  return remainder + (remainder != 0 && SignsDiffer(remainder, b) ? b : 0);
}

double Modulo(double a, double b) {
  if (b == 0) FailZero();
  const double remainder = std::fmod(a, b);
  if (remainder == 0) return std::copysign(0.0, b);
  return std::signbit(remainder) != std::signbit(b) ? remainder + b : remainder;
}

// By way of the remainder, which is exact: floor(a / b) is off by one where a / b rounds up.
double FloorDivide(double a, double b) {
  const double quotient = (a - Modulo(a, b)) / b;
  if (quotient == 0) return std::copysign(0.0, a / b);
  const double below = std::floor(quotient);
  return quotient - below <= 0.5 ? below : below + 1;
}

std::int64_t Power(std::int64_t base, std::int64_t exponent) {
  std::int64_t result = 1;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1 && __builtin_mul_overflow(result, base, &result)) FailBeyond();
    if (exponent > 1 && __builtin_mul_overflow(base, base, &base)) FailBeyond();
  }
  return result;
}

double Power(double base, double exponent) {
  if (base == 0 && exponent < 0) FailZero();
  if (base < 0 && std::isfinite(exponent) && exponent != std::floor(exponent)) {
    throw UserError("a fractional power of a negative number is not real");
  }
  const double result = std::pow(base, exponent);
  if (std::isinf(result) && std::isfinite(base) && std::isfinite(exponent)) {
    throw UserError("the result does not fit a float");
  }
  return result;
}

Number OfIntegers(Operator op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  bool beyond = false;
  switch (op) {
    case Operator::kAdd: beyond = __builtin_add_overflow(a, b, &result); break;
    case Operator::kSubtract: beyond = __builtin_sub_overflow(a, b, &result); break;
    case Operator::kMultiply: beyond = __builtin_mul_overflow(a, b, &result); break;
    case Operator::kFloorDivide: result = FloorDivide(a, b); break;
    case Operator::kModulo: result = Modulo(a, b); break;
    case Operator::kPower: result = Power(a, b); break;
    default: Abort(__FILE__, __LINE__, "not a binary operator");
  }
  if (beyond) FailBeyond();
  return Number::Integer(result);
}

double OfReals(Operator op, double a, double b) {
  switch (op) {
    case Operator::kAdd: return a + b;
    case Operator::kSubtract: return a - b;
    case Operator::kMultiply: return a * b;
    case Operator::kDivide:
      if (b == 0) FailZero();
      return a / b;
    case Operator::kFloorDivide: return FloorDivide(a, b);
    case Operator::kModulo: return Modulo(a, b);
    case Operator::kPower: return Power(a, b);
    default: Abort(__FILE__, __LINE__, "not a binary operator");
  }
}

}  // namespace

Number Arithmetic(Operator op, Number a, Number b) {
  const bool leaves_integers =
      op == Operator::kDivide || (op == Operator::kPower && !b.is_real && b.integer < 0);
  if (a.is_real || b.is_real || leaves_integers) {
    return Number::Real(OfReals(op, a.AsReal(), b.AsReal()));
  }
  return OfIntegers(op, a.integer, b.integer);
}

Number Negate(Number a) {
  if (a.is_real) return Number::Real(-a.real);
  return Arithmetic(Operator::kSubtract, Number::Integer(0), a);
}

Number Absolute(Number a) {
  if (a.is_real) return Number::Real(std::fabs(a.real));
  return a.integer < 0 ? Negate(a) : a;
}

Number Log2(Number a) {
  const bool whole = !a.is_real || (a.real == std::floor(a.real) && std::fabs(a.real) < 0x1p63);
  const std::int64_t value = !whole ? 0 : a.is_real ? static_cast<std::int64_t>(a.real) : a.integer;
  if (value <= 0) throw UserError("log2 takes a whole number above 0");
  const auto width = static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(value)));
  return Number::Integer(width - 1);
}

Number CeilDiv(Number a, Number b) {
  return Negate(Arithmetic(Operator::kFloorDivide, Negate(a), b));
}

std::partial_ordering CompareNumbers(Number a, Number b) {
  if (a.is_real && b.is_real) return a.real <=> b.real;
  if (!a.is_real && !b.is_real) return a.integer <=> b.integer;
  if (a.is_real) return 0 <=> CompareNumbers(b, a);
  if (std::isnan(b.real)) return std::partial_ordering::unordered;
  if (b.real >= 0x1p63) return std::partial_ordering::less;
  if (b.real < -0x1p63) return std::partial_ordering::greater;
  const double whole = std::trunc(b.real);
  const auto truncated = static_cast<std::int64_t>(whole);
  if (a.integer != truncated) return a.integer <=> truncated;
  return whole <=> b.real;
}

bool Holds(Operator op, std::partial_ordering order) {
  switch (op) {
    case Operator::kLess: return order < 0;
    case Operator::kLessEqual: return order <= 0;
    case Operator::kGreater: return order > 0;
    case Operator::kGreaterEqual: return order >= 0;
    case Operator::kEqual: return order == 0;
    case Operator::kNotEqual: return order != 0;
    default: Abort(__FILE__, __LINE__, "not a comparison");
  }
}

}  // namespace tilesmith
