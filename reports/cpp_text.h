// Words of a database as C++ text: names that people chose freely ("decode-flash", "8k", "for")
// become identifiers, comments and string literals that every compiler takes without a warning and
// that clang-format leaves as they are.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tilesmith {

/// Columns of generated code, those of .clang-format.
inline constexpr std::size_t kCodeColumns = 100;

/// Whether the text is a C++ identifier that a program may use: no keyword, nothing reserved.
bool IsCppIdentifier(std::string_view text);

/// "decode-flash" → "kDecodeFlash", "8k" → "k8k"; always an identifier. Different problems may get
/// the same one (NameScope tells them apart).
std::string ConstantName(std::string_view problem);

/// "hc_post" → "hc_post", "for" → "for_", "8x" → "kernel_8x"; always an identifier.
std::string NamespaceName(std::string_view kernel);

/// Hands out names, each once.
class NameScope {
 public:
  /// `taken`: names that are never handed out.
  explicit NameScope(std::set<std::string> taken) : taken_(std::move(taken)) {}
  /// The name wanted, or the first of "name2", "name3", … (name_2 where it ends in a digit) still
  /// free.
  std::string Claim(const std::string& wanted);

 private:
  std::set<std::string> taken_;
};

/// Printable ASCII without backslashes, on one line: a comment that ends in '\' would swallow the
/// next line, and compilers warn of text that changes direction.
std::string PlainText(std::string_view text);

/// The text as a string literal, quotes included; what is not printable ASCII is escaped.
std::string StringLiteral(std::string_view text);

/// Comment lines "<prefix> words of the text", none wider than kCodeColumns unless a single word
/// is; each ends in a newline. The text goes through PlainText.
std::string Comment(std::string_view prefix, std::string_view text);

/// The lines as they are when all fit; else between clang-format's off and on, because where it
/// would break them is its own affair and differs between its versions.
std::string Unformatted(const std::string& lines, bool always = false);

}  // namespace tilesmith
