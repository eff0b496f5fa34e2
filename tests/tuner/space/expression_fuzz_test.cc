// Random expressions: printing round-trips, and tree and compiled form agree on every value and
// error.
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "results/error.h"
#include "tuner/space/compiled_expression.h"
#include "tuner/space/expression.h"

namespace tilesmith {
namespace {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::string Any(int depth) {
    if (depth == 0) return Leaf();
    const std::string a = Any(depth - 1);
    switch (Below(10)) {
      case 0: return Leaf();
      case 1: return "(" + a + ")";
      case 2: return Pick({"-", "+", "not ", "- -"}) + Parenthesised(a);
      case 3: return Pick({"abs", "pow2", "log2"}) + "(" + a + ")";
      case 4: return Pick({"min", "max", "ceil_div"}) + "(" + a + ", " + Any(depth - 1) + ")";
      case 5: return Parenthesised(a) + Pick({" in [", " not in ["}) + List(depth) + "]";
      case 6:
        return Parenthesised(a) + " if " + Parenthesised(Any(depth - 1)) + " else " +
               Any(depth - 1);
      case 7: return a + Pick({" < ", " <= ", " == ", " != "}) + Any(depth - 1) + " > " + Leaf();
      default: return a + Join() + Any(depth - 1);
    }
  }

  std::int64_t Tile() { return static_cast<std::int64_t>(Below(9)) - 2; }

 private:
  std::uint64_t Below(std::uint64_t n) { return random_() % n; }
  std::string Pick(const std::vector<std::string>& words) { return words[Below(words.size())]; }
  std::string Join() {
    return Pick({" + ", " - ", " * ", " / ", " // ", " % ", " ** ", " and ", " or ", " >= "});
  }
  std::string Parenthesised(const std::string& text) { return "(" + text + ")"; }
  std::string Leaf() {
    return Pick({"A", "B", "C", "K", "0", "1", "2", "7", "0.5", "2.0", "1e3", "True", "False"});
  }
  std::string List(int depth) {
    std::string items;
    for (std::uint64_t i = Below(4); i > 0; --i) items += Any(depth - 1) + ", ";
    return items;
  }

  std::mt19937_64 random_;
};

// Without parentheses a text may not parse, e.g. `1 + not A`; such a one says nothing here.
std::optional<Expression> Parsed(const std::string& text) {
  try {
    return Expression::Parse(text);
  } catch (const UserError&) {
    return std::nullopt;
  }
}

// As Python compares them: a truth value is 1 or 0.
std::string Outcome(const Value& value) {
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "1" : "0";
  return ToString(value);
}

std::string TreeOutcome(const Expression& expression, const std::map<std::string, Value>& values) {
  try {
    return Outcome(expression.Evaluate(values));
  } catch (const UserError& error) {
    const std::string what = error.what();
    return "error" + what.substr(what.rfind(": "));
  }
}

std::string CompiledOutcome(const Expression& expression, const std::vector<Number>& slots) {
  const CompiledExpression compiled(expression, {"A", "B", "C"}, {{"K", 6}});
  try {
    const Number number = compiled.Evaluate(slots.data());
    return number.is_real ? Outcome(number.real) : Outcome(number.integer);
  } catch (const UserError& error) {
    return std::string("error: ") + error.what();
  }
}

TEST(ExpressionFuzzTest, PrintingRoundTrips) {
  Generator generator(1);
  int parsed = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string text = generator.Any(4);
    const std::optional<Expression> expression = Parsed(text);
    if (!expression) continue;
    ++parsed;
    const std::string printed = expression->ToString();
    const Expression again = Expression::Parse(printed);
    ASSERT_EQ(again.ToString(), printed) << text;
    const std::map<std::string, Value> values = {{"A", generator.Tile()},
                                                 {"B", generator.Tile()},
                                                 {"C", generator.Tile()},
                                                 {"K", std::int64_t{6}}};
    ASSERT_EQ(TreeOutcome(again, values), TreeOutcome(*expression, values)) << text;
  }
  EXPECT_GT(parsed, 2500);
}

TEST(ExpressionFuzzTest, CompiledAgreesWithTheTree) {
  Generator generator(2);
  int errors = 0;
  int compared = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::optional<Expression> expression = Parsed(generator.Any(4));
    if (!expression) continue;
    std::vector<Number> slots;
    std::map<std::string, Value> values = {{"K", std::int64_t{6}}};
    for (const char* name : {"A", "B", "C"}) {
      slots.push_back(Number::Integer(generator.Tile()));
      values[name] = slots.back().integer;
    }
    const std::string expected = TreeOutcome(*expression, values);
    ++compared;
    if (expected.starts_with("error")) ++errors;
    ASSERT_EQ(CompiledOutcome(*expression, slots), expected) << expression->ToString();
  }
  // Both kinds of outcome were seen, so neither comparison is vacuous.
  EXPECT_GT(errors, 125);
  EXPECT_GT(compared - errors, 1250);
}

}  // namespace
}  // namespace tilesmith
