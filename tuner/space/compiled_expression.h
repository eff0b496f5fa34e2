// An expression made ready to be evaluated millions of times: names are slots, known values
// constants, the tree a list of three-address instructions. Same meaning as Expression::Evaluate on
// whole numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tuner/space/expression.h"
#include "tuner/space/number.h"

namespace tilesmith {

class CompiledExpression {
 public:
  /// A name is looked for in `constants` first; slots[i] is the name of the i-th value at
  /// evaluation. Throws UserError for an unknown name, and for text, which no tile, dimension or
  /// fact is.
  CompiledExpression(const Expression& expression, const std::vector<std::string>& slots,
                     const std::map<std::string, std::int64_t>& constants);

  /// `slots` holds one value per slot name; those the expression does not use may be anything.
  /// Throws UserError as Expression::Evaluate, without the expression's text.
  Number Evaluate(const Number* slots) const;
  bool Holds(const Number* slots) const { return Truth(Evaluate(slots)); }

 private:
  friend class ExpressionCompiler;  // expression_compiler.cc

  // A level of the tree holds at most its target and two operands to its left.
  static constexpr std::size_t kTemporaries = 4 * Expression::kMaxDepth;

  enum class Code : std::uint8_t {
    kMove,
    kArithmetic,
    kAdd,
    kSubtract,
    kMultiply,
    kModulo,
    kCompare,
    kNot,
    kNegate,
    kAbsolute,
    kLog2,
    kCeilDiv,
    kMin,
    kMax,
    kJump,
    kJumpIfTrue,
    kJumpIfFalse,
  };
  enum class Place : std::uint8_t { kSlot, kConstant, kTemporary };
  struct Operand {
    Place place = Place::kConstant;
    std::uint16_t index = 0;
  };
  struct Instruction {
    Code code = Code::kMove;
    Operator op = Operator::kAdd;  // of kArithmetic and kCompare
    Operand a, b;
    std::uint16_t target =
        0;  // temporary that receives the result; of a jump, the next instruction
  };

  static Number Compute(const Instruction& instruction, Number a, Number b);

  std::vector<Instruction> instructions_;
  std::vector<Number> constants_;
  Operand result_;
};

}  // namespace tilesmith
