// Inline assembly, not intrinsics: g++ 12 adds register copies to loops of intrinsics with many
// accumulators (g++ 12: 139 to 207 GOP/s against 460 to 553 as assembly), and <immintrin.h>
// alone costs most of a second to compile. Twelve accumulators cover 4 cycles of latency on 2
// ports, with room.
#include "tuner/measure/peak_kernels.h"

#include <cstdint>

namespace tilesmith {
namespace {

constexpr int kAccumulators = 12;
constexpr int kTurns = 5000;

// Sums with several independent accumulators; the additions hide behind the loads. Software
// prefetch, because the hardware's stops at each 4 KiB page and what is asked for is the memory's
// rate, not its.
template <class Vector>
[[gnu::always_inline]] inline void Read(const std::byte* data, std::size_t bytes) {
  constexpr std::size_t kAhead = 1024, kLine = 64;
  constexpr std::size_t kPerLine = kLine / sizeof(Vector);
  Vector sums[4] = {};
  for (std::size_t at = 0; at < bytes; at += 4 * kLine) {
    const auto* vectors = reinterpret_cast<const Vector*>(data + at);
    for (std::size_t line = 0; line < 4; ++line) {
      __builtin_prefetch(data + at + kAhead + line * kLine);
      for (std::size_t i = 0; i < kPerLine; ++i) sums[line] += vectors[line * kPerLine + i];
    }
  }
  for (Vector& sum : sums) asm volatile("" : : "m"(sum));
}

using Int2 = std::uint64_t __attribute__((vector_size(16), may_alias));
void Read128(const std::byte* data, std::size_t bytes) { Read<Int2>(data, bytes); }

#if defined(__x86_64__)

using Int4 = std::uint64_t __attribute__((vector_size(32), may_alias));
using Int8 = std::uint64_t __attribute__((vector_size(64), may_alias));
using Float8 = float __attribute__((vector_size(32)));
using Float16 = float __attribute__((vector_size(64)));

[[gnu::target("avx2")]] void Read256(const std::byte* data, std::size_t bytes) {
  Read<Int4>(data, bytes);
}
[[gnu::target("avx512f")]] void Read512(const std::byte* data, std::size_t bytes) {
  Read<Int8>(data, bytes);
}

// One instruction per accumulator; asm takes neither arrays nor loops.
#define TILESMITH_TWELVE(op)                                                                   \
  op "%0\n" op "%1\n" op "%2\n" op "%3\n" op "%4\n" op "%5\n" op "%6\n" op "%7\n" op "%8\n" op \
     "%9\n" op "%10\n" op "%11\n"
#define TILESMITH_ACCUMULATORS(s)                                                                 \
  "+v"(s[0]), "+v"(s[1]), "+v"(s[2]), "+v"(s[3]), "+v"(s[4]), "+v"(s[5]), "+v"(s[6]), "+v"(s[7]), \
      "+v"(s[8]), "+v"(s[9]), "+v"(s[10]), "+v"(s[11])

// x = x / 2 + 1 / 2 stays away from infinities and denormals.
[[gnu::target("avx512f")]] double Fma512() {
  const Float16 half = Float16{} + 0.5F;
  Float16 sums[kAccumulators] = {};
  for (int turn = 0; turn < kTurns; ++turn) {
    asm volatile(TILESMITH_TWELVE("vfmadd213ps %[half], %[half], ")
                 : TILESMITH_ACCUMULATORS(sums)
                 : [half] "v"(half));
  }
  return 2.0 * 16 * kAccumulators * kTurns;
}

[[gnu::target("avx2,fma")]] double Fma256() {
  const Float8 half = Float8{} + 0.5F;
  Float8 sums[kAccumulators] = {};
  for (int turn = 0; turn < kTurns; ++turn) {
    asm volatile(TILESMITH_TWELVE("vfmadd213ps %[half], %[half], ")
                 : TILESMITH_ACCUMULATORS(sums)
                 : [half] "v"(half));
  }
  return 2.0 * 8 * kAccumulators * kTurns;
}

[[gnu::target("avx512f,avx512vnni")]] double Vnni512() {
  const Int8 ones = Int8{} + 0x0101010101010101;
  Int8 sums[kAccumulators] = {};
  for (int turn = 0; turn < kTurns; ++turn) {
    asm volatile(TILESMITH_TWELVE("vpdpbusd %[ones], %[ones], ")
                 : TILESMITH_ACCUMULATORS(sums)
                 : [ones] "v"(ones));
  }
  return 8.0 * 16 * kAccumulators * kTurns;
}

#undef TILESMITH_ACCUMULATORS
#undef TILESMITH_TWELVE

#endif

}  // namespace

#if defined(__x86_64__)

ComputeKernel FmaKernel() {
  if (__builtin_cpu_supports("avx512f")) return Fma512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Fma256;
  return nullptr;
}

ComputeKernel VnniKernel() { return __builtin_cpu_supports("avx512vnni") ? Vnni512 : nullptr; }

ReadKernel StreamKernel() {
  if (__builtin_cpu_supports("avx512f")) return Read512;
  return __builtin_cpu_supports("avx2") ? Read256 : Read128;
}

#else

ComputeKernel FmaKernel() { return nullptr; }
ComputeKernel VnniKernel() { return nullptr; }
ReadKernel StreamKernel() { return Read128; }

#endif

}  // namespace tilesmith
