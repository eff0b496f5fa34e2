#include "tuner/measure/peaks.h"

#include <algorithm>
#include <barrier>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <functional>
#include <thread>

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#include "results/error.h"
#include "results/statistics.h"
#include "tuner/measure/peak_kernels.h"

namespace tilesmith {
namespace {

constexpr int kRepetitions = 9;
constexpr std::int64_t kMebi = 1 << 20;
constexpr std::int64_t kChunk = kMebi / 4;

using Seconds = std::chrono::duration<double>;

/// Does a little work, short against a repetition, and returns its amount.
using Chunk = std::function<double()>;

// Refused in some containers; then the system places the threads.
void Pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

// Amount per second over about so long.
double RateOf(const Chunk& chunk, Seconds time) {
  const auto start = std::chrono::steady_clock::now();
  double amount = 0;
  Seconds elapsed{};
  do {
    amount += chunk();
    elapsed = std::chrono::steady_clock::now() - start;
  } while (elapsed < time);
  return amount / elapsed.count();
}

// Rates of all threads together, in 1e9 per second. Every thread works through the whole of each
// repetition, so none is measured while another rests; `prepare` runs on the thread itself, which
// therefore touches its memory first.
Rate Together(const std::vector<int>& cpus, Seconds time,
              const std::function<Chunk(std::size_t thread)>& prepare) {
  const Seconds slot = time / (kRepetitions + 1);
  std::vector<std::vector<double>> rates(cpus.size());
  std::barrier gate(static_cast<std::ptrdiff_t>(cpus.size()));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    threads.emplace_back([&, i] {
      Pin(cpus[i]);
      const Chunk chunk = prepare(i);
      RateOf(chunk, slot);  // wide vectors lower the clock, which takes a moment
      for (int repetition = 0; repetition < kRepetitions; ++repetition) {
        gate.arrive_and_wait();
        rates[i].push_back(RateOf(chunk, slot));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<double> sums(kRepetitions, 0);
  for (const std::vector<double>& of_thread : rates) {
    for (std::size_t r = 0; r < sums.size(); ++r) sums[r] += of_thread[r] * 1e-9;
  }
  const auto [low, high] = std::minmax_element(sums.begin(), sums.end());
  return {.median = Median(sums), .low = *low, .high = *high};
}

Rate Compute(ComputeKernel kernel, const std::vector<int>& cpus, Seconds time) {
  if (kernel == nullptr) return {};
  return Together(cpus, time, [kernel](std::size_t) -> Chunk { return kernel; });
}

/// Pages of its own, huge where the system grants them: translation misses are not what is
/// measured.
class Buffer {
 public:
  explicit Buffer(std::int64_t bytes) : bytes_(static_cast<std::size_t>(bytes)) {
    data_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data_ == MAP_FAILED) {
      throw UserError(fmt::format("no {} MiB to measure the memory with: {}; free some memory",
                                  bytes / kMebi, std::strerror(errno)));
    }
    madvise(data_, bytes_, MADV_HUGEPAGE);
  }
  ~Buffer() { munmap(data_, bytes_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  std::byte* data() const { return static_cast<std::byte*>(data_); }

 private:
  std::size_t bytes_;
  void* data_;
};

// Each thread reads round and round its own share, so what it reads next was last read a whole
// share ago.
Rate StreamRead(const std::vector<int>& cpus, Seconds time, std::int64_t buffer_bytes) {
  const auto threads = static_cast<std::int64_t>(cpus.size());
  const std::int64_t share = std::max(buffer_bytes / threads / kChunk, std::int64_t{1}) * kChunk;
  const Buffer buffer(share * threads);
  const ReadKernel read = StreamKernel();
  return Together(cpus, time, [&](std::size_t thread) -> Chunk {
    const std::byte* begin = buffer.data() + static_cast<std::int64_t>(thread) * share;
    // Written, because pages that were only read are all the same page of zeros.
    std::memset(buffer.data() + (begin - buffer.data()), 1, static_cast<std::size_t>(share));
    return [read, begin, share, at = std::int64_t{0}]() mutable {
      read(begin + at, static_cast<std::size_t>(kChunk));
      at = (at + kChunk) % share;
      return static_cast<double>(kChunk);
    };
  });
}

}  // namespace

std::int64_t StreamBufferBytes(const Machine& machine, std::int64_t free_bytes) {
  constexpr std::int64_t kLikelyCache = 64 * kMebi;
  const bool unsure =
      machine.llc_bytes <= 0 || (!machine.hypervisor.empty() && machine.llc_bytes > kLikelyCache);
  const std::int64_t cache = unsure ? kLikelyCache : machine.llc_bytes;
  return std::max(std::min({4 * cache, 1024 * kMebi, free_bytes / 4}), 16 * kMebi);
}

Peaks MeasurePeaksHere(const std::vector<int>& cpus, double seconds, std::int64_t buffer_bytes) {
  const Seconds third(seconds / 3);
  return {.threads = static_cast<int>(cpus.size()),
          .read_gbytes_per_s = StreamRead(cpus, third, buffer_bytes),
          .fma_gflops = Compute(FmaKernel(), cpus, third),
          .vnni_gops = Compute(VnniKernel(), cpus, third)};
}

}  // namespace tilesmith
