#include "tuner/compile/code_hash.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <elf.h>

#include "reports/digest.h"

namespace tilesmith {
namespace {

/// The T at `offset`; nothing when the file ends before it does.
template <typename T>
std::optional<T> At(std::string_view file, std::uint64_t offset) {
  if (offset > file.size() || file.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, file.data() + offset, sizeof(T));
  return value;
}

std::optional<std::string_view> Contents(std::string_view file, const Elf64_Shdr& section) {
  if (section.sh_type == SHT_NOBITS) return std::string_view();
  if (section.sh_offset > file.size() || file.size() - section.sh_offset < section.sh_size) {
    return std::nullopt;
  }
  return file.substr(section.sh_offset, section.sh_size);
}

template <typename T>
std::string_view Bytes(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

// Whole sections rather than .text and .rodata: a call reaches `exp` or `expf` through the same
// code and the same relocation, and only the dynamic symbols tell which. None of the loaded
// sections holds a path or a local name, so including them all costs no equality.
std::optional<std::string> CodeHash(std::string_view elf) {
  const auto header = At<Elf64_Ehdr>(elf, 0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
      header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_shentsize != sizeof(Elf64_Shdr) ||
      header->e_shnum == 0) {
    return std::nullopt;
  }
  Digest digest;
  digest.Add(Bytes(header->e_machine));
  for (std::uint64_t i = 0; i < header->e_shnum; ++i) {
    const auto section = At<Elf64_Shdr>(elf, header->e_shoff + i * sizeof(Elf64_Shdr));
    if (!section) return std::nullopt;
    const auto contents = Contents(elf, *section);
    if (!contents) return std::nullopt;
    if ((section->sh_flags & SHF_ALLOC) == 0 || section->sh_type == SHT_NOTE) continue;
    digest.Add(Bytes(section->sh_type)).Add(Bytes(section->sh_addr)).Add(Bytes(section->sh_size));
    digest.Add(*contents);
  }
  return digest.Hex();
}

}  // namespace tilesmith
