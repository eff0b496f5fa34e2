#include "tuner/sweep/workbench.h"

#include <algorithm>
#include <cstring>

#include <sys/mman.h>
#include <unistd.h>

#include "results/error.h"
#include "tuner/gate/outcome.h"

namespace tilesmith {
namespace {

constexpr std::size_t kHugePage = 2u << 20;
constexpr std::size_t kLine = 64;
// Half as much again as the cache: replacement is not strictly least-recently-used.
constexpr double kBeyondCache = 1.5;

std::size_t RoundUp(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

std::size_t QuarterOfFreeMemory() {
  const auto pages = static_cast<std::size_t>(sysconf(_SC_AVPHYS_PAGES));
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) / 4;
}

int CopiesFor(std::size_t cold_bytes, std::int64_t llc_bytes) {
  if (cold_bytes == 0) return 1;
  const double wanted = kBeyondCache * static_cast<double>(llc_bytes);
  const double most = static_cast<double>(QuarterOfFreeMemory());
  return std::max(2,
                  static_cast<int>(std::min(wanted, most) / static_cast<double>(cold_bytes)) + 1);
}

}  // namespace

Workbench::Workbench(const KernelSpec& kernel, std::shared_ptr<const Case> problem,
                     std::int64_t llc_bytes)
    : kernel_(kernel), problem_(std::move(problem)) {
  for (std::size_t i = 0; i < kernel.operands.size(); ++i) {
    offsets_.push_back(stride_);
    if (!kernel.operands[i].cold) continue;
    cold_bytes_ += problem_->shapes[i].bytes;
    // An odd line between operands, so that equal sizes do not meet in the same cache sets.
    stride_ += RoundUp(problem_->shapes[i].bytes, kLine) + kLine;
  }
  copies_ = CopiesFor(cold_bytes_, llc_bytes);
  if (cold_bytes_ == 0) return;
  map_size_ = RoundUp(stride_ * static_cast<std::size_t>(copies_), kHugePage);
  void* map = mmap(nullptr, map_size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED)
    throw UserError("not enough memory for the cold copies; use a smaller problem");
  madvise(map, map_size_, MADV_HUGEPAGE);  // makes the fork cheap: few page table entries
  map_ = static_cast<std::byte*>(map);
  for (int copy = 0; copy < copies_; ++copy) {
    for (std::size_t i = 0; i < kernel.operands.size(); ++i) {
      if (!kernel.operands[i].cold) continue;
      std::memcpy(ColdData(i, copy), problem_->inputs[i].data(), problem_->shapes[i].bytes);
    }
  }
}

Workbench::~Workbench() {
  if (map_ != nullptr) munmap(map_, map_size_);
}

std::byte* Workbench::ColdData(std::size_t operand, int copy) const {
  return map_ + static_cast<std::size_t>(copy) * stride_ + offsets_[operand];
}

std::size_t Workbench::NextCopy() {
  next_ = (next_ + 1) % static_cast<std::size_t>(copies_);
  return next_;
}

Mounted::Buffer Mounted::Allocate(std::size_t bytes, std::mt19937_64& layout) const {
  // Up to one page of offset in whole lines; operands stay aligned to a line, as allocators do it.
  const std::size_t offset = layout() % (4096 / kLine) * kLine;
  Buffer buffer;
  buffer.memory.reset(new std::byte[bytes + 4096 + kLine]);
  const auto address = reinterpret_cast<std::uintptr_t>(buffer.memory.get());
  buffer.data = buffer.memory.get() + (RoundUp(address, kLine) - address) + offset;
  return buffer;
}

Mounted::Mounted(Workbench& bench, const Variant& variant, std::mt19937_64& layout)
    : bench_(bench), variant_(variant) {
  const KernelSpec& kernel = bench.kernel();
  const Case& problem = bench.problem();
  for (std::size_t i = 0; i < kernel.operands.size(); ++i) {
    const Operand& operand = kernel.operands[i];
    buffers_.emplace_back();
    if (operand.cold) continue;
    const std::size_t bytes = problem.shapes[i].bytes;
    buffers_.back() = Allocate(bytes, layout);
    if (IsRead(operand.direction)) {
      std::memcpy(buffers_.back().data, problem.inputs[i].data(), bytes);
    } else {
      Poison(operand, 0, buffers_.back().data, bytes);
    }
  }
  for (int copy = 0; copy < bench.copies(); ++copy) {
    Arguments& arguments = arguments_.emplace_back(kernel, problem.problem.dims, problem.scalars);
    for (std::size_t i = 0; i < kernel.operands.size(); ++i) {
      arguments.Bind(i, kernel.operands[i].cold ? bench.ColdData(i, copy) : buffers_[i].data);
    }
  }
}

void Mounted::Call() { variant_.Run(arguments_[bench_.NextCopy()].get()); }

Judgement Mounted::Recheck() {
  const KernelSpec& kernel = bench_.kernel();
  const Case& problem = bench_.problem();
  bool has_state = false;
  for (std::size_t i = 0; i < kernel.operands.size(); ++i) {
    if (kernel.operands[i].direction != Direction::kInOut) continue;
    has_state = true;
    std::memcpy(buffers_[i].data, problem.inputs[i].data(), problem.shapes[i].bytes);
  }
  if (has_state) Call();
  std::vector<const std::byte*> outputs;
  for (std::size_t i = 0; i < kernel.operands.size(); ++i) {
    outputs.push_back(IsCompared(kernel.operands[i].direction) ? buffers_[i].data : nullptr);
  }
  return CaseOutcome(kernel, problem, std::move(outputs)).JudgeAll();
}

}  // namespace tilesmith
