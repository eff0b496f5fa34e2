// What a kernel and a compiled variant see of tilesmith. A variant is compiled once per config, so
// this header includes nothing and costs nothing: <immintrin.h> alone is 0.8 s of g++ per variant.
#pragma once

namespace tilesmith {

/// Storage of a bfloat16: the upper half of an FP32. Arithmetic is the kernel's business.
struct bf16 {
  unsigned short bits;
  friend constexpr bool operator==(bf16, bf16) = default;
};

namespace abi {

/// Raised whenever the entry points below change; part of the variant cache's key.
inline constexpr int kVersion = 1;

/// Threads that the kernel's parallel regions shall use; 0 leaves it to the runtime, as product
/// code does. A variant is built with hidden visibility, so each loaded variant owns its copy.
inline int thread_count = 0;

// A variant is a shared object with three C entry points, written by the generated stub:
//   int  tilesmith_abi_version()              kVersion it was built against
//   void tilesmith_set_threads(int)           sets thread_count
//   void tilesmith_run(const void* args)      Kernel<kTiles>(*static_cast<const Args*>(args))
inline constexpr char kVersionSymbol[] = "tilesmith_abi_version";
inline constexpr char kThreadsSymbol[] = "tilesmith_set_threads";
inline constexpr char kRunSymbol[] = "tilesmith_run";

}  // namespace abi
}  // namespace tilesmith
