// Digests for keys: which source, which config, which machine code. Fast and equal on every
// platform; not for secrets (XXH3 is no cryptographic hash).
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace tilesmith {

/// XXH3-128 of the bytes as 32 lower-case hex digits, most significant first (as `xxhsum -H2`
/// prints).
std::string HexDigest(std::string_view bytes);

/// A digest of several parts. Each part is fed with its length before it, so that {"ab", "c"} and
/// {"a", "bc"} differ; HexDigest("abc") is therefore not the digest of the one part "abc".
class Digest {
 public:
  Digest();
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  Digest& Add(std::string_view part);

  /// 32 hex digits of all parts so far; more may be added afterwards.
  std::string Hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tilesmith
