// Turns the tree into the instructions of a CompiledExpression; compiled_expression.cc runs them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "results/error.h"
#include "results/suggest.h"
#include "tuner/space/compiled_expression.h"
#include "tuner/space/expression_node.h"

namespace tilesmith {

// Temporaries are used like a stack: code that fills temporary t may use every one above t.
class ExpressionCompiler {
 public:
  ExpressionCompiler(CompiledExpression* out, const std::vector<std::string>& slots,
                     const std::map<std::string, std::int64_t>& constants)
      : out_(out), slots_(slots), known_(constants) {}

  using Kind = ExpressionNode::Kind;
  using Code = CompiledExpression::Code;
  using Place = CompiledExpression::Place;
  using Operand = CompiledExpression::Operand;

  Operand Compile(const ExpressionNode& node, std::size_t t) {
    if (node.kind == Kind::kName) return Name(node.name);
    if (node.kind == Kind::kLiteral) return Constant(Literal(node.literal));
    if (const auto folded = Fold(node)) return Constant(*folded);
    Fill(node, t);
    return Temporary(t);
  }

 private:
  static Operand Temporary(std::size_t t) {
    TILESMITH_CHECK(t < CompiledExpression::kTemporaries);
    return {Place::kTemporary, static_cast<std::uint16_t>(t)};
  }

  Operand Constant(Number value) {
    out_->constants_.push_back(value);
    return {Place::kConstant, Index(out_->constants_.size() - 1)};
  }

  static std::uint16_t Index(std::size_t index) {
    if (index > UINT16_MAX) throw UserError("the expression is too long");
    return static_cast<std::uint16_t>(index);
  }

  static Number Literal(const Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return Number::Integer(*integer);
    if (const auto* real = std::get_if<double>(&value)) return Number::Real(*real);
    if (const auto* truth = std::get_if<bool>(&value)) return Number::Integer(*truth ? 1 : 0);
    throw UserError(
        fmt::format("no tile, dimension or machine fact is a text like {}", ToString(value)));
  }

  Operand Name(const std::string& name) {
    if (const auto found = known_.find(name); found != known_.end()) {
      return Constant(Number::Integer(found->second));
    }
    const auto slot = std::find(slots_.begin(), slots_.end(), name);
    if (slot != slots_.end()) {
      return {Place::kSlot, Index(static_cast<std::size_t>(slot - slots_.begin()))};
    }
    std::vector<std::string> names = slots_;
    for (const auto& [known, value] : known_) names.push_back(known);
    throw UserError(fmt::format("unknown name '{}'{}", name, Suggest(name, names)));
  }

  bool UsesSlots(const ExpressionNode& node) const {
    if (node.kind == Kind::kName) return !known_.contains(node.name);
    return std::any_of(node.children.begin(), node.children.end(),
                       [this](const auto& child) { return UsesSlots(*child); });
  }

  // The value of a subtree without slots. One that fails is left to fail when it is reached, which
  // it may never be: `D != 0 and T % D == 0`.
  std::optional<Number> Fold(const ExpressionNode& node) const {
    if (node.kind == Kind::kList || UsesSlots(node)) return std::nullopt;
    std::map<std::string, Value> bindings;
    for (const auto& [name, value] : known_) bindings[name] = value;
    try {
      return Literal(EvaluateNode(node, bindings));
    } catch (const UserError&) {
      return std::nullopt;
    }
  }

  // Without a second operand the first stands in, so that there is one to load.
  void Emit(Code code, std::size_t target, Operand a) { Emit(code, target, a, a); }
  void Emit(Code code, std::size_t target, Operand a, Operand b, Operator op = {}) {
    out_->instructions_.push_back({code, op, a, b, Index(target)});
  }
  // Returns the jump's position for Land().
  std::size_t Jump(Code code, Operand condition = {}) {
    Emit(code, 0, condition);
    return out_->instructions_.size() - 1;
  }
  void Land(std::size_t jump) {
    out_->instructions_[jump].target = Index(out_->instructions_.size());
  }

  // Code that leaves the node's value in temporary t.
  void Fill(const ExpressionNode& node, std::size_t t) {
    switch (node.kind) {
      case Kind::kUnary: return Unary(node, t);
      case Kind::kBinary: return Binary(node, t);
      case Kind::kAnd: return Logic(node, t, Code::kJumpIfFalse);
      case Kind::kOr: return Logic(node, t, Code::kJumpIfTrue);
      case Kind::kCompare: return Chain(node, t);
      case Kind::kConditional: return Conditional(node, t);
      case Kind::kCall: return Call(node, t);
      default: return Emit(Code::kMove, t, Compile(node, t));
    }
  }

  void FillAny(const ExpressionNode& node, std::size_t t) {
    const Operand operand = Compile(node, t);
    if (operand.place != Place::kTemporary) Emit(Code::kMove, t, operand);
  }

  void Unary(const ExpressionNode& node, std::size_t t) {
    const Operand operand = Compile(node.child(0), t);
    if (node.op == Operator::kNot) return Emit(Code::kNot, t, operand);
    if (node.op == Operator::kNegate) return Emit(Code::kNegate, t, operand);
    if (operand.place != Place::kTemporary) Emit(Code::kMove, t, operand);
  }

  void Binary(const ExpressionNode& node, std::size_t t) {
    const Operand a = Compile(node.child(0), t);
    const Operand b = Compile(node.child(1), t + 1);
    switch (node.op) {
      case Operator::kAdd: return Emit(Code::kAdd, t, a, b, node.op);
      case Operator::kSubtract: return Emit(Code::kSubtract, t, a, b, node.op);
      case Operator::kMultiply: return Emit(Code::kMultiply, t, a, b, node.op);
      case Operator::kModulo: return Emit(Code::kModulo, t, a, b, node.op);
      default: return Emit(Code::kArithmetic, t, a, b, node.op);
    }
  }

  void Logic(const ExpressionNode& node, std::size_t t, Code leave) {
    FillAny(node.child(0), t);
    const std::size_t jump = Jump(leave, Temporary(t));
    FillAny(node.child(1), t);
    Land(jump);
  }

  void Conditional(const ExpressionNode& node, std::size_t t) {
    const std::size_t otherwise = Jump(Code::kJumpIfFalse, Compile(node.child(1), t));
    FillAny(node.child(0), t);
    const std::size_t end = Jump(Code::kJump);
    Land(otherwise);
    FillAny(node.child(2), t);
    Land(end);
  }

  // The outcome so far in t, the left operand in t + 1, the right one in t + 2.
  void Chain(const ExpressionNode& node, std::size_t t) {
    std::vector<std::size_t> jumps;
    Operand left = Compile(node.child(0), t + 1);
    for (std::size_t i = 0; i < node.comparisons.size(); ++i) {
      if (i > 0) jumps.push_back(Jump(Code::kJumpIfFalse, Temporary(t)));
      const Operator op = node.comparisons[i];
      if (op == Operator::kIn || op == Operator::kNotIn) {
        Membership(left, node.child(i + 1), op == Operator::kIn, t);
        continue;
      }
      const Operand right = Compile(node.child(i + 1), t + 2);
      Emit(Code::kCompare, t, left, right, op);
      left = right;
      if (right.place != Place::kTemporary || i + 1 == node.comparisons.size()) continue;
      left = Temporary(t + 1);
      Emit(Code::kMove, t + 1, right);
    }
    for (const std::size_t jump : jumps) Land(jump);
  }

  // A list ends its chain.
  void Membership(Operand item, const ExpressionNode& list, bool wanted, std::size_t t) {
    if (list.kind != Kind::kList) throw UserError("'in' takes a list, such as [1, 2, 4]");
    std::vector<std::size_t> found;
    for (const auto& child : list.children) {
      const Operand element = Compile(*child, t + 2);
      Emit(Code::kCompare, t, item, element, Operator::kEqual);
      found.push_back(Jump(Code::kJumpIfTrue, Temporary(t)));
    }
    if (list.children.empty()) Emit(Code::kMove, t, Constant(Number::Integer(0)));
    for (const std::size_t jump : found) Land(jump);
    if (!wanted) Emit(Code::kNot, t, Temporary(t));
  }

  void Call(const ExpressionNode& node, std::size_t t) {
    const Operand first = Compile(node.child(0), t);
    switch (node.function) {
      case Function::kMin: return Extreme(Code::kMin, node, first, t);
      case Function::kMax: return Extreme(Code::kMax, node, first, t);
      case Function::kAbs: return Emit(Code::kAbsolute, t, first);
      case Function::kCeilDiv: return Emit(Code::kCeilDiv, t, first, Compile(node.child(1), t + 1));
      case Function::kPow2:
        return Emit(Code::kArithmetic, t, Constant(Number::Integer(2)), first, Operator::kPower);
      case Function::kLog2: return Emit(Code::kLog2, t, first);
    }
  }

  void Extreme(Code code, const ExpressionNode& node, Operand best, std::size_t t) {
    for (std::size_t i = 1; i < node.children.size(); ++i) {
      Emit(code, t, best, Compile(node.child(i), t + 1));
      best = Temporary(t);
    }
  }

  CompiledExpression* out_;
  const std::vector<std::string>& slots_;
  const std::map<std::string, std::int64_t>& known_;
};

CompiledExpression::CompiledExpression(const Expression& expression,
                                       const std::vector<std::string>& slots,
                                       const std::map<std::string, std::int64_t>& constants) {
  result_ = ExpressionCompiler(this, slots, constants).Compile(expression.root(), 0);
}

}  // namespace tilesmith
