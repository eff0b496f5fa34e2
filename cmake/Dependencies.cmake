# Everything tilesmith needs, all of it Debian packages; scripts/install_dependencies installs them.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(benchmark REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(LibLZMA REQUIRED)

# Used header-only (XXH_INLINE_ALL), so there is nothing to link, only something to miss early.
find_path(TILESMITH_XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
mark_as_advanced(TILESMITH_XXHASH_INCLUDE_DIR)
