// What a variant is timed on: the real problem's operands as production would hold them. Cold
// operands exist in enough clean copies to exceed the last-level cache and are rotated call by
// call; flushing by writing would charge the write-back to the kernel (performance.md §E).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "tuner/compile/variant.h"
#include "tuner/gate/arguments.h"
#include "tuner/gate/case.h"
#include "tuner/gate/comparators.h"
#include "tuner/kernel.h"

namespace tilesmith {

/// Made once per problem in the parent; forked children inherit the copies for nothing.
class Workbench {
 public:
  Workbench(const KernelSpec& kernel, std::shared_ptr<const Case> problem, std::int64_t llc_bytes);
  ~Workbench();
  Workbench(const Workbench&) = delete;
  Workbench& operator=(const Workbench&) = delete;

  const KernelSpec& kernel() const { return kernel_; }
  const Case& problem() const { return *problem_; }
  /// Copies of the cold operands; 1 when nothing is cold.
  int copies() const { return copies_; }
  /// Bytes of cold operands that one call reads.
  std::size_t cold_bytes() const { return cold_bytes_; }
  /// Copy `copy` of a cold operand.
  std::byte* ColdData(std::size_t operand, int copy) const;
  /// The copy for the next call. One cursor for all contestants of a process: with one each, a
  /// follower would find in the cache what its neighbour has just read.
  std::size_t NextCopy();

 private:
  const KernelSpec& kernel_;
  std::shared_ptr<const Case> problem_;
  int copies_ = 1;
  std::size_t cold_bytes_ = 0;
  std::byte* map_ = nullptr;
  std::size_t map_size_ = 0;
  std::vector<std::size_t> offsets_;  // by operand, within one copy
  std::size_t stride_ = 0;            // from copy to copy
  std::size_t next_ = 0;
};

/// A variant on the bench, in the child: its own hot operands, at offsets drawn anew in each
/// process so that no config profits from one lucky layout (Curtsinger and Berger, ASPLOS 2013).
class Mounted {
 public:
  Mounted(Workbench& bench, const Variant& variant, std::mt19937_64& layout);

  /// One call on the next copy of the cold operands.
  void Call();
  /// Compares what the last call left with the golden's outputs. In/out states are restored and the
  /// kernel called once more first, since the timed loop moved them on.
  Judgement Recheck();

 private:
  struct Buffer {
    std::unique_ptr<std::byte[]> memory;
    std::byte* data = nullptr;
  };
  Buffer Allocate(std::size_t bytes, std::mt19937_64& layout) const;

  Workbench& bench_;
  const Variant& variant_;
  std::vector<Buffer> buffers_;       // by operand; empty for cold ones
  std::vector<Arguments> arguments_;  // by copy
};

}  // namespace tilesmith
