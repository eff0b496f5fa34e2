#include "tuner/compile/cache.h"

#include <cctype>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <stdlib.h>
#include <unistd.h>

#include <fmt/format.h>

#include "reports/digest.h"
#include "results/error.h"
#include "tuner/compile/code_hash.h"

namespace tilesmith {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void CannotWrite(const std::string& path, const std::string& why) {
  throw UserError(
      fmt::format("{}: cannot write to the variant cache ({}); mend that or set XDG_CACHE_HOME to "
                  "another folder",
                  path, why));
}

std::string DefaultFolder() {
  const char* xdg = std::getenv("XDG_CACHE_HOME");
  if (xdg != nullptr && xdg[0] == '/') return std::string(xdg) + "/tilesmith";  // relative: ignored
  const char* home = std::getenv("HOME");
  if (home == nullptr || home[0] == '\0') {
    throw UserError("no place for the variant cache; set HOME or XDG_CACHE_HOME");
  }
  return std::string(home) + "/.cache/tilesmith";
}

void MakeFolder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) CannotWrite(path, error.message());
}

std::optional<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream bytes;
  if (!(bytes << file.rdbuf())) return std::nullopt;
  return std::move(bytes).str();
}

constexpr std::string_view kScratchPrefix = "tmp-";
constexpr auto kScratchAge = std::chrono::hours(24);

// What processes that were killed left behind. No batch of compiles is at work for a day.
void RemoveOldScratch(const std::string& folder) {
  const auto oldest = fs::file_time_type::clock::now() - kScratchAge;
  std::error_code ignored;  // another process may be cleaning up as well
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const bool scratch = entry.path().filename().string().starts_with(kScratchPrefix);
    if (!scratch || oldest <= fs::last_write_time(entry.path(), ignored)) continue;
    if (!ignored) fs::remove_all(entry.path(), ignored);
  }
}

// A sealed file is its payload and a last line "tilesmith NOTE DIGEST". In one file, because
// payload and seal in two could come from two processes. A loader does not mind bytes behind an ELF
// file's end.
constexpr std::string_view kSealWord = "\ntilesmith ";

struct Sealed {
  std::string payload;
  std::string note;  // without blanks
};

std::string SealOf(const Sealed& sealed) {
  return Digest().Add(sealed.payload).Add(sealed.note).Hex();
}

std::string ToBytes(const Sealed& sealed) {
  return fmt::format("{}{}{} {}\n", sealed.payload, kSealWord, sealed.note, SealOf(sealed));
}

std::optional<Sealed> ReadSealed(const std::string& path) {
  const std::optional<std::string> bytes = ReadFile(path);
  if (!bytes) return std::nullopt;
  const std::size_t word = bytes->rfind(kSealWord);
  if (word == std::string::npos) return std::nullopt;
  const std::string last = bytes->substr(word + kSealWord.size());
  Sealed sealed{bytes->substr(0, word), last.substr(0, last.find(' '))};
  if (last != sealed.note + " " + SealOf(sealed) + "\n") return std::nullopt;
  return sealed;
}

}  // namespace

ScratchFolder::ScratchFolder(const std::string& inside)
    : path_(fmt::format("{}/{}XXXXXX", inside, kScratchPrefix)) {
  if (mkdtemp(path_.data()) == nullptr) CannotWrite(inside, std::strerror(errno));
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;  // of no use to the caller: another process may be cleaning up as well
  fs::remove_all(path_, ignored);
}

VariantCache::VariantCache(const std::string& folder)
    : folder_(folder.empty() ? DefaultFolder() : fs::absolute(folder).string()) {
  MakeFolder(folder_);
  const ScratchFolder writable(folder_);
  RemoveOldScratch(folder_);
}

std::string VariantCache::Stem(const std::string& kernel, const std::string& key) const {
  std::string name;
  for (const char c : kernel) {
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  }
  const std::string folder = folder_ + "/" + name;
  MakeFolder(folder);
  return folder + "/" + key;
}

std::optional<CacheEntry> VariantCache::Find(const std::string& stem) const {
  if (const auto library = ReadSealed(stem + ".so")) return CacheEntry{true, library->note, {}, 0};
  const auto failure = ReadSealed(stem + ".failed");
  if (!failure) return std::nullopt;
  CacheEntry entry{false, {}, failure->payload, 0};
  const std::string& note = failure->note;
  std::from_chars(note.data(), note.data() + note.size(), entry.limit_s);
  return entry;
}

std::string VariantCache::KeepStub(const std::string& stem, const std::string& text) const {
  const std::string path = stem + ".cc";
  if (ReadFile(path) != text) WriteAtomically(path, text);
  return path;
}

CacheEntry VariantCache::KeepLibrary(const std::string& stem, const std::string& built) const {
  std::optional<std::string> bytes = ReadFile(built);
  const std::optional<std::string> hash = bytes ? CodeHash(*bytes) : std::nullopt;
  if (!hash) return {false, {}, "the compiler reported success but wrote no ELF shared object", 0};
  WriteAtomically(stem + ".so", ToBytes({std::move(*bytes), *hash}));
  std::error_code ignored;  // most have none
  fs::remove(stem + ".failed", ignored);
  return {true, *hash, {}, 0};
}

void VariantCache::KeepFailure(const std::string& stem, const CacheEntry& failure) const {
  WriteAtomically(stem + ".failed", ToBytes({failure.message, fmt::format("{}", failure.limit_s)}));
}

bool VariantCache::HasMark(const std::string& name) const {
  return ReadSealed(folder_ + "/" + name + ".mark").has_value();
}

void VariantCache::SetMark(const std::string& name, const std::string& text) const {
  WriteAtomically(folder_ + "/" + name + ".mark", ToBytes({text, "mark"}));
}

void VariantCache::WriteAtomically(const std::string& path, std::string_view bytes) const {
  const ScratchFolder scratch(folder_);
  const std::string temporary = scratch.path() + "/file";
  errno = 0;
  std::ofstream file(temporary, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) CannotWrite(path, errno != 0 ? std::strerror(errno) : "writing failed");
  std::error_code error;
  fs::rename(temporary, path, error);
  if (error) CannotWrite(path, error.message());
}

}  // namespace tilesmith
