#include "tuner/compile/source.h"

#include <algorithm>
#include <cctype>
#include <ctime>
#include <set>

#include <sys/stat.h>

#include <fmt/format.h>

#include "reports/digest.h"
#include "results/error.h"
#include "tuner/compile/diagnostics.h"
#include "tuner/compile/stub.h"

namespace tilesmith {
namespace {

constexpr double kPreprocessLimitS = 60;

void RequireFile(const KernelSpec& kernel, const std::string& path) {
  if (Stamp(path).size >= 0) return;
  throw UserError(
      fmt::format("{}: kernel '{}' needs {}, which was there when tilesmith was built; its "
                  "sources have moved since, so rebuild tilesmith",
                  kernel.registration_file, kernel.name, path));
}

std::int64_t Nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// The file of `# 12 "name" 1 3`; empty for any other line. g++ and clang escape '"' and '\' alike.
std::string MarkedFile(std::string_view line) {
  if (!line.starts_with("# ") || line.size() < 3 || std::isdigit(line[2]) == 0) return {};
  const std::size_t quote = line.find('"');
  std::string name;
  for (std::size_t i = quote; i != std::string_view::npos && ++i < line.size() && line[i] != '"';) {
    if (line[i] == '\\' && i + 1 < line.size()) ++i;
    name += line[i];
  }
  return name;
}

bool IsFile(std::string_view marked) {
  return !marked.starts_with('<') &&
         !marked.ends_with("//");  // <stdin>, and the directory g++ names
}

/// The clock that file systems stamp with, one of its ticks (at most 10 ms) ago.
std::int64_t NowOfFiles() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return Nanoseconds(now) - 10'000'000;
}

std::string_view TrimEnd(std::string_view line) {
  const std::size_t last = line.find_last_not_of(" \t\r");
  return line.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

FileStamp Stamp(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return {path};
  return {path, status.st_ino, status.st_size, Nanoseconds(status.st_mtim),
          Nanoseconds(status.st_ctim)};
}

Source::Source(const Toolchain& toolchain, const KernelSpec& kernel) {
  RequireFile(kernel, kernel.header);
  RequireFile(kernel, kernel.include_root + "/tuner/abi.h");
  const std::int64_t start = NowOfFiles();
  const Finished finished =
      Run(toolchain.Preprocess(kernel.include_root, StubIncludes(kernel)), kPreprocessLimitS);
  if (!finished.ok()) {
    const std::string why = finished.how == Finished::How::kTimedOut
                                ? fmt::format("more than {:g} s", kPreprocessLimitS)
                                : FirstErrorLine(finished);
    throw UserError(
        fmt::format("{}: preprocessing failed ({}); mend the header", kernel.header, why));
  }
  const internal::Preprocessed source = internal::ParsePreprocessed(finished.output);
  hash_ = HexDigest(source.text);
  for (const std::string& file : source.files) {
    files_.push_back(Stamp(file));
    certain_ = certain_ && files_.back().changed_ns < start;
  }
}

bool Source::Unchanged() const {
  return certain_ && std::all_of(files_.begin(), files_.end(),
                                 [](const FileStamp& f) { return Stamp(f.path) == f; });
}

namespace internal {

Preprocessed ParsePreprocessed(std::string_view output) {
  Preprocessed result;
  std::set<std::string> seen;
  while (!output.empty()) {
    const std::size_t end = std::min(output.find('\n'), output.size());
    const std::string_view line = TrimEnd(output.substr(0, end));
    output.remove_prefix(std::min(end + 1, output.size()));
    if (line.empty()) continue;
    const std::string file = MarkedFile(line);
    if (file.empty()) {
      result.text.append(line).push_back('\n');
    } else if (IsFile(file) && seen.insert(file).second) {
      result.files.push_back(file);
    }
  }
  return result;
}

}  // namespace internal
}  // namespace tilesmith
