// A kernel in a temporary folder, small enough to compile many times in a test.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "results/config.h"
#include "tuner/compile/compiler.h"
#include "tuner/kernel.h"

namespace tilesmith::testing_kernel {

/// As in the header below.
struct Args {
  const int* x;
  int* y;
  int n;
  int thread_count;  // tilesmith::abi::thread_count
  int team;          // OpenMP threads of a parallel region
};

/// T = 0 does not compile, T = 1000 does not finish compiling, T >= 8 all make the code of T = 8.
inline constexpr char kHeader[] = R"(#pragma once
#include "tuner/abi.h"
namespace tiny {
struct Args { const int* x; int* y; int n; int thread_count; int team; };
template <long kDepth, long kPath> struct Tree {
  static constexpr long kSize =
      Tree<kDepth - 1, 2 * kPath>::kSize + Tree<kDepth - 1, 2 * kPath + 1>::kSize;
};
template <long kPath> struct Tree<0, kPath> { static constexpr long kSize = 1; };
template <auto kTiles> void Scale(const Args& a) {
  static_assert(kTiles.T > 0, "T must be positive");
  static_assert(Tree<kTiles.T == 1000 ? 50 : 0, 0>::kSize > 0);  // 2^50 instantiations
  constexpr int kBlock = kTiles.T < 8 ? kTiles.T : 8;
  for (int i = 0; i < a.n; i += kBlock) {
    for (int j = i; j < i + kBlock && j < a.n; ++j) a.y[j] = a.x[j] * kTiles.FACTOR;
  }
  auto& out = const_cast<Args&>(a);
  out.thread_count = tilesmith::abi::thread_count;
  int team = 0;
#pragma omp parallel reduction(+ : team)
  team += 1;
  out.team = team;
}
}  // namespace tiny
)";

/// An empty folder of this name for this test program.
inline std::string FreshFolder(const std::string& name) {
  const std::string folder = testing::TempDir() + "compile_test_" + name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

inline void Write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  ASSERT_TRUE(file) << path;
}

inline std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void WriteScript(const std::string& path, const std::string& script) {
  Write(path, "#!/bin/sh\n" + script);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
}

/// The kernel with its header written to `folder`.
inline KernelSpec TinyKernel(const std::string& folder, const std::string& header = kHeader) {
  KernelSpec kernel;
  kernel.name = "tiny";
  kernel.header = folder + "/tiny.h";
  kernel.function = "tiny::Scale";
  kernel.args_type = "tiny::Args";
  kernel.registration_file = folder + "/tiny.cc";
  kernel.include_root = TILESMITH_SOURCE_DIR;
  Write(kernel.header, header);
  return kernel;
}

inline Config Tiles(std::int64_t t, std::int64_t factor = 3) {
  return Config(Dims{{"T", t}, {"FACTOR", factor}});
}

/// Fast flags, a cache of its own, one job, and no launcher from the environment.
inline CompilerOptions TestOptions(const std::string& folder) {
  unsetenv("TILESMITH_COMPILER_LAUNCHER");
  CompilerOptions options;
  options.cxxflags = {"-O1"};
  options.cache_folder = folder + "/cache";
  options.jobs = 2;
  return options;
}

}  // namespace tilesmith::testing_kernel
