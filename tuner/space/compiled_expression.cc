#include "tuner/space/compiled_expression.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "results/error.h"

namespace tilesmith {
namespace {

// The fast paths of the four operators that constraints are made of.
Number Add(Number a, Number b) {
  std::int64_t sum = 0;
  if (!a.is_real && !b.is_real && !__builtin_add_overflow(a.integer, b.integer, &sum)) {
    return Number::Integer(sum);
  }
  return Arithmetic(Operator::kAdd, a, b);
}

Number Subtract(Number a, Number b) {
  std::int64_t difference = 0;
  if (!a.is_real && !b.is_real && !__builtin_sub_overflow(a.integer, b.integer, &difference)) {
    return Number::Integer(difference);
  }
  return Arithmetic(Operator::kSubtract, a, b);
}

Number Multiply(Number a, Number b) {
  std::int64_t product = 0;
  if (!a.is_real && !b.is_real && !__builtin_mul_overflow(a.integer, b.integer, &product)) {
    return Number::Integer(product);
  }
  return Arithmetic(Operator::kMultiply, a, b);
}

Number Modulo(Number a, Number b) {
  // Sizes are positive and mostly fit 32 bits, where the division is several times faster.
  if (!a.is_real && !b.is_real && a.integer >= 0 && b.integer > 0) {
    if (((a.integer | b.integer) >> 32) == 0) {
      return Number::Integer(static_cast<std::uint32_t>(a.integer) %
                             static_cast<std::uint32_t>(b.integer));
    }
    return Number::Integer(a.integer % b.integer);
  }
  return Arithmetic(Operator::kModulo, a, b);
}

template <typename T>
bool CompareAs(Operator op, T a, T b) {
  switch (op) {
    case Operator::kLess: return a < b;
    case Operator::kLessEqual: return a <= b;
    case Operator::kGreater: return a > b;
    case Operator::kGreaterEqual: return a >= b;
    case Operator::kEqual: return a == b;
    default: return a != b;
  }
}

bool Compare(Operator op, Number a, Number b) {
  if (!a.is_real && !b.is_real) return CompareAs(op, a.integer, b.integer);
  if (a.is_real && b.is_real) return CompareAs(op, a.real, b.real);
  return Holds(op, CompareNumbers(a, b));
}

}  // namespace

// Forced, because the call would cost as much as most instructions.
[[gnu::always_inline]] inline Number CompiledExpression::Compute(const Instruction& i, Number a,
                                                                 Number b) {
  switch (i.code) {
    case Code::kMove: return a;
    case Code::kArithmetic: return Arithmetic(i.op, a, b);
    case Code::kAdd: return Add(a, b);
    case Code::kSubtract: return Subtract(a, b);
    case Code::kMultiply: return Multiply(a, b);
    case Code::kModulo: return Modulo(a, b);
    case Code::kCompare: return Number::Integer(Compare(i.op, a, b) ? 1 : 0);
    case Code::kNot: return Number::Integer(Truth(a) ? 0 : 1);
    case Code::kNegate: return Negate(a);
    case Code::kAbsolute: return Absolute(a);
    case Code::kLog2: return Log2(a);
    case Code::kCeilDiv: return CeilDiv(a, b);
    case Code::kMin: return Compare(Operator::kLess, b, a) ? b : a;
    case Code::kMax: return Compare(Operator::kGreater, b, a) ? b : a;
    default: Abort(__FILE__, __LINE__, "a jump is not computed");
  }
}

Number CompiledExpression::Evaluate(const Number* slots) const {
  std::array<Number, kTemporaries> temporaries;
  const Number* const places[] = {slots, constants_.data(), temporaries.data()};
  const auto load = [&places](Operand operand) {
    return places[static_cast<std::size_t>(operand.place)][operand.index];
  };
  const std::size_t end = instructions_.size();
  for (std::size_t next = 0; next < end;) {
    const Instruction& i = instructions_[next++];
    switch (i.code) {
      case Code::kJump: next = i.target; break;
      case Code::kJumpIfTrue: next = Truth(load(i.a)) ? i.target : next; break;
      case Code::kJumpIfFalse: next = Truth(load(i.a)) ? next : i.target; break;
      default: temporaries[i.target] = Compute(i, load(i.a), load(i.b));
    }
  }
  return load(result_);
}

}  // namespace tilesmith
