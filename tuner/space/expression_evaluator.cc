// Walks the tree. For expressions evaluated now and then; a constraint of a space runs as a
// CompiledExpression.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "results/error.h"
#include "results/suggest.h"
#include "tuner/space/expression_node.h"
#include "tuner/space/number.h"

namespace tilesmith {
namespace {

using Bindings = std::map<std::string, Value>;
using Kind = ExpressionNode::Kind;

std::optional<Number> AsNumber(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return Number::Integer(*integer);
  if (const auto* real = std::get_if<double>(&value)) return Number::Real(*real);
  if (const auto* truth = std::get_if<bool>(&value)) return Number::Integer(*truth ? 1 : 0);
  return std::nullopt;
}

Value AsValue(Number number) {
  if (number.is_real) return number.real;
  return number.integer;
}

Number NeedNumber(const Value& value, std::string_view where) {
  if (const std::optional<Number> number = AsNumber(value)) return *number;
  throw UserError(fmt::format("'{}' takes numbers, not the text {}", where, ToString(value)));
}

const Value& Lookup(const std::string& name, const Bindings& bindings) {
  const auto found = bindings.find(name);
  if (found != bindings.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [bound, value] : bindings) known.push_back(bound);
  throw UserError(fmt::format("unknown name '{}'{}", name, Suggest(name, known)));
}

Value Binary(Operator op, const Value& a, const Value& b) {
  const auto* left = std::get_if<std::string>(&a);
  const auto* right = std::get_if<std::string>(&b);
  if (op == Operator::kAdd && left != nullptr && right != nullptr) return *left + *right;
  return AsValue(Arithmetic(op, NeedNumber(a, ToString(op)), NeedNumber(b, ToString(op))));
}

Value Unary(Operator op, const Value& a) {
  if (op == Operator::kNot) return !Truth(a);
  const Number number = NeedNumber(a, ToString(op));
  return AsValue(op == Operator::kNegate ? Negate(number) : number);
}

// Text and numbers are never equal and have no order, as in Python.
bool Compare(Operator op, const Value& a, const Value& b) {
  const auto* left = std::get_if<std::string>(&a);
  const auto* right = std::get_if<std::string>(&b);
  if (left != nullptr && right != nullptr) return Holds(op, *left <=> *right);
  if (left == nullptr && right == nullptr) {
    return Holds(op, CompareNumbers(*AsNumber(a), *AsNumber(b)));
  }
  if (op == Operator::kEqual || op == Operator::kNotEqual) return op == Operator::kNotEqual;
  throw UserError(
      fmt::format("{} {} {} compares text with a number", ToString(a), ToString(op), ToString(b)));
}

bool Contains(const Value& item, const ExpressionNode& container, const Bindings& bindings) {
  if (container.kind == Kind::kList) {
    return std::any_of(container.children.begin(), container.children.end(),
                       [&](const auto& child) {
                         return Compare(Operator::kEqual, item, EvaluateNode(*child, bindings));
                       });
  }
  const Value value = EvaluateNode(container, bindings);
  const auto* text = std::get_if<std::string>(&value);
  const auto* part = std::get_if<std::string>(&item);
  if (text == nullptr || part == nullptr) {
    throw UserError("'in' takes a list, or text on both sides");
  }
  return text->find(*part) != std::string::npos;
}

bool CompareChain(const ExpressionNode& node, const Bindings& bindings) {
  Value left = EvaluateNode(node.child(0), bindings);
  for (std::size_t i = 0; i < node.comparisons.size(); ++i) {
    const Operator op = node.comparisons[i];
    const ExpressionNode& next = node.child(i + 1);
    if (op == Operator::kIn || op == Operator::kNotIn) {
      if (Contains(left, next, bindings) != (op == Operator::kIn)) return false;
      if (next.kind != Kind::kList) left = EvaluateNode(next, bindings);
      continue;
    }
    Value right = EvaluateNode(next, bindings);
    if (!Compare(op, left, right)) return false;
    left = std::move(right);
  }
  return true;
}

// The first of equals, in its own type, as in Python.
Value Extreme(const ExpressionNode& node, const Bindings& bindings, Operator better) {
  Value best = EvaluateNode(node.child(0), bindings);
  for (std::size_t i = 1; i < node.children.size(); ++i) {
    Value value = EvaluateNode(node.child(i), bindings);
    if (Compare(better, value, best)) best = std::move(value);
  }
  return best;
}

Value Call(const ExpressionNode& node, const Bindings& bindings) {
  if (node.function == Function::kMin) return Extreme(node, bindings, Operator::kLess);
  if (node.function == Function::kMax) return Extreme(node, bindings, Operator::kGreater);
  const auto argument = [&](std::size_t i) {
    return NeedNumber(EvaluateNode(node.child(i), bindings), ToString(node.function));
  };
  switch (node.function) {
    case Function::kAbs: return AsValue(Absolute(argument(0)));
    case Function::kCeilDiv: {
      const Number dividend = argument(0);
      return AsValue(CeilDiv(dividend, argument(1)));
    }
    case Function::kPow2:
      return AsValue(Arithmetic(Operator::kPower, Number::Integer(2), argument(0)));
    default: return AsValue(Log2(argument(0)));
  }
}

}  // namespace

Value EvaluateNode(const ExpressionNode& node, const Bindings& bindings) {
  const auto value = [&](std::size_t i) { return EvaluateNode(node.child(i), bindings); };
  switch (node.kind) {
    case Kind::kLiteral: return node.literal;
    case Kind::kName: return Lookup(node.name, bindings);
    case Kind::kUnary: return Unary(node.op, value(0));
    case Kind::kBinary: {
      const Value left = value(0);
      return Binary(node.op, left, value(1));
    }
    case Kind::kAnd: {
      Value left = value(0);
      return Truth(left) ? value(1) : left;
    }
    case Kind::kOr: {
      Value left = value(0);
      return Truth(left) ? left : value(1);
    }
    case Kind::kCompare: return CompareChain(node, bindings);
    case Kind::kConditional: return Truth(value(1)) ? value(0) : value(2);
    case Kind::kCall: return Call(node, bindings);
    case Kind::kList: break;
  }
  throw UserError("a list can only stand after 'in'");
}

}  // namespace tilesmith
