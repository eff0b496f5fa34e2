// What Python 3 prints for each expression.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tuner/space/expression.h"

namespace tilesmith {
namespace {

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

struct Meaning {
  std::string text;
  std::string value;  // as Python 3 prints it
};

class PythonMeaning : public testing::TestWithParam<Meaning> {};

TEST_P(PythonMeaning, Holds) { EXPECT_EQ(Evaluated(GetParam().text), GetParam().value); }

INSTANTIATE_TEST_SUITE_P(Arithmetic, PythonMeaning,
                         testing::ValuesIn(std::vector<Meaning>{
                             {"1 + 2 * 3", "7"},      {"(1 + 2) * 3", "9"},
                             {"10 - 4 - 3", "3"},     {"7 // 2", "3"},
                             {"-7 // 2", "-4"},       {"7 // -2", "-4"},
                             {"-7 // -2", "3"},       {"7 % 3", "1"},
                             {"-7 % 3", "2"},         {"7 % -3", "-2"},
                             {"-7 % -3", "-1"},       {"-6 % 3", "0"},
                             {"6 / 3", "2.0"},        {"7 / 2", "3.5"},
                             {"8 / 2 / 2", "2.0"},    {"7.5 // 2", "3.0"},
                             {"-7.5 // 2", "-4.0"},   {"7.5 % 2", "1.5"},
                             {"-7.5 % 2", "0.5"},     {"7.5 % -2", "-0.5"},
                             {"1 // 0.1", "9.0"},     {"-1 // 4.0", "-1.0"},
                             {"2 ** 10", "1024"},     {"2 ** 3 ** 2", "512"},
                             {"(2 ** 3) ** 2", "64"}, {"-2 ** 2", "-4"},
                             {"(-2) ** 2", "4"},      {"2 ** -1", "0.5"},
                             {"2 ** -1 * 4", "2.0"},  {"2.0 ** 3", "8.0"},
                             {"0 ** 0", "1"},         {"(-2) ** 63 // 2", "-4611686018427387904"},
                             {"- - 3", "3"},          {"+True", "1"},
                             {"-True", "-1"},         {"2 * -3", "-6"},
                             {"1_000 + 1", "1001"},   {"1e3", "1000.0"},
                             {".5 + 5.", "5.5"},      {"1.5e-3", "0.0015"},
                             {"True + True", "2"},    {"half * 2 == 1", "True"},
                             {"'a' + 'b'", "'ab'"},   {"9 % 4 * 2", "2"}}));

INSTANTIATE_TEST_SUITE_P(Truth, PythonMeaning,
                         testing::ValuesIn(std::vector<Meaning>{
                             {"1 < 2", "True"},
                             {"1 < 2 < 3", "True"},
                             {"1 < 3 < 2", "False"},
                             {"3 > 2 > 1 > 0", "True"},
                             {"1 < 2 == 2", "True"},
                             {"(1 < 2) == 1", "True"},
                             {"1 == 1.0", "True"},
                             {"True == 1", "True"},
                             {"'1' == 1", "False"},
                             {"'1' != 1", "True"},
                             {"'a' < 'b'", "True"},
                             {"not 0", "True"},
                             {"not not 3", "True"},
                             {"not 1 == 2", "True"},
                             {"0 or 5", "5"},
                             {"3 or 5", "3"},
                             {"0 and 5", "0"},
                             {"3 and 5", "5"},
                             {"1 or 0 and 0", "1"},
                             {"(1 or 0) and 0", "0"},
                             {"'' or 'x'", "'x'"},
                             {"0.0 or 2", "2"},
                             {"not 0 and 2", "2"},
                             {"1 if 0 else 2", "2"},
                             {"1 if 1 else 2", "1"},
                             {"1 if 0 else 2 if 0 else 3", "3"},
                             {"(1 if 1 else 2) + 10", "11"},
                             {"1 if 1 else 2 + 10", "1"},
                             {"3 in [1, 2, 3]", "True"},
                             {"3 in (1, 2)", "False"},
                             {"3 not in (1, 2)", "True"},
                             {"3 in (3,)", "True"},
                             {"3 in []", "False"},
                             {"3.0 in [3]", "True"},
                             {"'b' in 'abc'", "True"},
                             {"'d' not in ('abc')", "True"},
                             {"1 < 2 in [2]", "True"},
                             {"T_TILE in (min(1, 4), 4)", "True"},
                             {"not 3 in [3]", "False"},
                             {"status == 'ok'", "True"},
                             {"\"it's\" == 'it\\'s'", "True"},
                             {"empty or yes", "True"},
                             {"9007199254740993 == 9007199254740992.0", "False"},
                             {"9223372036854775807 < 9223372036854775808.0", "True"},
                             {"-9223372036854775807 > -1e19", "True"},
                             {"2 < 2.5", "True"},
                             {"-2 < -2.5", "False"},
                             {"32 <= T_TILE * 16 <= 1024", "True"}}));

INSTANTIATE_TEST_SUITE_P(Functions, PythonMeaning,
                         testing::ValuesIn(std::vector<Meaning>{{"min(3, 1, 2)", "1"},
                                                                {"max(3, 1.5)", "3"},
                                                                {"min(1, 1.0)", "1"},
                                                                {"min(1.0, 1)", "1.0"},
                                                                {"abs(-3)", "3"},
                                                                {"abs(-0.5)", "0.5"},
                                                                {"ceil_div(7, 2)", "4"},
                                                                {"ceil_div(8, 2)", "4"},
                                                                {"ceil_div(-7, 2)", "-3"},
                                                                {"pow2(10)", "1024"},
                                                                {"log2(1)", "0"},
                                                                {"log2(4096)", "12"},
                                                                {"log2(4095)", "11"},
                                                                {"log2(D / 2)", "11"},
                                                                {"pow2(log2(D)) == D", "True"},
                                                                {"max(T_TILE, D) % 1000", "96"}}));

}  // namespace
}  // namespace tilesmith
