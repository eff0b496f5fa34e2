// Which filesystem a database lies on. SQLite's write-ahead log shares memory between its users,
// which network filesystems cannot do across hosts; there a rollback journal is the safe choice.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tilesmith {

/// The network filesystem of this statfs(2) type, e.g. "NFS"; empty for a local one. FUSE counts as
/// one: sshfs and its like cannot be told from the harmless ones.
std::string_view NetworkFilesystemName(std::int64_t statfs_type);

/// The network filesystem that holds the path, or its folder where it does not exist yet; empty
/// when local or unknown.
std::string_view NetworkFilesystemOf(const std::string& path);

/// Makes the folder of the file, with its parents. Throws UserError.
void MakeFolderOf(const std::string& path);

}  // namespace tilesmith
