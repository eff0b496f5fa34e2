#include "tuner/space/expression_lexer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "results/error.h"

namespace tilesmith {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Longest first, so that "//" is not two divisions.
constexpr std::array<std::string_view, 19> kSymbols = {"**", "//", "<=", ">=", "==", "!=", "+",
                                                       "-",  "*",  "/",  "%",  "<",  ">",  "(",
                                                       ")",  "[",  "]",  ",",  "="};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> Run() {
    std::vector<Token> tokens;
    for (SkipBlanks(); position_ < text_.size(); SkipBlanks()) tokens.push_back(Next());
    tokens.push_back(Make(Token::Kind::kEnd, 0));
    return tokens;
  }

 private:
  char Peek(std::size_t ahead = 0) const {
    return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
  }
  void SkipBlanks() {
    while (IsBlank(Peek())) ++position_;
  }
  [[noreturn]] void Fail(const std::string& what) const { FailAt(position_ + 1, what, text_); }

  Token Make(Token::Kind kind, std::size_t length, Value value = {}) {
    Token token{kind, text_.substr(position_, length), std::move(value), position_ + 1};
    position_ += length;
    return token;
  }

  Token Next() {
    const char c = Peek();
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return Number();
    if (IsLetter(c)) return Make(Token::Kind::kName, Length(IsLetterOrDigit));
    if (c == '\'' || c == '"') return String();
    for (std::string_view symbol : kSymbols) {
      if (text_.substr(position_).starts_with(symbol)) {
        return Make(Token::Kind::kSymbol, symbol.size());
      }
    }
    Unexpected();
  }

  static bool IsLetterOrDigit(char c) { return IsLetter(c) || IsDigit(c); }

  // How many of the next bytes satisfy the predicate.
  std::size_t Length(bool (*predicate)(char), std::size_t from = 0) const {
    std::size_t length = from;
    while (predicate(Peek(length))) ++length;
    return length;
  }

  // C's spelling is the likeliest mistake of those who write kernels.
  [[noreturn]] void Unexpected() const {
    const std::string_view rest = text_.substr(position_);
    if (rest.starts_with("&&")) Fail("'&&' is written 'and'");
    if (rest.starts_with("||")) Fail("'||' is written 'or'");
    if (rest.starts_with("!")) Fail("'!' is written 'not'");
    if (rest.starts_with("?")) Fail("'c ? x : y' is written 'x if c else y'");
    Fail(fmt::format("'{}' has no meaning here", rest.substr(0, 1)));
  }

  Token Number() {
    std::size_t length = Length(IsDigitOrSeparator);
    bool is_float = false;
    if (Peek(length) == '.') {
      is_float = true;
      length = Length(IsDigitOrSeparator, length + 1);
    }
    const std::size_t sign = Peek(length + 1) == '+' || Peek(length + 1) == '-' ? 1 : 0;
    if ((Peek(length) == 'e' || Peek(length) == 'E') && IsDigit(Peek(length + 1 + sign))) {
      is_float = true;
      length = Length(IsDigit, length + 1 + sign);
    }
    if (IsLetterOrDigit(Peek(length))) Fail("a name cannot begin with a digit");
    return Make(Token::Kind::kLiteral, length, Convert(length, is_float));
  }

  static bool IsDigitOrSeparator(char c) { return IsDigit(c) || c == '_'; }

  Value Convert(std::size_t length, bool is_float) const {
    std::string digits(text_.substr(position_, length));
    std::erase(digits, '_');
    const char* end = digits.data() + digits.size();
    if (is_float) {
      double value = 0;
      if (std::from_chars(digits.data(), end, value).ec != std::errc() || !std::isfinite(value)) {
        Fail(fmt::format("{} is no number that a float holds", digits));
      }
      return value;
    }
    std::int64_t value = 0;
    if (std::from_chars(digits.data(), end, value).ec != std::errc()) {
      Fail(fmt::format("{} does not fit 64 bits", digits));
    }
    return value;
  }

  Token String() {
    const char quote = Peek();
    std::string value;
    std::size_t length = 1;
    while (Peek(length) != quote) {
      if (position_ + length >= text_.size()) Fail(fmt::format("no {} ends this text", quote));
      const bool escaped = Peek(length) == '\\';
      if (escaped) ++length;
      value += escaped && Peek(length) == 'n' ? '\n' : Peek(length);
      ++length;
    }
    return Make(Token::Kind::kLiteral, length + 1, std::move(value));
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace

std::vector<Token> Tokenize(std::string_view text) { return Lexer(text).Run(); }

void FailAt(std::size_t column, const std::string& what, std::string_view text) {
  std::string line(text);
  std::replace_if(line.begin(), line.end(), IsBlank, ' ');
  throw UserError(fmt::format("{} at column {}: {}", what, column, line));
}

const std::vector<std::string>& ReservedWords() {
  static const std::vector<std::string> words = {"and", "or",   "not",  "in",
                                                 "if",  "else", "True", "False"};
  return words;
}

bool IsName(std::string_view text) {
  if (text.empty() || !IsLetter(text.front())) return false;
  const std::vector<std::string>& reserved = ReservedWords();
  return std::all_of(text.begin(), text.end(), [](char c) { return IsLetter(c) || IsDigit(c); }) &&
         std::find(reserved.begin(), reserved.end(), text) == reserved.end();
}

}  // namespace tilesmith
