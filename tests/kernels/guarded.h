// Memory that ends where the operand ends: one element further is a segmentation fault, and its
// bytes are poison until someone writes them.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>

namespace kernels {

template <typename T>
class Guarded {
 public:
  explicit Guarded(std::size_t size) : size_(size) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t usable = (size * sizeof(T) + page - 1) / page * page;
    bytes_ = usable + page;
    base_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base_ == MAP_FAILED) throw std::runtime_error("no memory");
    std::memset(base_, 0xff, usable);  // NaN as float and as bf16, −1 as integer
    mprotect(static_cast<char*>(base_) + usable, page, PROT_NONE);
    data_ = reinterpret_cast<T*>(static_cast<char*>(base_) + usable) - size;
  }
  ~Guarded() { munmap(base_, bytes_); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  T* data() { return data_; }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  std::span<T> all() { return {data_, size_}; }
  /// Poisons all of it again.
  void Poison() { std::memset(data_, 0xff, size_ * sizeof(T)); }

 private:
  std::size_t size_;
  std::size_t bytes_;
  void* base_;
  T* data_;
};

/// A value of about [-1, 1], the same on every platform.
template <typename Random>
float SmallValue(Random& random) {
  return static_cast<float>(static_cast<std::int64_t>(random())) * 0x1p-63f;
}

}  // namespace kernels
