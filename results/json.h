// The little JSON the store writes into its columns, so that json_extract works on them. It is read
// back by SQLite's own JSON functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "results/config.h"

namespace tilesmith {

/// The text as a JSON string, with its quotes. UTF-8 passes through.
std::string JsonString(std::string_view text);
/// ["a","b"]
std::string JsonArray(const std::vector<std::string>& texts);
/// {"T_TILE":4,"D_TILE":512}
std::string JsonObject(const Dims& dims);

}  // namespace tilesmith
