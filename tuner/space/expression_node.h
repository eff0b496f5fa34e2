// The tree of an expression, shared by parser, printers, evaluator and compiler; nobody else's
// concern.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tuner/space/expression.h"

namespace tilesmith {

// clang-format off
enum class Operator {
  kAdd, kSubtract, kMultiply, kDivide, kFloorDivide, kModulo, kPower,          // binary
  kNegate, kPlus, kNot,                                                        // unary
  kLess, kLessEqual, kGreater, kGreaterEqual, kEqual, kNotEqual, kIn, kNotIn,  // comparisons
};
// clang-format on
/// As written: "+", "//", "not", "not in".
std::string_view ToString(Operator op);

enum class Function { kMin, kMax, kAbs, kCeilDiv, kPow2, kLog2 };

/// What the parser must know of a function; `most` < 0 means any number of arguments.
struct FunctionInfo {
  Function function;
  std::string_view name;
  int least;
  int most;
};
const std::vector<FunctionInfo>& Functions();
std::string_view ToString(Function function);

struct ExpressionNode {
  enum class Kind {
    kLiteral,  // literal
    kName,     // name
    kUnary,    // op; one child
    kBinary,   // op; two children
    kAnd,
    kOr,           // two children
    kCompare,      // comparisons[i] stands between children[i] and children[i + 1]
    kConditional,  // value, condition, otherwise
    kCall,         // function; its arguments
    kList,         // only as the last child of a kCompare that ends in `in` or `not in`
  };
  Kind kind = Kind::kLiteral;
  Value literal;
  std::string name;
  Operator op = Operator::kAdd;
  std::vector<Operator> comparisons;
  Function function = Function::kMin;
  std::vector<std::unique_ptr<const ExpressionNode>> children;
  int depth = 1;  // levels from here to the deepest leaf

  const ExpressionNode& child(std::size_t i) const { return *children[i]; }
};

/// The value of a tree; expression.h says what it throws, here without the expression's text.
Value EvaluateNode(const ExpressionNode& node, const std::map<std::string, Value>& bindings);

}  // namespace tilesmith
