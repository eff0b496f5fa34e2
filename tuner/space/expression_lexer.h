// Cuts the text of an expression into tokens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tuner/space/expression.h"

namespace tilesmith {

struct Token {
  enum class Kind { kLiteral, kName, kSymbol, kEnd };
  Kind kind = Kind::kEnd;
  std::string_view text;   // into the expression's text; "" at the end
  Value value;             // of a literal
  std::size_t column = 1;  // of the first byte, from 1
};

/// All tokens with a kEnd behind them; `text` must outlive them. Throws UserError for a byte that
/// begins no token, a number that cannot be held, a string without its end. Words are all kName.
std::vector<Token> Tokenize(std::string_view text);

/// Throws UserError "what at column N: text", in one line whatever the text holds.
[[noreturn]] void FailAt(std::size_t column, const std::string& what, std::string_view text);

}  // namespace tilesmith
