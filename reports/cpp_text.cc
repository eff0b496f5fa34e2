#include "reports/cpp_text.h"

#include <algorithm>

#include <fmt/format.h>

namespace tilesmith {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsWordCharacter(char c) { return IsDigit(c) || IsUpper(c) || IsLower(c); }
bool IsPrintable(char c) { return c >= ' ' && c <= '~'; }
bool IsUtf8Continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Separated by blanks; the last three are macros that compilers predefine in their GNU modes.
constexpr std::string_view kKeywords =
    " alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t"
    " char32_t char8_t class co_await co_return co_yield compl concept const const_cast"
    " consteval constexpr constinit continue decltype default delete do double dynamic_cast"
    " else enum explicit export extern false float for friend goto if inline int long mutable"
    " namespace new noexcept not not_eq nullptr operator or or_eq private protected public"
    " register reinterpret_cast requires return short signed sizeof static static_assert"
    " static_cast struct switch template this thread_local throw true try typedef typeid"
    " typename union unsigned using virtual void volatile wchar_t while xor xor_eq linux unix"
    " i386 ";

bool IsKeyword(std::string_view text) {
  return kKeywords.find(fmt::format(" {} ", text)) != std::string_view::npos;
}

// Runs of other characters become one '_' : "__" is reserved.
std::string Underscored(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (IsWordCharacter(c)) {
      out += c;
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out;
}

// Longer names would push generated lines past the last column.
constexpr std::size_t kLongestName = 48;

}  // namespace

bool IsCppIdentifier(std::string_view text) {
  if (text.empty() || IsDigit(text.front()) || IsKeyword(text)) return false;
  if (text.find("__") != std::string_view::npos) return false;
  if (text.size() > 1 && text[0] == '_' && IsUpper(text[1])) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return IsWordCharacter(c) || c == '_'; });
}

std::string ConstantName(std::string_view problem) {
  std::string out = "k";
  bool starts_word = true;
  for (char c : problem) {
    if (!IsWordCharacter(c)) {
      starts_word = true;
      continue;
    }
    // "8-5" and "85" shall not meet.
    if (starts_word && IsDigit(c) && IsDigit(out.back())) out += '_';
    out += starts_word && IsLower(c) ? static_cast<char>(c - 'a' + 'A') : c;
    starts_word = false;
  }
  return out == "k" ? "kProblem" : out.substr(0, kLongestName);
}

std::string NamespaceName(std::string_view kernel) {
  std::string out = Underscored(kernel).substr(0, kLongestName);
  if (out.empty() || IsDigit(out.front())) out = "kernel_" + out;
  if (out.back() == '_') out.pop_back();
  return IsKeyword(out) ? out + "_" : out;
}

std::string NameScope::Claim(const std::string& wanted) {
  std::string name = wanted;
  const std::string stem = IsDigit(wanted.back()) ? wanted + "_" : wanted;
  for (int i = 2; !taken_.insert(name).second; ++i) name = fmt::format("{}{}", stem, i);
  return name;
}

std::string PlainText(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (IsUtf8Continuation(c)) continue;  // one '_' for the whole character
    if (c == '\\') {
      out += '/';
    } else if (c == '\n' || c == '\t' || c == '\r') {
      out += ' ';
    } else {
      out += IsPrintable(c) ? c : '_';
    }
  }
  return out;
}

std::string StringLiteral(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    const bool would_be_trigraph = c == '?' && out.ends_with('?');
    if (c == '"' || c == '\\' || would_be_trigraph) out += '\\';
    out +=
        IsPrintable(c) ? std::string(1, c) : fmt::format("\\{:03o}", static_cast<unsigned char>(c));
  }
  return out + "\"";
}

std::string Comment(std::string_view prefix, std::string_view text) {
  const std::string plain = PlainText(text);
  std::string out;
  std::string line(prefix);
  for (std::size_t start = 0; start < plain.size();) {
    const std::size_t begin = plain.find_first_not_of(' ', start);
    if (begin == std::string::npos) break;
    const std::size_t end = std::min(plain.find(' ', begin), plain.size());
    const std::string word = plain.substr(begin, end - begin);
    if (line.size() > prefix.size() && line.size() + 1 + word.size() > kCodeColumns) {
      out += line + "\n";
      line = prefix;
    }
    line += " " + word;
    start = end;
  }
  return out + line + "\n";
}

std::string Unformatted(const std::string& lines, bool always) {
  bool wide = always;
  for (std::size_t start = 0; start < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', start), lines.size());
    wide = wide || end - start > kCodeColumns;
    start = end + 1;
  }
  if (!wide) return lines;
  return "// clang-format off\n" + lines + "// clang-format on\n";
}

}  // namespace tilesmith
