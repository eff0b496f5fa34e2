#include "tuner/gate/faults.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <iterator>

#include <fmt/format.h>
#include <sys/resource.h>

namespace tilesmith {
namespace {

struct Region {
  std::array<char, 48> name;
  const std::byte* guarded_begin;  // first guard page
  const std::byte* guarded_end;
  const std::byte* begin;
  const std::byte* end;
  std::size_t element;
  bool read_only;
};

// Plain static storage: the handler may run while the heap is corrupt.
std::array<Region, 64> regions;
std::size_t region_count = 0;
Channel* diagnosis_channel = nullptr;
std::array<std::byte, 64 * 1024> handler_stack;

using Line = fmt::basic_memory_buffer<char, Channel::kDiagnosisCapacity>;

void DescribeInside(const Region& region, const std::byte* address, Line& line) {
  const auto index = static_cast<std::size_t>(address - region.begin) / region.element;
  if (region.read_only && address >= region.begin && address < region.end) {
    fmt::format_to(std::back_inserter(line), "{} {} at element {}", kInputOverwritten,
                   region.name.data(), index);
  } else if (address < region.begin) {
    fmt::format_to(std::back_inserter(line), "access {} bytes before the start of {}",
                   region.begin - address, region.name.data());
  } else {
    fmt::format_to(std::back_inserter(line), "access {} bytes past the end of {}",
                   address - region.end + 1, region.name.data());
  }
}

void DescribeElsewhere(const std::byte* address, const void* stack_mark, Line& line) {
  rlimit stack{};
  getrlimit(RLIMIT_STACK, &stack);
  const auto distance = static_cast<const std::byte*>(stack_mark) - address;
  const auto reach = static_cast<std::ptrdiff_t>(std::min<rlim_t>(stack.rlim_cur, rlim_t{1} << 34) +
                                                 (rlim_t{1} << 20));
  if (distance > 0 && distance <= reach) {
    fmt::format_to(std::back_inserter(line), "stack overflow");
  } else {
    fmt::format_to(std::back_inserter(line), "access to address {}",
                   static_cast<const void*>(address));
  }
}

const void* main_stack_mark = nullptr;

void OnFault(int signal, siginfo_t* info, void*) {
  const auto* address = static_cast<const std::byte*>(info->si_addr);
  Line line;
  const Region* const begin = regions.data();
  const Region* const end = begin + region_count;
  const Region* hit = std::find_if(begin, end, [&](const Region& r) {
    return address >= r.guarded_begin && address < r.guarded_end;
  });
  if (hit != end) {
    DescribeInside(*hit, address, line);
  } else {
    DescribeElsewhere(address, main_stack_mark, line);
  }
  diagnosis_channel->Diagnose({line.data(), line.size()});
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

void FaultWatch::Install(Channel& channel) {
  diagnosis_channel = &channel;
  main_stack_mark = __builtin_frame_address(0);
  stack_t stack{};
  stack.ss_sp = handler_stack.data();
  stack.ss_size = handler_stack.size();
  sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_sigaction = OnFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigaction(SIGSEGV, &action, nullptr);
  sigaction(SIGBUS, &action, nullptr);
}

void FaultWatch::Add(const std::string& name, const GuardedBuffer& buffer, std::size_t element,
                     bool read_only) {
  if (region_count == regions.size()) return;  // only the diagnosis would be poorer
  Region& region = regions[region_count++];
  region = {};
  std::strncpy(region.name.data(), name.c_str(), region.name.size() - 1);
  region.guarded_begin = buffer.pages() - GuardedBuffer::Page();
  region.guarded_end = buffer.pages() + buffer.pages_size() + GuardedBuffer::Page();
  region.begin = buffer.data();
  region.end = buffer.data() + buffer.size();
  region.element = element;
  region.read_only = read_only;
}

void FaultWatch::Clear() { region_count = 0; }

}  // namespace tilesmith
