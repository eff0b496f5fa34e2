// Where a project keeps its results, seen from the folder a command is run in.
#pragma once

#include <filesystem>
#include <string>

namespace tilesmith {

/// The nearest of `folder` and its ancestors that holds a folder named search_spaces or results;
/// `folder` itself when none does.
std::filesystem::path ProjectFolder(const std::filesystem::path& folder);

/// `file` of the project's results folder ("tilesmith.db"), seen from the working folder: relative
/// when the project is the working folder, else absolute. An explicit path (from a flag or its
/// variable) wins.
std::string ResultsFile(const std::string& given, const std::string& file);

}  // namespace tilesmith
