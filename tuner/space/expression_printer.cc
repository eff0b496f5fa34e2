// Prints a tree with the fewest parentheses that parse back to the same tree.
#include <array>

#include <fmt/format.h>

#include "tuner/space/expression_node.h"

namespace tilesmith {
namespace {

using Kind = ExpressionNode::Kind;

// Higher binds tighter; the levels of the grammar in expression_parser.cc.
enum Level { kConditional, kOr, kAnd, kNot, kComparison, kSum, kProduct, kSign, kPower, kAtom };

int LevelOf(const ExpressionNode& node) {
  switch (node.kind) {
    case Kind::kConditional: return kConditional;
    case Kind::kOr: return kOr;
    case Kind::kAnd: return kAnd;
    case Kind::kCompare: return kComparison;
    case Kind::kUnary: return node.op == Operator::kNot ? kNot : kSign;
    case Kind::kBinary:
      if (node.op == Operator::kPower) return kPower;
      return node.op == Operator::kAdd || node.op == Operator::kSubtract ? kSum : kProduct;
    default: return kAtom;
  }
}

std::string Print(const ExpressionNode& node);

std::string Print(const ExpressionNode& node, int least_level) {
  return LevelOf(node) >= least_level ? Print(node) : "(" + Print(node) + ")";
}

std::string PrintBinary(const ExpressionNode& node) {
  const int level = LevelOf(node);
  // `**` alone groups to the right, and takes a sign there.
  const int left = level == kPower ? kAtom : level;
  const int right = level == kPower ? kSign : level + 1;
  return fmt::format("{} {} {}", Print(node.child(0), left), ToString(node.op),
                     Print(node.child(1), right));
}

std::string PrintChain(const ExpressionNode& node) {
  std::string text = Print(node.child(0), kSum);
  for (std::size_t i = 0; i < node.comparisons.size(); ++i) {
    text += fmt::format(" {} {}", ToString(node.comparisons[i]), Print(node.child(i + 1), kSum));
  }
  return text;
}

std::string PrintItems(const ExpressionNode& node) {
  std::string text;
  for (const auto& child : node.children) {
    if (!text.empty()) text += ", ";
    text += Print(*child);
  }
  return text;
}

std::string Print(const ExpressionNode& node) {
  switch (node.kind) {
    case Kind::kLiteral: return ToString(node.literal);
    case Kind::kName: return node.name;
    case Kind::kUnary:
      if (node.op == Operator::kNot) return "not " + Print(node.child(0), kNot);
      return std::string(ToString(node.op)) + Print(node.child(0), kSign);
    case Kind::kBinary: return PrintBinary(node);
    case Kind::kAnd: return Print(node.child(0), kAnd) + " and " + Print(node.child(1), kNot);
    case Kind::kOr: return Print(node.child(0), kOr) + " or " + Print(node.child(1), kAnd);
    case Kind::kCompare: return PrintChain(node);
    case Kind::kConditional:
      return fmt::format("{} if {} else {}", Print(node.child(0), kOr), Print(node.child(1), kOr),
                         Print(node.child(2)));
    case Kind::kCall: return fmt::format("{}({})", ToString(node.function), PrintItems(node));
    case Kind::kList: return fmt::format("[{}]", PrintItems(node));
  }
  return {};
}

std::string Quote(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return quoted + "'";
}

}  // namespace

std::string_view ToString(Operator op) {
  constexpr std::array<std::string_view, 18> kTexts = {
      "+",   "-", "*",  "/", "//", "%",  "**", "-",  "+",
      "not", "<", "<=", ">", ">=", "==", "!=", "in", "not in"};
  return kTexts[static_cast<std::size_t>(op)];
}

std::string ToString(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return fmt::to_string(*integer);
  if (const auto* text = std::get_if<std::string>(&value)) return Quote(*text);
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "True" : "False";
  // fmt writes a whole double without a point, which would parse as an integer.
  std::string real = fmt::format("{}", std::get<double>(value));
  if (real.find_first_not_of("-0123456789") == std::string::npos) real += ".0";
  return real;
}

std::string Expression::ToString() const { return Print(*root_); }

}  // namespace tilesmith
