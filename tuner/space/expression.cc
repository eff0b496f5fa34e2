#include "tuner/space/expression.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "results/error.h"
#include "tuner/space/expression_node.h"
#include "tuner/space/expression_parser.h"

namespace tilesmith {
namespace {

void CollectNames(const ExpressionNode& node, std::vector<std::string>* names) {
  if (node.kind == ExpressionNode::Kind::kName &&
      std::find(names->begin(), names->end(), node.name) == names->end()) {
    names->push_back(node.name);
  }
  for (const auto& child : node.children) CollectNames(*child, names);
}

bool IsWhole(double value) { return value == std::floor(value) && std::fabs(value) < 0x1p63; }

}  // namespace

bool Truth(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return !text->empty();
  if (const auto* real = std::get_if<double>(&value)) return *real != 0;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer != 0;
  return std::get<bool>(value);
}

const std::vector<FunctionInfo>& Functions() {
  static const std::vector<FunctionInfo> functions = {
      {Function::kMin, "min", 2, -1},  {Function::kMax, "max", 2, -1},
      {Function::kAbs, "abs", 1, 1},   {Function::kCeilDiv, "ceil_div", 2, 2},
      {Function::kPow2, "pow2", 1, 1}, {Function::kLog2, "log2", 1, 1},
  };
  return functions;
}

std::string_view ToString(Function function) {
  return Functions()[static_cast<std::size_t>(function)].name;
}

Expression Expression::Parse(std::string_view text) {
  Expression expression;
  expression.root_ = ParseExpression(text);
  CollectNames(*expression.root_, &expression.names_);
  return expression;
}

const std::vector<std::string>& Expression::names() const { return names_; }

Value Expression::Evaluate(const std::map<std::string, Value>& bindings) const {
  TILESMITH_CHECK(root_ != nullptr);
  try {
    return EvaluateNode(*root_, bindings);
  } catch (const UserError& error) {
    throw UserError(fmt::format("{}: {}", ToString(), error.what()));
  }
}

std::int64_t Expression::EvaluateInt(const std::map<std::string, Value>& bindings) const {
  const Value value = Evaluate(bindings);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  const auto* real = std::get_if<double>(&value);
  if (real != nullptr && IsWhole(*real)) return static_cast<std::int64_t>(*real);
  throw UserError(
      fmt::format("{}: the result {} is no whole number", ToString(), tilesmith::ToString(value)));
}

}  // namespace tilesmith
