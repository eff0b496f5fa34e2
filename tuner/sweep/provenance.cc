#include "tuner/sweep/provenance.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "reports/digest.h"
#include "results/error.h"
#include "tuner/sweep/pinning.h"
#include "tuner/version.h"

namespace tilesmith {
namespace {

namespace fs = std::filesystem;

std::string ReadSource(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) {
    throw UserError(
        fmt::format("{}: this source was there when tilesmith was built and is gone; "
                    "build again where the sources are now",
                    path.string()));
  }
  return text.str();
}

// Names in `#include "…"` lines.
std::vector<std::string> QuotedIncludes(const std::string& text) {
  std::vector<std::string> names;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t hash = line.find_first_not_of(" \t");
    if (hash == std::string::npos || line[hash] != '#') continue;
    const std::size_t keyword = line.find_first_not_of(" \t", hash + 1);
    if (keyword == std::string::npos || line.compare(keyword, 7, "include") != 0) continue;
    const std::size_t open = line.find('"', keyword);
    const std::size_t close = open == std::string::npos ? open : line.find('"', open + 1);
    if (close != std::string::npos) names.push_back(line.substr(open + 1, close - open - 1));
  }
  return names;
}

// The golden is compiled code; its text stands for it. Files of the registration are those that it
// includes, and those beside it that share its stem (hc_post.cc: hc_post_golden.cc). Not the
// template's header, which the source hash knows better: preprocessed, so that a comment changes
// nothing.
class GoldenSources {
 public:
  explicit GoldenSources(const KernelSpec& kernel) : root_(kernel.include_root) {
    const fs::path registration = kernel.registration_file;
    seen_.insert(fs::path(kernel.header).lexically_normal().string());
    Visit(registration);
    for (const auto& entry : fs::directory_iterator(registration.parent_path())) {
      const fs::path& path = entry.path();
      const bool source =
          path.extension() == ".cc" || path.extension() == ".cpp" || path.extension() == ".h";
      if (source && path.stem().string().starts_with(registration.stem().string())) Visit(path);
    }
  }

  // Order and folder must not matter: a checkout elsewhere has the same golden.
  std::string Hash() const {
    std::vector<std::string> texts = texts_;
    std::sort(texts.begin(), texts.end());
    Digest digest;
    for (const std::string& text : texts) digest.Add(text);
    return digest.Hex();
  }

 private:
  void Visit(const fs::path& path) {
    const fs::path file = path.lexically_normal();
    if (!seen_.insert(file.string()).second) return;
    texts_.push_back(ReadSource(file));
    for (const std::string& name : QuotedIncludes(texts_.back())) {
      if (name.starts_with("tuner/")) continue;  // ours: told by the tool's version
      for (const fs::path& folder : {file.parent_path(), root_}) {
        if (fs::is_regular_file(folder / name)) {
          Visit(folder / name);
          break;
        }
      }
    }
  }

  fs::path root_;
  std::set<std::string> seen_;
  std::vector<std::string> texts_;
};

}  // namespace

Provenance CurrentProvenance(const KernelSpec& kernel, const SpaceDefinition& space,
                             Workshop& workshop, const SweepOptions& options) {
  std::vector<std::string> tiles;
  for (const Tile& tile : space.tiles) tiles.push_back(tile.name);
  Provenance now;
  now.kernel = kernel.name;
  now.source_hash = workshop.compiler.SourceHash(kernel, tiles);
  now.space_hash = space.TruthHash();
  now.golden_hash = GoldenSources(kernel).Hash();
  now.compiler = workshop.compiler.path();
  now.compiler_version = workshop.compiler.version();
  now.flags = workshop.compiler.flags();
  now.machine = workshop.machine.Record().fingerprint;
  now.threads = options.threads > 0 ? options.threads : workshop.machine.cores;
  now.pinning = Pinning(now.threads).ToString();
  now.seed = options.gate.first_seed;
  now.tool_version = kToolVersion;
  return now;
}

}  // namespace tilesmith
