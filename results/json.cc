#include "results/json.h"

#include <fmt/format.h>

namespace tilesmith {

std::string JsonString(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      json += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      json += c;
    }
  }
  return json + '"';
}

std::string JsonArray(const std::vector<std::string>& texts) {
  std::string json;
  for (const std::string& text : texts) json += (json.empty() ? "[" : ",") + JsonString(text);
  return json.empty() ? "[]" : json + "]";
}

std::string JsonObject(const Dims& dims) {
  std::string json;
  for (const auto& [name, value] : dims) {
    json += fmt::format("{}{}:{}", json.empty() ? "{" : ",", JsonString(name), value);
  }
  return json.empty() ? "{}" : json + "}";
}

}  // namespace tilesmith
