#include "results/config.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "results/error.h"

namespace tilesmith {
namespace {

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool IsName(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (text.empty() || !letter(text.front())) return false;
  for (const char c : text) {
    if (!letter(c) && !(c >= '0' && c <= '9')) return false;
  }
  return true;
}

[[noreturn]] void Malformed(std::string_view part, std::string_view text) {
  throw UserError(fmt::format(
      "config '{}': cannot read '{}'; write tiles as NAME=NUMBER, e.g. T_TILE=4,D_TILE=512", text,
      part));
}

std::pair<std::string, std::int64_t> ParseTile(std::string_view part, std::string_view text) {
  const std::size_t equals = part.find('=');
  if (equals == std::string_view::npos) Malformed(part, text);
  const std::string_view name = Trim(part.substr(0, equals));
  const std::string_view number = Trim(part.substr(equals + 1));
  std::int64_t value = 0;
  const char* end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, value);
  if (!IsName(name) || error != std::errc() || stop != end) Malformed(part, text);
  return {std::string(name), value};
}

}  // namespace

std::string ToString(const Dims& dims) {
  std::string text;
  for (const auto& [name, value] : dims) {
    if (!text.empty()) text += ',';
    text += fmt::format("{}={}", name, value);
  }
  return text;
}

Config Config::Parse(std::string_view text) {
  Config config;
  if (Trim(text).empty()) return config;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    auto tile = ParseTile(Trim(text.substr(begin, comma - begin)), text);
    if (config.Find(tile.first) != nullptr) {
      throw UserError(
          fmt::format("config '{}': '{}' is named twice; keep one of them", text, tile.first));
    }
    config.tiles_.push_back(std::move(tile));
    begin = comma + 1;
  }
  return config;
}

const std::int64_t* Config::Find(std::string_view tile) const {
  for (const auto& [name, value] : tiles_) {
    if (name == tile) return &value;
  }
  return nullptr;
}

}  // namespace tilesmith
