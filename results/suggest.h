// What to add to "no such thing": the name that was probably meant, or the names there are. Used
// for kernels, problems, tiles, strategies, statuses and columns alike.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tilesmith {

/// Edits (insert, delete, replace, swap neighbours) between two words, upper and lower case alike.
std::size_t EditDistance(std::string_view a, std::string_view b);

/// "; did you mean 'hc_post'?" when a known name is near enough (a third of its letters, or one
/// begins with the other), otherwise "; known: a, b, c" (at most a dozen), or "" when nothing is
/// known.
std::string Suggest(std::string_view wrong, const std::vector<std::string>& known);

}  // namespace tilesmith
