// WriteFileAtomically: readers see the old file or the new one, never a part.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "reports/generated_header.h"
#include "results/error.h"

namespace tilesmith {
namespace {

[[noreturn]] void Fail(const std::string& path, std::string_view what, int error) {
  throw UserError(fmt::format("{}: cannot {}: {}; the old file is as it was", path, what,
                              std::generic_category().message(error)));
}

// A file that is gone again unless it gets its final name.
class TemporaryFile {
 public:
  TemporaryFile(std::string target, std::string wanted_as)
      : target_(std::move(target)), wanted_as_(std::move(wanted_as)) {
    static std::atomic<unsigned> count{0};
    path_ = fmt::format("{}.{}.{}.tmp", target_, getpid(), count++);
    descriptor_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0) Fail(wanted_as_, "write beside it", errno);
  }
  ~TemporaryFile() {
    if (descriptor_ >= 0) close(descriptor_);
    if (!path_.empty()) unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void Write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t written = write(descriptor_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) Fail(wanted_as_, "write", errno);
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void TakePermissionsOfTarget() {
    struct stat old = {};
    if (stat(target_.c_str(), &old) == 0 && fchmod(descriptor_, old.st_mode & 07777) != 0) {
      Fail(wanted_as_, "keep its permissions", errno);
    }
  }

  void Commit() {
    if (fsync(descriptor_) != 0) Fail(wanted_as_, "flush", errno);
    if (close(std::exchange(descriptor_, -1)) != 0) Fail(wanted_as_, "close", errno);
    if (rename(path_.c_str(), target_.c_str()) != 0) Fail(wanted_as_, "replace it", errno);
    path_.clear();
  }

 private:
  std::string target_;
  std::string wanted_as_;
  std::string path_;
  int descriptor_ = -1;
};

// A link stays a link: its target is what gets replaced, even one that does not exist yet.
std::string BehindLinks(const std::string& path) {
  constexpr int kMostLinks = 40;  // as the kernel; a circle of links fails when it is opened
  std::filesystem::path target = path;
  std::error_code unknown;
  for (int i = 0; i < kMostLinks && std::filesystem::is_symlink(target, unknown); ++i) {
    target = target.parent_path() / std::filesystem::read_symlink(target, unknown);
    if (unknown) return path;
  }
  return target.string();
}

// Makes the rename itself survive a power cut. Some filesystems cannot sync folders; the file is
// whole either way.
void SyncFolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int descriptor =
      open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

}  // namespace

void WriteFileAtomically(const std::string& path, const std::string& text) {
  const std::string target = BehindLinks(path);
  TemporaryFile file(target, path);
  file.TakePermissionsOfTarget();
  file.Write(text);
  file.Commit();
  SyncFolderOf(target);
}

}  // namespace tilesmith
