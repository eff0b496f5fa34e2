#include "results/suggest.h"

#include <algorithm>

#include <fmt/format.h>

namespace tilesmith {
namespace {

constexpr std::size_t kListed = 12;

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool NearEnough(std::string_view wrong, std::string_view known, std::size_t distance) {
  if (distance <= std::max<std::size_t>(1, known.size() / 3) && distance < known.size())
    return true;
  const std::string a = Lower(wrong), b = Lower(known);
  return a.size() >= 2 && b.size() >= 2 && (a.starts_with(b) || b.starts_with(a));
}

std::string List(const std::vector<std::string>& known) {
  if (known.empty()) return "";
  std::string list = "; known: " + known.front();
  for (std::size_t i = 1; i < std::min(known.size(), kListed); ++i) list += ", " + known[i];
  if (known.size() > kListed) list += fmt::format(", … ({} in all)", known.size());
  return list;
}

}  // namespace

std::size_t EditDistance(std::string_view a, std::string_view b) {
  const std::string s = Lower(a), t = Lower(b);
  // Three rows of the dynamic programme: a swap looks two rows back.
  std::vector<std::size_t> before(t.size() + 1), previous(t.size() + 1), current(t.size() + 1);
  for (std::size_t j = 0; j <= t.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= s.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= t.size(); ++j) {
      const std::size_t replaced = previous[j - 1] + (s[i - 1] == t[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && s[i - 1] == t[j - 2] && s[i - 2] == t[j - 1];
      if (swapped) current[j] = std::min(current[j], before[j - 2] + 1);
    }
    before.swap(previous);
    previous.swap(current);
  }
  return previous[t.size()];
}

std::string Suggest(std::string_view wrong, const std::vector<std::string>& known) {
  const std::string* nearest = nullptr;
  std::size_t least = 0;
  for (const std::string& name : known) {
    const std::size_t distance = EditDistance(wrong, name);
    if (!NearEnough(wrong, name, distance)) continue;
    if (nearest != nullptr && least <= distance) continue;
    nearest = &name;
    least = distance;
  }
  return nearest != nullptr ? fmt::format("; did you mean '{}'?", *nearest) : List(known);
}

}  // namespace tilesmith
