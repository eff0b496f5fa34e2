// Memory for one operand between two inaccessible pages. A kernel that leaves its buffer faults at
// once, or damages the pattern in the slack that page granularity leaves on one side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace tilesmith {

/// Which edge of the data touches its guard page exactly. The gate alternates them by seed, so that
/// one element too many is seen at either end. Data at kEnd is aligned to its element only.
enum class Placement { kEnd, kStart };

class GuardedBuffer {
 public:
  GuardedBuffer() = default;
  /// Maps `bytes` of data; throws UserError when the memory cannot be had.
  GuardedBuffer(std::size_t bytes, Placement placement);
  ~GuardedBuffer();
  GuardedBuffer(GuardedBuffer&& other) noexcept;
  GuardedBuffer& operator=(GuardedBuffer&& other) noexcept;

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  /// The accessible pages, slack included.
  std::byte* pages() const { return map_ == nullptr ? nullptr : map_ + Page(); }
  std::size_t pages_size() const { return map_size_ == 0 ? 0 : map_size_ - 2 * Page(); }

  /// Read-only from now on: a write to it faults.
  void Protect();
  /// Where the slack was written, as a distance in bytes from the data: -3 is three bytes before
  /// its start, +1 the first byte past its end. Empty when it was not.
  std::optional<std::ptrdiff_t> Damage() const;

  static std::size_t Page();

 private:
  std::byte* map_ = nullptr;  // first guard page
  std::size_t map_size_ = 0;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// "wrote 3 bytes before the start of y", when the buffer is operand y's; empty when it is
/// undamaged.
std::string DescribeDamage(const GuardedBuffer& buffer, const std::string& operand);

}  // namespace tilesmith
