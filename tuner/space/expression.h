// Expressions over tiles, problem dimensions and machine facts: constraints, shapes, FLOPs, gate
// sizes.
//
// The language is Python's, because the field's spaces are written in it: integers, floats, strings
// and booleans; + - * / // % ** with Python's meaning (`/` true division, `//` floor, `%` with the
// divisor's sign), comparisons (chained: 32 <= a*b <= 1024), and or not, in, x if c else y, and the
// functions min max abs ceil_div pow2 log2. Parsed once, printed back, compiled to slots
// (tuner/space/compiled_expression.h).
//
// Where it departs from Python: integers have 64 bits and overflow is an error, not a longer
// integer; `**` never leaves the real numbers; lists and tuples stand only to the right of `in`. Of
// the functions, ceil_div(a, b) is a / b rounded up, pow2(n) is 2 ** n, and log2(n) is of a whole
// number and rounded down, so that pow2(log2(n)) == n asks whether n is a power of two.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tilesmith {

using Value = std::variant<std::int64_t, double, bool, std::string>;

/// Python's truth: 0, 0.0, False and "" are false.
bool Truth(const Value& value);
/// As the language writes it: 3, 0.5, True, 'text'.
std::string ToString(const Value& value);

/// The words that cannot be names of tiles or dimensions: "and", "if", "True", …
const std::vector<std::string>& ReservedWords();
/// Letters, digits and _, not beginning with a digit, not reserved: what an expression can name.
bool IsName(std::string_view text);

struct ExpressionNode;  // tuner/space/expression_node.h

/// One parsed expression; cheap to copy, never changes. A default-constructed one is empty and may
/// only be assigned to.
class Expression {
 public:
  /// Throws UserError with the place and the whole text, in one line: "expected a value after '*'
  /// at column 10: T_TILE * <= 4". Columns count bytes from 1. Nesting is limited (kMaxDepth), so
  /// that no text can exhaust the stack.
  static Expression Parse(std::string_view text);

  /// Canonical text; Parse(ToString()) is the same expression.
  std::string ToString() const;
  /// The same as a C++ expression over long long names (for static_assert in the generated header);
  /// `%` and `//` agree with Python's for the non-negative operands that tiles and sizes are, `**`
  /// for whole exponents. Needs no include. Throws UserError for text, which has no such form.
  std::string ToCpp() const;
  /// Free names in order of first use.
  const std::vector<std::string>& names() const;

  /// Throws UserError "expression: what" for an unbound name (suggesting the nearest), a type
  /// mismatch, division by zero, a result beyond 64 bits.
  Value Evaluate(const std::map<std::string, Value>& bindings) const;
  /// As Evaluate, and the result must be a whole number (4 or 4.0, not 4.5, True or 'four').
  std::int64_t EvaluateInt(const std::map<std::string, Value>& bindings) const;

  /// The tree, for those that walk it.
  const ExpressionNode& root() const { return *root_; }
  /// Deepest nesting that Parse accepts.
  static constexpr int kMaxDepth = 400;

 private:
  std::shared_ptr<const ExpressionNode> root_;
  std::vector<std::string> names_;
};

}  // namespace tilesmith
