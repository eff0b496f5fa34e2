// A kernel in a temporary folder whose configs can be made to fail, and what a sweep of it needs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "results/store.h"
#include "tuner/sweep/sweep.h"

namespace tilesmith::testing_sweep {

/// As in the header below.
struct Args {
  const float* x;
  float* y;
  int N;
};

/// BLOCK from 64 on makes the code of 64. ADD other than 1 is wrong; CALLS > 0 is right for so many
/// calls and then, by DEFECT, wrong (1) or gone (2).
inline constexpr char kHeader[] = R"(#pragma once
namespace sweep_test {
struct Args { const float* x; float* y; int N; };
template <auto kTiles> void Add(const Args& a) {
  constexpr int kBlock = kTiles.BLOCK < 64 ? kTiles.BLOCK : 64;
  for (int begin = 0; begin < a.N; begin += kBlock) {
    const int end = a.N - begin < kBlock ? a.N : begin + kBlock;
    for (int i = begin; i < end; ++i) a.y[i] = a.x[i] + kTiles.ADD;
  }
  if constexpr (kTiles.CALLS > 0) {
    static int calls = 0;
    if (++calls > kTiles.CALLS && kTiles.DEFECT == 1) a.y[0] = -1;
    if (calls > kTiles.CALLS && kTiles.DEFECT == 2) __builtin_abort();
  }
}
}  // namespace sweep_test
)";

inline void Write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  ASSERT_TRUE(file.flush()) << path;
}

/// An empty folder of this name for this test program.
inline std::string FreshFolder(const std::string& name) {
  const std::string folder = testing::TempDir() + name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

inline Operand MakeOperand(const char* name, Direction direction,
                           std::function<void(void*, void*)> bind) {
  return {name,  DType::kF32, direction,      {"N"}, Uniform(1, 2), AllClose(1e-6, 1e-6),
          false, false,       std::move(bind)};
}

/// The kernel with its header and registration written to `folder`.
inline KernelSpec MakeKernel(const std::string& folder, const std::string& name) {
  KernelSpec kernel;
  kernel.name = kernel.family = name;
  kernel.header = folder + "/" + name + "_kernel.h";
  kernel.function = "sweep_test::Add";
  kernel.args_type = "sweep_test::Args";
  kernel.registration_file = folder + "/" + name + ".cc";
  kernel.include_root = TILESMITH_SOURCE_DIR;
  Write(kernel.header, kHeader);
  Write(kernel.registration_file, "// the golden adds 1\n");
  kernel.operands.push_back(MakeOperand("x", Direction::kInput, [](void* args, void* data) {
    static_cast<Args*>(args)->x = static_cast<const float*>(data);
  }));
  kernel.operands.push_back(MakeOperand("y", Direction::kOutput, [](void* args, void* data) {
    static_cast<Args*>(args)->y = static_cast<float*>(data);
  }));
  kernel.dims.push_back({"N", [](void* args, std::int64_t value) {
                           static_cast<Args*>(args)->N = static_cast<int>(value);
                         }});
  kernel.make_args = [] { return std::make_shared<Args>(); };
  kernel.golden = [](const void* args) {
    const auto& a = *static_cast<const Args*>(args);
    for (int i = 0; i < a.N; ++i) a.y[i] = a.x[i] + 1;
  };
  return kernel;
}

/// Configs of all these BLOCKs; the first is the default, and adds `add`.
inline SpaceDefinition MakeSpace(const std::string& kernel, std::vector<std::int64_t> blocks,
                                 std::vector<std::int64_t> adds = {1}) {
  SpaceDefinition space;
  space.kernel = kernel;
  space.default_config =
      Config({{"BLOCK", blocks[0]}, {"ADD", adds[0]}, {"CALLS", 0}, {"DEFECT", 0}});
  space.tiles = {
      {"BLOCK", std::move(blocks)}, {"ADD", std::move(adds)}, {"CALLS", {0}}, {"DEFECT", {0}}};
  space.problems = {{"real", {{"N", 2000}}}};
  space.ragged = {{"ragged-1", {{"N", 77}}}};
  return space;
}

/// One thread, few samples, a duel of four rounds: what is measured is of no interest here.
inline SweepOptions QuickOptions() {
  SweepOptions options;
  options.threads = 1;
  options.screening.samples = 3;
  options.screening.first_rejection = 1e9;
  options.duel.min_rounds = options.duel.max_rounds = 4;
  options.duel.looks = 1;
  options.command = "tilesmith sweep";
  return options;
}

inline CompilerOptions InFolder(const std::string& folder) {
  CompilerOptions options;
  options.cxxflags = {"-O1"};
  options.cache_folder = folder + "/cache";
  return options;
}

/// Database, compiler and machine in a folder of their own.
struct Shop {
  explicit Shop(const std::string& in)
      : folder(FreshFolder(in)),
        store(folder + "/test.db"),
        compiler(InFolder(folder)),
        machine(Machine::Detect()),
        workshop(store, compiler, machine) {}

  std::string folder;
  ResultStore store;
  Compiler compiler;
  Machine machine;
  Workshop workshop;
};

}  // namespace tilesmith::testing_sweep
