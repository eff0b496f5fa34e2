#include "reports/digest.h"

#include <array>
#include <cstddef>
#include <cstdint>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "results/error.h"

namespace tilesmith {
namespace {

std::string ToHex(XXH128_hash_t hash) {
  XXH128_canonical_t canonical;  // big-endian on every machine
  XXH128_canonicalFromHash(&canonical, hash);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : canonical.digest) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

}  // namespace

struct Digest::State {
  XXH3_state_t xxh;
};

Digest::Digest() : state_(std::make_unique<State>()) {
  TILESMITH_CHECK(XXH3_128bits_reset(&state_->xxh) == XXH_OK);
}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

Digest& Digest::Add(std::string_view part) {
  std::array<unsigned char, 8>
      length;  // byte by byte, so that the machine's endianness is no matter
  for (std::size_t i = 0; i < length.size(); ++i) {
    length[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(part.size()) >> (8 * i));
  }
  TILESMITH_CHECK(XXH3_128bits_update(&state_->xxh, length.data(), length.size()) == XXH_OK);
  TILESMITH_CHECK(XXH3_128bits_update(&state_->xxh, part.data(), part.size()) == XXH_OK);
  return *this;
}

std::string Digest::Hex() const { return ToHex(XXH3_128bits_digest(&state_->xxh)); }

std::string HexDigest(std::string_view bytes) {
  return ToHex(XXH3_128bits(bytes.data(), bytes.size()));
}

}  // namespace tilesmith
