// The same expression in C++, for a static_assert in a header that includes nothing. Names are long
// long; what Python does and C++ has no operator for becomes a lambda called on the spot.
#include <fmt/format.h>

#include "results/error.h"
#include "tuner/space/expression_node.h"

namespace tilesmith {
namespace {

using Kind = ExpressionNode::Kind;

enum class Type { kTruth, kInteger, kReal };
enum Level { kConditional, kOr, kAnd, kEquality, kRelation, kSum, kProduct, kSign, kAtom };

struct Piece {
  std::string text;
  int level = kAtom;
  Type type = Type::kInteger;
};

constexpr std::string_view kIntegerPower =
    "[](long long b, long long e) { long long r = 1; for (; e > 0; --e) r *= b; return r; }";
constexpr std::string_view kRealPower =
    "[](double b, long long e) { double r = 1; for (long long i = e < 0 ? -e : e; i > 0; --i) "
    "r *= b; return e < 0 ? 1 / r : r; }";
constexpr std::string_view kRealFloor =
    "[](double a, double b) { return static_cast<double>(static_cast<long long>(a / b)); }";
constexpr std::string_view kRealModulo =
    "[](double a, double b) { return a - b * static_cast<double>(static_cast<long long>(a / b)); }";
constexpr std::string_view kIntegerLog2 =
    "[](long long n) { long long r = 0; while (n > 1) { n /= 2; ++r; } return r; }";

bool HasName(const ExpressionNode& node) {
  if (node.kind == Kind::kName) return true;
  for (const auto& child : node.children) {
    if (HasName(*child)) return true;
  }
  return false;
}

std::string Wrap(const Piece& piece, int least_level) {
  return piece.level >= least_level ? piece.text : "(" + piece.text + ")";
}

// Explicit, because -Wconversion objects to the implicit one in the user's build.
Piece AsReal(Piece piece) {
  if (piece.type == Type::kReal) return piece;
  return {fmt::format("static_cast<double>({})", piece.text), kAtom, Type::kReal};
}

bool AnyReal(const Piece& a, const Piece& b) {
  return a.type == Type::kReal || b.type == Type::kReal;
}

Piece CallLambda(std::string_view lambda, const Piece& a, const Piece& b, Type type) {
  return {fmt::format("{}({}, {})", lambda, a.text, b.text), kAtom, type};
}

class Translator {
 public:
  Piece Translate(const ExpressionNode& node) {
    switch (node.kind) {
      case Kind::kLiteral: return Literal(node.literal);
      case Kind::kName: return {node.name, kAtom, Type::kInteger};
      case Kind::kUnary: return Unary(node);
      case Kind::kBinary: return WithWideLiterals(node);
      case Kind::kAnd: return Logic(node, "&&", kAnd);
      case Kind::kOr: return Logic(node, "||", kOr);
      case Kind::kCompare: return Chain(node);
      case Kind::kConditional:
        return Choice(Translate(node.child(1)), Translate(node.child(0)), Translate(node.child(2)));
      case Kind::kCall: return Call(node);
      case Kind::kList: break;
    }
    throw UserError("a list can only stand after 'in'");
  }

 private:
  Piece Literal(const Value& value) const {
    if (std::holds_alternative<std::string>(value)) {
      throw UserError(
          fmt::format("the text {} has no form in the generated header", ToString(value)));
    }
    if (const auto* truth = std::get_if<bool>(&value)) {
      return {*truth ? "true" : "false", kAtom, Type::kTruth};
    }
    if (std::holds_alternative<double>(value)) return {ToString(value), kAtom, Type::kReal};
    return {ToString(value) + (wide_ ? "LL" : ""), kAtom, Type::kInteger};
  }

  // Beside a name every int is widened; a subtree of literals alone would be computed in int.
  Piece WithWideLiterals(const ExpressionNode& node) {
    const bool outer = wide_;
    wide_ = wide_ || !HasName(node);
    Piece piece = Binary(node.op, Translate(node.child(0)), Translate(node.child(1)), node);
    wide_ = outer;
    return piece;
  }

  Piece Unary(const ExpressionNode& node) {
    const Piece operand = Translate(node.child(0));
    if (node.op == Operator::kNot) return {"!" + Wrap(operand, kAtom), kSign, Type::kTruth};
    const Type type = operand.type == Type::kReal ? Type::kReal : Type::kInteger;
    return {std::string(ToString(node.op)) + Wrap(operand, kAtom), kSign, type};
  }

  Piece Binary(Operator op, Piece a, Piece b, const ExpressionNode& node) {
    if (op == Operator::kPower) return Power(a, b, node.child(1));
    if (AnyReal(a, b) || op == Operator::kDivide) {
      a = AsReal(std::move(a));
      b = AsReal(std::move(b));
      if (op == Operator::kFloorDivide) return CallLambda(kRealFloor, a, b, Type::kReal);
      if (op == Operator::kModulo) return CallLambda(kRealModulo, a, b, Type::kReal);
    }
    const bool sum = op == Operator::kAdd || op == Operator::kSubtract;
    const int level = sum ? kSum : kProduct;
    const std::string_view sign = op == Operator::kFloorDivide ? "/" : ToString(op);
    return {fmt::format("{} {} {}", Wrap(a, level), sign, Wrap(b, level + 1)), level,
            AnyReal(a, b) ? Type::kReal : Type::kInteger};
  }

  Piece Power(const Piece& base, const Piece& exponent, const ExpressionNode& node) const {
    if (exponent.type == Type::kReal) {
      throw UserError("'**' with a fractional exponent has no form in the generated header");
    }
    const bool negative = node.kind == Kind::kUnary && node.op == Operator::kNegate;
    if (base.type == Type::kReal || negative) {
      return CallLambda(kRealPower, AsReal(base), exponent, Type::kReal);
    }
    return CallLambda(kIntegerPower, base, exponent, Type::kInteger);
  }

  // Between truth values `and` is &&; otherwise it yields an operand, as in Python.
  Piece Logic(const ExpressionNode& node, std::string_view sign, int level) {
    const Piece a = Translate(node.child(0));
    const Piece b = Translate(node.child(1));
    if (a.type == Type::kTruth && b.type == Type::kTruth) {
      // Compilers ask for parentheses around && within ||.
      const int least = level == kOr ? kEquality : kAnd;
      const bool chained = a.level == level;
      return {fmt::format("{} {} {}", Wrap(a, chained ? level : least), sign, Wrap(b, kEquality)),
              level, Type::kTruth};
    }
    return level == kAnd ? Choice(a, b, a) : Choice(a, a, b);
  }

  static Piece Choice(const Piece& condition, Piece a, Piece b) {
    const Type type = AnyReal(a, b) ? Type::kReal : a.type == b.type ? a.type : Type::kInteger;
    if (type == Type::kReal) {
      a = AsReal(std::move(a));
      b = AsReal(std::move(b));
    }
    return {fmt::format("{} ? {} : {}", Wrap(condition, kOr), Wrap(a, kOr), Wrap(b, kOr)),
            kConditional, type};
  }

  static Piece Comparison(Operator op, Piece a, Piece b) {
    if (AnyReal(a, b)) {
      a = AsReal(std::move(a));
      b = AsReal(std::move(b));
    }
    const bool equality = op == Operator::kEqual || op == Operator::kNotEqual;
    return {fmt::format("{} {} {}", Wrap(a, kSum), ToString(op), Wrap(b, kSum)),
            equality ? kEquality : kRelation, Type::kTruth};
  }

  Piece Membership(const Piece& item, const ExpressionNode& list, bool wanted) {
    if (list.kind != Kind::kList) throw UserError("text has no form in the generated header");
    std::string text;
    for (const auto& child : list.children) {
      if (!text.empty()) text += " || ";
      text += Comparison(Operator::kEqual, item, Translate(*child)).text;
    }
    if (text.empty()) text = "false";
    if (!wanted) return {"!(" + text + ")", kSign, Type::kTruth};
    return {text, list.children.size() > 1 ? kOr : kEquality, Type::kTruth};
  }

  Piece Chain(const ExpressionNode& node) {
    Piece all;
    Piece left = Translate(node.child(0));
    for (std::size_t i = 0; i < node.comparisons.size(); ++i) {
      const Operator op = node.comparisons[i];
      const ExpressionNode& next = node.child(i + 1);
      const bool membership = op == Operator::kIn || op == Operator::kNotIn;
      Piece right = membership ? Piece{} : Translate(next);
      Piece one =
          membership ? Membership(left, next, op == Operator::kIn) : Comparison(op, left, right);
      left = std::move(right);
      if (i == 0) {
        all = std::move(one);
      } else {
        all = {Wrap(all, kAnd) + " && " + Wrap(one, kEquality), kAnd, Type::kTruth};
      }
    }
    return all;
  }

  Piece Call(const ExpressionNode& node) {
    Piece first = Translate(node.child(0));
    switch (node.function) {
      case Function::kMin: return Extreme(std::move(first), node, "<");
      case Function::kMax: return Extreme(std::move(first), node, ">");
      case Function::kAbs: return Extent(first);
      case Function::kCeilDiv: return CeilDiv(first, Translate(node.child(1)));
      case Function::kPow2: return Power({"2", kAtom, Type::kInteger}, first, node.child(0));
      case Function::kLog2:
        return {fmt::format("{}({})", kIntegerLog2, first.text), kAtom, Type::kInteger};
    }
    return first;
  }

  Piece Extreme(Piece best, const ExpressionNode& node, std::string_view better) {
    for (std::size_t i = 1; i < node.children.size(); ++i) {
      const Piece next = Translate(node.child(i));
      const bool real = AnyReal(best, next);
      const std::string type = real ? "double" : "long long";
      const std::string lambda =
          fmt::format("[]({0} a, {0} b) {{ return b {1} a ? b : a; }}", type, better);
      best = CallLambda(lambda, real ? AsReal(best) : best, real ? AsReal(next) : next,
                        real ? Type::kReal : Type::kInteger);
    }
    return best;
  }

  static Piece Extent(const Piece& a) {
    const bool real = a.type == Type::kReal;
    return {fmt::format("[]({} a) {{ return a < 0 ? -a : a; }}({})", real ? "double" : "long long",
                        a.text),
            kAtom, real ? Type::kReal : Type::kInteger};
  }

  static Piece CeilDiv(const Piece& a, const Piece& b) {
    if (AnyReal(a, b)) {
      throw UserError("ceil_div of fractions has no form in the generated header");
    }
    return CallLambda("[](long long a, long long b) { return (a + b - 1) / b; }", a, b,
                      Type::kInteger);
  }

  bool wide_ = false;
};

}  // namespace

std::string Expression::ToCpp() const {
  try {
    return Translator().Translate(*root_).text;
  } catch (const UserError& error) {
    throw UserError(fmt::format("{}: {}", ToString(), error.what()));
  }
}

}  // namespace tilesmith
