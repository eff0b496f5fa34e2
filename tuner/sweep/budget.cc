#include <charconv>

#include <fmt/format.h>

#include "results/error.h"
#include "tuner/sweep/sweep.h"

namespace tilesmith {
namespace {

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

double UnitInSeconds(std::string_view unit) {
  if (unit == "s") return 1;
  if (unit == "m" || unit == "min") return 60;
  if (unit == "h") return 3600;
  return 0;
}

[[noreturn]] void Refuse(std::string_view part) {
  throw UserError(
      fmt::format("budget '{}' is neither a number of configs nor a time; write 200, 60s, "
                  "5m, or both: 200,60s",
                  part));
}

void AddPart(std::string_view part, Budget& budget) {
  double number = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
  const std::string_view unit = Trim(part.substr(static_cast<std::size_t>(end - part.data())));
  if (error != std::errc() || !(number >= 0 && number <= 1e15)) Refuse(part);
  if (!unit.empty()) {
    const double seconds = UnitInSeconds(unit);
    if (seconds == 0 || budget.seconds) Refuse(part);
    budget.seconds = number * seconds;
  } else {
    const auto configs = static_cast<std::uint64_t>(number);
    if (static_cast<double>(configs) != number || budget.configs) Refuse(part);
    budget.configs = configs;
  }
}

}  // namespace

Budget Budget::Parse(std::string_view text) {
  Budget budget;
  while (true) {
    const std::size_t comma = text.find(',');
    AddPart(Trim(text.substr(0, comma)), budget);
    if (comma == std::string_view::npos) return budget;
    text.remove_prefix(comma + 1);
  }
}

std::string Budget::ToString() const {
  std::string text;
  if (configs) text = fmt::format("{}", *configs);
  if (seconds) text += fmt::format("{}{:g}s", text.empty() ? "" : ",", *seconds);
  return text.empty() ? "whole space" : text;
}

}  // namespace tilesmith
