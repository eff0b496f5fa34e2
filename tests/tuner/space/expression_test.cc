#include "tuner/space/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "results/error.h"

namespace tilesmith {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::map<std::string, Value>& Bindings() {
  static const std::map<std::string, Value> bindings = {
      {"T_TILE", std::int64_t{4}},
      {"D", std::int64_t{4096}},
      {"zero", std::int64_t{0}},
      {"half", 0.5},
      {"yes", true},
      {"status", std::string("ok")},
      {"empty", std::string()},
  };
  return bindings;
}

std::string Evaluated(const std::string& text) {
  return ToString(Expression::Parse(text).Evaluate(Bindings()));
}

// What the statement throws, or "" when it does not.
template <typename Statement>
std::string ErrorOf(const Statement& statement) {
  try {
    statement();
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

std::string ParseError(const std::string& text) {
  return ErrorOf([&] { Expression::Parse(text); });
}

// A branch that is not taken is not computed.
TEST(ExpressionTest, ShortCircuits) {
  EXPECT_EQ(Evaluated("zero != 0 and 1 % zero == 0"), "False");
  EXPECT_EQ(Evaluated("zero == 0 or 1 % zero == 0"), "True");
  EXPECT_EQ(Evaluated("1 if zero == 0 else 1 / zero"), "1");
  EXPECT_EQ(Evaluated("2 < 1 < 1 / zero"), "False");
  EXPECT_EQ(Evaluated("1 in [1, 1 / zero]"), "True");
}

TEST(ExpressionTest, NamesInOrderOfFirstUse) {
  EXPECT_THAT(Expression::Parse("T_TILE * D <= l2 and D > 0 and min(T_TILE, x) in [y]").names(),
              ElementsAre("T_TILE", "D", "l2", "x", "y"));
  EXPECT_THAT(Expression::Parse("1 + True").names(), ElementsAre());
}

TEST(ExpressionTest, WholeNumbers) {
  EXPECT_EQ(Expression::Parse("D / 2").EvaluateInt(Bindings()), 2048);
  EXPECT_EQ(Expression::Parse("D").EvaluateInt(Bindings()), 4096);
  for (const char* text : {"D / 3", "yes", "status", "1e300"}) {
    EXPECT_THAT(ErrorOf([&] { Expression::Parse(text).EvaluateInt(Bindings()); }),
                HasSubstr("no whole number"))
        << text;
  }
}

TEST(ExpressionTest, SyntaxErrorsNameTheColumn) {
  EXPECT_EQ(ParseError("T_TILE * <= 4"), "expected a value after '*' at column 10: T_TILE * <= 4");
  EXPECT_EQ(ParseError(""), "expected a value at column 1: ");
  EXPECT_EQ(ParseError("a b"), "expected an operator before 'b' at column 3: a b");
  EXPECT_EQ(ParseError("(a"), "expected ')' after '(' at column 3: (a");
  EXPECT_EQ(ParseError("a = 4"), "'=' assigns; equality is '==' at column 3: a = 4");
  EXPECT_EQ(ParseError("a && b"), "'&&' is written 'and' at column 3: a && b");
  EXPECT_EQ(ParseError("a || b"), "'||' is written 'or' at column 3: a || b");
  EXPECT_EQ(ParseError("!a"), "'!' is written 'not' at column 1: !a");
  EXPECT_THAT(ParseError("a ? b : c"), HasSubstr("'x if c else y' at column 3"));
  EXPECT_THAT(ParseError("a @ b"), HasSubstr("'@' has no meaning here at column 3"));
  EXPECT_THAT(ParseError("1 if 2"), HasSubstr("expected 'else' after 'if' at column 7"));
  EXPECT_THAT(ParseError("3x + 1"), HasSubstr("a name cannot begin with a digit at column 1"));
  EXPECT_THAT(ParseError("9223372036854775808"), HasSubstr("does not fit 64 bits at column 1"));
  EXPECT_THAT(ParseError("1 + 1e999"), HasSubstr("no number that a float holds at column 5"));
  EXPECT_THAT(ParseError("a == 'x"), HasSubstr("no ' ends this text at column 6"));
  EXPECT_THAT(ParseError("a == 'x\\"), HasSubstr("no ' ends this text at column 6"));
  EXPECT_THAT(ParseError("mix(1, 2)"), HasSubstr("no function 'mix'; did you mean 'min'?"));
  EXPECT_THAT(ParseError("min(1)"),
              HasSubstr("min takes at least 2 arguments, not 1, at column 1"));
  EXPECT_THAT(ParseError("abs(1, 2)"), HasSubstr("abs takes 1 argument, not 2, at column 1"));
  EXPECT_THAT(ParseError("[1, 2]"), HasSubstr("a list can only stand after 'in' at column 1"));
  EXPECT_THAT(ParseError("1 in [1] == 2"), HasSubstr("a list cannot be compared further"));
  EXPECT_THAT(ParseError("1 in [1 2]"), HasSubstr("expected ',' or ']' at column 9"));
  EXPECT_THAT(ParseError("a == not b"), HasSubstr("expected a value after '==' at column 6"));
}

TEST(ExpressionTest, ErrorsAreOneLine) {
  EXPECT_EQ(ParseError("a\n+\n"), "expected a value after '+' at column 5: a + ");
}

TEST(ExpressionTest, DepthIsLimitedWhicheverWayItIsReached) {
  const auto repeat = [](const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  };
  for (const std::string& deep :
       {repeat("(", 100000) + "1" + repeat(")", 100000), repeat("-", 100000) + "1",
        repeat("not ", 100000) + "1", "1" + repeat(" + 1", 100000), "1" + repeat(" and 1", 100000),
        "1" + repeat(" ** 1", 100000), repeat("1 if 1 else ", 100000) + "1",
        repeat("abs(", 100000) + "1", "1 in " + repeat("[1 in ", 100000)}) {
    EXPECT_THAT(ParseError(deep).substr(0, 100), HasSubstr("nested too deeply"))
        << deep.substr(0, 20);
  }
  EXPECT_EQ(Evaluated("1" + repeat(" + 1", 300)), "301");
  EXPECT_EQ(Evaluated(repeat("(", 100) + "1" + repeat(")", 100)), "1");
}

TEST(ExpressionTest, EvaluationErrorsShowTheExpression) {
  const auto error = [](const std::string& text) { return ErrorOf([&] { Evaluated(text); }); };
  EXPECT_EQ(error("T_TIEL*2"), "T_TIEL * 2: unknown name 'T_TIEL'; did you mean 'T_TILE'?");
  EXPECT_EQ(error("1 % zero"), "1 % zero: division by zero");
  EXPECT_EQ(error("1 // zero"), "1 // zero: division by zero");
  EXPECT_EQ(error("1 / zero"), "1 / zero: division by zero");
  EXPECT_EQ(error("1.5 % 0.0"), "1.5 % 0.0: division by zero");
  EXPECT_EQ(error("zero ** -1"), "zero ** -1: division by zero");
  EXPECT_THAT(error("D ** 6"), HasSubstr("does not fit 64 bits"));
  EXPECT_THAT(error("9223372036854775807 + 1"), HasSubstr("does not fit 64 bits"));
  EXPECT_THAT(error("-9223372036854775807 - 2"), HasSubstr("does not fit 64 bits"));
  EXPECT_THAT(error("(-2) ** 63 // -1"), HasSubstr("does not fit 64 bits"));
  EXPECT_THAT(error("1e300 ** 2"), HasSubstr("does not fit a float"));
  EXPECT_THAT(error("(-1) ** half"), HasSubstr("is not real"));
  EXPECT_THAT(error("status * 2"), HasSubstr("'*' takes numbers, not the text 'ok'"));
  EXPECT_THAT(error("status < 2"), HasSubstr("compares text with a number"));
  EXPECT_THAT(error("2 in status"), HasSubstr("'in' takes a list, or text on both sides"));
  EXPECT_THAT(error("log2(0)"), HasSubstr("log2 takes a whole number above 0"));
  EXPECT_THAT(error("log2(half)"), HasSubstr("log2 takes a whole number above 0"));
}

TEST(ExpressionTest, PrintsTheFewestParentheses) {
  const auto printed = [](const std::string& text) { return Expression::Parse(text).ToString(); };
  EXPECT_EQ(printed("((a)*((b)+c))"), "a * (b + c)");
  EXPECT_EQ(printed("(a+b)+c"), "a + b + c");
  EXPECT_EQ(printed("a+(b+c)"), "a + (b + c)");
  EXPECT_EQ(printed("(a**b)**c"), "(a ** b) ** c");
  EXPECT_EQ(printed("a**(b**-c)"), "a ** b ** -c");
  EXPECT_EQ(printed("(-a)**2"), "(-a) ** 2");
  EXPECT_EQ(printed("-(a**2)"), "-a ** 2");
  EXPECT_EQ(printed("(a or b) and not(c)"), "(a or b) and not c");
  EXPECT_EQ(printed("(a<b)<c"), "(a < b) < c");
  EXPECT_EQ(printed("x in (1,2,)"), "x in [1, 2]");
  EXPECT_EQ(printed("(a if b else c) if d else e"), "(a if b else c) if d else e");
  EXPECT_EQ(printed("a if b else (c if d else e)"), "a if b else c if d else e");
  EXPECT_EQ(printed("\"it's \\\\n\""), "'it\\'s \\\\n'");
  EXPECT_EQ(printed("2.0*.5"), "2.0 * 0.5");
}

TEST(ExpressionTest, IsName) {
  for (const char* name : {"T", "T_TILE", "_x1"}) EXPECT_TRUE(IsName(name)) << name;
  for (const char* name : {"", "1T", "T-TILE", "in", "True", "a b"}) EXPECT_FALSE(IsName(name));
}

// The C++ forms themselves are compiled: each pair is the translation and the very same tokens.
constexpr long long T_TILE = 4;
constexpr long long D = 4096;
#define EXPECT_CPP(python, cpp, value)                          \
  do {                                                          \
    EXPECT_EQ(Expression::Parse(python).ToCpp(), #cpp);         \
    static_assert((cpp) == (value), "the C++ form of " python); \
    EXPECT_EQ(Evaluated("(" python ") == " #value), "True");    \
  } while (false)

TEST(ExpressionTest, CppFormHasTheSameValue) {
  EXPECT_CPP("T_TILE * (D + 1) <= 65536", T_TILE * (D + 1) <= 65536, 1);
  EXPECT_CPP("32 <= T_TILE * 16 <= 1024", 32 <= T_TILE * 16 && T_TILE * 16 <= 1024, 1);
  EXPECT_CPP("D // 3 % 100", D / 3 % 100, 65);
  EXPECT_CPP("4096 * 4096 * 4096", 4096LL * 4096LL * 4096LL, 68719476736);
  EXPECT_CPP("D * (2 + 3)", D * (2LL + 3LL), 20480);
  EXPECT_CPP("not T_TILE == 4 or D > 1", !(T_TILE == 4) || D > 1, 1);
  EXPECT_CPP("T_TILE > 1 and D > 1 or D > 2", (T_TILE > 1 && D > 1) || D > 2, 1);
  EXPECT_CPP("0 or T_TILE", 0 ? 0 : T_TILE, 4);
  EXPECT_CPP("T_TILE in [1, 4]", T_TILE == 1 || T_TILE == 4, 1);
  EXPECT_CPP("T_TILE not in [1, 4] or D == 1", !(T_TILE == 1 || T_TILE == 4) || D == 1, 0);
  EXPECT_CPP("D / T_TILE * 0.5", static_cast<double>(D) / static_cast<double>(T_TILE) * 0.5, 512);
  EXPECT_CPP("1 if D > 5 else 2", D > 5 ? 1 : 2, 1);
  EXPECT_CPP("-T_TILE + 5", -T_TILE + 5, 1);
}

TEST(ExpressionTest, CppFormOfFunctions) {
  // Lambdas hold commas and braces, which the macro above cannot take.
  EXPECT_EQ(Expression::Parse("min(T_TILE, 8)").ToCpp(),
            "[](long long a, long long b) { return b < a ? b : a; }(T_TILE, 8)");
  EXPECT_EQ(Expression::Parse("ceil_div(D, T_TILE)").ToCpp(),
            "[](long long a, long long b) { return (a + b - 1) / b; }(D, T_TILE)");
  EXPECT_THAT(Expression::Parse("(D / T_TILE) % 3").ToCpp(), HasSubstr("(double a, double b)"));
}

TEST(ExpressionTest, TextHasNoCppForm) {
  EXPECT_THAT(ErrorOf([] { Expression::Parse("D == 'x'").ToCpp(); }),
              HasSubstr("D == 'x': the text 'x' has no form in the generated header"));
}

}  // namespace
}  // namespace tilesmith
