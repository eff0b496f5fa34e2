#include "results/filesystem.h"

#include <sys/vfs.h>

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "results/error.h"

namespace tilesmith {

std::string_view NetworkFilesystemName(std::int64_t statfs_type) {
  // The kernel's magic numbers (statfs(2)); f_type is sign-extended on some architectures.
  switch (static_cast<std::uint32_t>(statfs_type)) {
    case 0x6969: return "NFS";
    case 0x517B: return "SMB";
    case 0xFE534D42: return "SMB2";
    case 0xFF534D42: return "CIFS";
    case 0x65735546: return "FUSE";
    case 0x5346414F: return "AFS";
    case 0x73757245: return "Coda";
    case 0x01021997: return "9P";
    case 0x0BD00BD0: return "Lustre";
    case 0x47504653: return "GPFS";
    case 0x00C36400: return "Ceph";
    case 0x19830326: return "BeeGFS";
    case 0xAAD7AAEA: return "PanFS";
    default: return "";
  }
}

std::string_view NetworkFilesystemOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  struct statfs facts = {};
  if (statfs(path.c_str(), &facts) != 0 &&
      statfs(folder.empty() ? "." : folder.c_str(), &facts) != 0) {
    return "";
  }
  return NetworkFilesystemName(static_cast<std::int64_t>(facts.f_type));
}

void MakeFolderOf(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (folder.empty() || std::filesystem::is_directory(folder, error)) return;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw UserError(fmt::format("{}: cannot make the folder {}: {}; name a place you can write to",
                                path, folder.string(), error.message()));
  }
}

}  // namespace tilesmith
