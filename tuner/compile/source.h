// The kernel's source as the compiler sees it: one digest per kernel, computed by one run of the
// preprocessor, and a way to tell cheaply that no file of it has changed since.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tuner/compile/toolchain.h"
#include "tuner/kernel.h"

namespace tilesmith {

/// A file as it was: what would differ after any edit.
struct FileStamp {
  std::string path;
  std::uint64_t inode = 0;
  std::int64_t size = -1;  // -1: there was no such file
  std::int64_t modified_ns = 0, changed_ns = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

FileStamp Stamp(const std::string& path);

class Source {
 public:
  /// Preprocesses the kernel's header. Throws UserError when a file is gone or does not preprocess.
  Source(const Toolchain& toolchain, const KernelSpec& kernel);

  /// Digest of the preprocessed text; comments, blank lines and the place of the checkout do not
  /// count.
  const std::string& hash() const { return hash_; }
  /// Every file that went in.
  const std::vector<FileStamp>& files() const { return files_; }
  /// True while each is surely as it was; a file edited in the very moment of preprocessing leaves
  /// doubt and makes it false, so a false asks for a new Source, whose hash tells.
  bool Unchanged() const;

 private:
  bool certain_ = true;
  std::string hash_;
  std::vector<FileStamp> files_;
};

namespace internal {

/// What is left of a preprocessor's output without line markers and blank lines, and the files the
/// markers name, each once, in order.
struct Preprocessed {
  std::string text;
  std::vector<std::string> files;
};
Preprocessed ParsePreprocessed(std::string_view output);

}  // namespace internal
}  // namespace tilesmith
