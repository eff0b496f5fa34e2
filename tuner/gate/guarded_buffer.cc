#include "tuner/gate/guarded_buffer.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "results/error.h"

namespace tilesmith {
namespace {

constexpr unsigned char kSlackPattern = 0xC5;

std::size_t RoundUp(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

[[noreturn]] void FailToMap(std::size_t bytes) {
  throw UserError(fmt::format("cannot map {} bytes for an operand: {}; use a smaller problem",
                              bytes, std::strerror(errno)));
}

}  // namespace

std::size_t GuardedBuffer::Page() {
  static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return page;
}

GuardedBuffer::GuardedBuffer(std::size_t bytes, Placement placement) : size_(bytes) {
  const std::size_t inner = RoundUp(bytes == 0 ? 1 : bytes, Page());
  map_size_ = inner + 2 * Page();
  void* map = mmap(nullptr, map_size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) FailToMap(map_size_);
  map_ = static_cast<std::byte*>(map);
  // Inaccessible pages cost nothing, so a lack of memory shows only here.
  if (mprotect(pages(), inner, PROT_READ | PROT_WRITE) != 0) {
    const int why = errno;
    munmap(map_, map_size_);  // no destructor will run
    errno = why;
    FailToMap(map_size_);
  }
  data_ = placement == Placement::kStart ? pages() : pages() + (inner - bytes);
  std::memset(pages(), kSlackPattern, static_cast<std::size_t>(data_ - pages()));
  std::memset(data_ + size_, kSlackPattern,
              static_cast<std::size_t>(pages() + inner - data_) - size_);
}

GuardedBuffer::~GuardedBuffer() {
  if (map_ != nullptr) munmap(map_, map_size_);
}

GuardedBuffer::GuardedBuffer(GuardedBuffer&& other) noexcept { *this = std::move(other); }

GuardedBuffer& GuardedBuffer::operator=(GuardedBuffer&& other) noexcept {
  std::swap(map_, other.map_);
  std::swap(map_size_, other.map_size_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

void GuardedBuffer::Protect() { TILESMITH_CHECK(mprotect(pages(), pages_size(), PROT_READ) == 0); }

std::optional<std::ptrdiff_t> GuardedBuffer::Damage() const {
  const auto damaged = [](const std::byte& b) {
    return static_cast<unsigned char>(b) != kSlackPattern;
  };
  for (const std::byte* p = data_; p-- > pages();) {
    if (damaged(*p)) return p - data_;
  }
  for (const std::byte* p = data_ + size_; p < pages() + pages_size(); ++p) {
    if (damaged(*p)) return p - (data_ + size_) + 1;
  }
  return std::nullopt;
}

std::string DescribeDamage(const GuardedBuffer& buffer, const std::string& operand) {
  const std::optional<std::ptrdiff_t> damage = buffer.Damage();
  if (!damage) return {};
  return *damage < 0 ? fmt::format("wrote {} bytes before the start of {}", -*damage, operand)
                     : fmt::format("wrote {} bytes past the end of {}", *damage, operand);
}

}  // namespace tilesmith
