// Builds published search spaces and prints how long that takes.
//
//   tuner_space_space_benchmark FOLDER      every *.json in it, as recorded_space.h describes
//
// The time is that of SearchSpace's constructor from parsed constraints: after it, size, decoding
// and sampling need no list. Best of five, because the first pays for page faults of the others.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <limits>
#include <vector>

#include "results/error.h"
#include "tests/tuner/space/recorded_space.h"
#include "tuner/space/space.h"

namespace {

using tilesmith::RecordedSpace;

double Construct(const RecordedSpace& recorded, std::uint64_t* valid) {
  const auto start = std::chrono::steady_clock::now();
  try {
    *valid = tilesmith::SearchSpace(recorded.definition, {}, {}).Count();
  } catch (const tilesmith::UserError&) {
    *valid = 0;  // some recorded spaces are empty
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Whether the count is the expected one.
bool Print(const RecordedSpace& recorded) {
  if (!recorded.skipped.empty()) {
    fmt::print("{:32} skipped: {}\n", recorded.name, recorded.skipped);
    return true;
  }
  double cartesian = 1;
  for (const tilesmith::Tile& tile : recorded.definition.tiles) {
    cartesian *= static_cast<double>(tile.values.size());
  }
  double best = std::numeric_limits<double>::infinity();
  std::uint64_t valid = 0;
  for (int i = 0; i < 5; ++i) best = std::min(best, Construct(recorded, &valid));
  fmt::print("{:32} {:>16.0f} {:>12} {:>12} {:>10.6f}{}\n", recorded.name, cartesian, valid,
             recorded.valid, best, valid == recorded.valid ? "" : "  DIFFERENT");
  return valid == recorded.valid;
}

int Run(const std::filesystem::path& folder) {
  fmt::print("{:32} {:>16} {:>12} {:>12} {:>10}\n", "name", "cartesian", "valid", "expected",
             "seconds");
  bool all_right = true;
  for (const RecordedSpace& recorded : tilesmith::ReadRecordedSpaces(folder)) {
    all_right = Print(recorded) && all_right;
  }
  return all_right ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: {} FOLDER (of search spaces in JSON)\n", argv[0]);
    return 1;
  }
  try {
    return Run(argv[1]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
