// Published search spaces in JSON, with the number of valid configs that others counted:
//
//   {"name", "params": [{"name", "values"}], "constraints": [{"expr"}], "expected": {"valid"}}
//   or {"name", "spaces": [those]}
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tuner/space/space.h"

namespace tilesmith {

struct RecordedSpace {
  std::string name;
  SpaceDefinition definition;  // without default and problems
  std::uint64_t valid = 0;     // as published
  std::string skipped;         // why a tile cannot hold it; empty when it can
};

namespace internal {

inline Tile ReadTile(const nlohmann::json& param, std::string* skipped) {
  Tile tile{param.at("name"), {}};
  for (const nlohmann::json& value : param.at("values")) {
    const bool whole = value.is_number() && value.get<double>() == std::floor(value.get<double>());
    if (whole) {
      tile.values.push_back(static_cast<std::int64_t>(value.get<double>()));
    } else {
      *skipped = fmt::format("{} has the value {}, no whole number", tile.name, value.dump());
    }
  }
  return tile;
}

inline RecordedSpace ReadRecordedSpace(const nlohmann::json& json, std::string name) {
  RecordedSpace space;
  space.name = std::move(name);
  for (const nlohmann::json& param : json.at("params")) {
    space.definition.tiles.push_back(ReadTile(param, &space.skipped));
  }
  for (const nlohmann::json& constraint : json.at("constraints")) {
    const std::string text = constraint.at("expr");
    space.definition.constraints.push_back({text, Expression::Parse(text)});
  }
  space.valid = json.at("expected").at("valid");
  return space;
}

}  // namespace internal

/// All spaces of a folder, by file name.
inline std::vector<RecordedSpace> ReadRecordedSpaces(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<RecordedSpace> spaces;
  for (const std::filesystem::path& file : files) {
    const nlohmann::json json = nlohmann::json::parse(std::ifstream(file));
    const std::string name = json.at("name");
    if (!json.contains("spaces")) {
      spaces.push_back(internal::ReadRecordedSpace(json, name));
      continue;
    }
    for (const nlohmann::json& one : json.at("spaces")) {
      spaces.push_back(internal::ReadRecordedSpace(one, fmt::format("{}/{}", name, spaces.size())));
    }
  }
  return spaces;
}

}  // namespace tilesmith
