#include "tuner/space/space_text.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include <fmt/format.h>

#include "results/error.h"

namespace tilesmith {
namespace {

// What a line defines: "T_TILE" of `T_TILE = [1]`, `"T_TILE" = [1]` and `[T_TILE]`. From the text,
// because toml++ 3.3 garbles quoted keys in its message.
std::string KeyOf(const std::string& line) {
  const std::size_t begin = std::min(line.find_first_not_of(" \t["), line.size());
  const std::string_view rest = std::string_view(line).substr(begin);
  if (rest.starts_with('"') || rest.starts_with('\'')) {
    return std::string(rest.substr(1, rest.find(rest.front(), 1) - 1));
  }
  return std::string(rest.substr(0, rest.find_first_of(" \t\r=]")));
}

bool IsHeader(const std::string& line) {
  const std::size_t begin = line.find_first_not_of(" \t");
  return begin != std::string::npos && line[begin] == '[';
}

}  // namespace

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw UserError(fmt::format("cannot read '{}': {}", path, std::strerror(errno)));
  // Opening a folder succeeds; only reading it fails, and without a reason.
  if (std::filesystem::is_directory(path)) {
    throw UserError(fmt::format("cannot read '{}': it is a folder, not a search space", path));
  }
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad()) throw UserError(fmt::format("cannot read '{}'", path));
  return std::move(text).str();
}

std::string DescribeDuplicate(const std::string& text, int line) {
  std::istringstream lines(text);
  std::string section;
  std::string current;
  for (int i = 1; i <= line && std::getline(lines, current); ++i) {
    if (IsHeader(current)) section = KeyOf(current);
  }
  const std::string name = KeyOf(current);
  if (IsHeader(current)) return fmt::format("[{}] appears twice; keep one", name);
  if (section == "tiles") return fmt::format("tile '{}' is defined twice; keep one list", name);
  if (section == "default") {
    return fmt::format("the default of '{}' is given twice; keep one", name);
  }
  if (section == "constraints" || section == "requires") {
    return fmt::format("constraint '{}' is defined twice; keep one, or rename it", name);
  }
  return fmt::format("'{}' is defined twice; keep one", name);
}

}  // namespace tilesmith
