// The cache of variants: <folder>/<kernel>/<key>.{cc,so,failed}. An entry is the stub and either
// the shared object or the failure. Entries are sealed with a digest, so a truncated or damaged one
// reads as absent and is built again; and renamed into place, so processes may share the folder.
// Nothing is ever evicted: the folder may be deleted at any time, whole or in part.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tilesmith {

/// What is known of a variant that was compiled before.
struct CacheEntry {
  bool ok = false;
  std::string code_hash;  // ok
  std::string message;    // not ok: the compiler's first error line
  double limit_s = 0;     // not ok, and it was cut off: the time it had; 0: it failed by itself
};

/// A folder inside another that disappears with this object.
class ScratchFolder {
 public:
  /// Throws UserError when it cannot be made.
  explicit ScratchFolder(const std::string& inside);
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class VariantCache {
 public:
  /// Empty: $XDG_CACHE_HOME/tilesmith, else ~/.cache/tilesmith. Removes scratch folders that killed
  /// processes left there a day ago. Throws UserError when the folder cannot be made or written to;
  /// so do the writing functions, when it is full.
  explicit VariantCache(const std::string& folder);

  const std::string& folder() const { return folder_; }
  /// Where a kernel's files with this key are, without the extension; makes the kernel's folder.
  std::string Stem(const std::string& kernel, const std::string& key) const;

  /// Nothing when there is no entry, or no whole one.
  std::optional<CacheEntry> Find(const std::string& stem) const;

  /// Writes <stem>.cc unless it has that text already; returns its path.
  std::string KeepStub(const std::string& stem, const std::string& text) const;
  /// Copies the shared object at `built` in and returns its entry; not ok when that is no ELF file.
  CacheEntry KeepLibrary(const std::string& stem, const std::string& built) const;
  void KeepFailure(const std::string& stem, const CacheEntry& failure) const;

  /// A remark of that name, for what need be found out only once, e.g. that a compiler works.
  bool HasMark(const std::string& name) const;
  void SetMark(const std::string& name, const std::string& text) const;

 private:
  void WriteAtomically(const std::string& path, std::string_view bytes) const;

  std::string folder_;
};

}  // namespace tilesmith
