#include "tuner/command/project.h"

namespace tilesmith {

namespace fs = std::filesystem;

fs::path ProjectFolder(const fs::path& folder) {
  for (fs::path place = folder; !place.empty(); place = place.parent_path()) {
    std::error_code unreadable;  // a folder one may not look into is no project of one's own
    if (fs::is_directory(place / "search_spaces", unreadable) ||
        fs::is_directory(place / "results", unreadable)) {
      return place;
    }
    if (place == place.root_path()) break;
  }
  return folder;
}

std::string ResultsFile(const std::string& given, const std::string& file) {
  if (!given.empty()) return given;
  const fs::path here = fs::current_path();
  const fs::path project = ProjectFolder(here);
  const fs::path inside = fs::path("results") / file;
  return (project == here ? inside : project / inside).string();
}

}  // namespace tilesmith
