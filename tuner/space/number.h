// Python's arithmetic on 64-bit integers and floats: the one place that knows what `//`, `%`, `**`
// and a comparison of 2 ** 53 with a float mean.
#pragma once

#include <compare>
#include <cstdint>

#include "tuner/space/expression_node.h"

namespace tilesmith {

/// An integer or a float; a truth value is 1 or 0, as in Python. Trivial, because the evaluation of
/// a constraint leaves a whole array of them uninitialised.
struct Number {
  union {
    std::int64_t integer;
    double real;
  };
  bool is_real;

  static constexpr Number Integer(std::int64_t value) {
    Number number{};
    number.integer = value;
    number.is_real = false;
    return number;
  }
  static constexpr Number Real(double value) {
    Number number{};
    number.real = value;
    number.is_real = true;
    return number;
  }
  constexpr double AsReal() const { return is_real ? real : static_cast<double>(integer); }
};

inline bool Truth(Number value) { return value.is_real ? value.real != 0 : value.integer != 0; }

/// Binary operators kAdd … kPower. Throws UserError: division by zero, beyond 64 bits, no real
/// result. `/` of two integers beyond 2 ** 53 is that of the nearest floats.
Number Arithmetic(Operator op, Number a, Number b);
Number Negate(Number a);
Number Absolute(Number a);
/// Whole numbers above zero only, rounded down.
Number Log2(Number a);
/// -(-a // b).
Number CeilDiv(Number a, Number b);

/// Exact also between an integer and a float; unordered with NaN.
std::partial_ordering CompareNumbers(Number a, Number b);
/// kLess … kNotEqual.
bool Holds(Operator op, std::partial_ordering order);

}  // namespace tilesmith
