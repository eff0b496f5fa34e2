#include "reports/header_text.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <utility>

namespace tilesmith {
namespace {

constexpr std::string_view kNamespace = "namespace tuned::";
constexpr std::string_view kConstant = "inline constexpr Tiles ";

std::string_view Trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// The identifier at the start of the text.
std::string Word(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
  });
  return std::string(text.begin(), end);
}

// ".T_TILE = 4, .D_TILE = 512" → {"T_TILE", "4"}, {"D_TILE", "512"}.
std::map<std::string, std::string> ReadTiles(std::string_view text) {
  std::map<std::string, std::string> tiles;
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos;
       dot = text.find('.', dot + 1)) {
    const std::string name = Word(text.substr(dot + 1));
    const std::size_t equals = text.find('=', dot);
    if (name.empty() || equals == std::string_view::npos) continue;
    const std::size_t end = std::min(text.find_first_of(",};", equals), text.size());
    tiles[name] = Trimmed(text.substr(equals + 1, end - equals - 1));
  }
  return tiles;
}

// Reads line by line; a Tiles constant may take several.
class Reader {
 public:
  void Line(std::string_view line) {
    if (line.starts_with(kNamespace)) {
      kernel_ = &text_.kernels[Word(line.substr(kNamespace.size()))];
    } else if (kernel_ == nullptr) {
      return;
    } else if (!pending_.empty() || line.starts_with(kConstant)) {
      Constant(line);
    } else if (line.starts_with("//")) {
      Comment(line);
    } else if (!line.empty()) {
      Code(line);
    }
  }

  HeaderText Take() { return std::move(text_); }

 private:
  void Constant(std::string_view line) {
    pending_ += std::string(line) + " ";
    if (line.find(';') == std::string_view::npos) return;
    const std::string identifier = Word(std::string_view(pending_).substr(kConstant.size()));
    kernel_->constants[identifier] = {identifier == "kDefault" ? "default" : identifier,
                                      ReadTiles(pending_), evidence_};
    pending_.clear();
    evidence_.clear();
  }

  void Comment(std::string_view line) {
    if (line.starts_with("// clang-format")) return;
    const std::string_view words =
        Trimmed(line.substr(std::min(line.find_first_not_of('/'), line.size())));
    evidence_ += (evidence_.empty() ? "" : " ") + std::string(words);
  }

  // A row of kEntries, {"decode-flash", {.T = 8}, kDecodeFlash}, tells which problem a constant is
  // of.
  void Code(std::string_view line) {
    evidence_.clear();
    kernel_->code += std::string(line) + "\n";
    const std::size_t quote = line.rfind('"');
    const std::size_t comma = line.rfind(", k");
    if (!line.starts_with("{\"") || comma == std::string_view::npos || comma < quote) return;
    const auto found = kernel_->constants.find(Word(line.substr(comma + 2)));
    if (found != kernel_->constants.end()) found->second.problem = line.substr(2, quote - 2);
  }

  HeaderText text_;
  HeaderText::Kernel* kernel_ = nullptr;
  std::string pending_;
  std::string evidence_;
};

}  // namespace

HeaderText ReadHeaderText(std::string_view text) {
  Reader reader;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) reader.Line(Trimmed(line));
  return reader.Take();
}

}  // namespace tilesmith
