// A compiled config, loaded. The only file that knows dlopen. Load variants in a forked child only:
// a wrong one may do anything.
#pragma once

#include <string>

namespace tilesmith {

class Variant {
 public:
  /// Throws UserError when the library does not load or is of another ABI version. Its code stays
  /// mapped until the process ends, for the threads of the OpenMP runtime it may have started.
  explicit Variant(const std::string& library);
  ~Variant();
  Variant(Variant&&) noexcept;
  Variant& operator=(Variant&&) noexcept;

  /// Threads for the calls to come; 0, the initial value, leaves it to the OpenMP runtime. That has
  /// one setting for all variants of a process, so whoever loads several sets it for each.
  void SetThreads(int threads) const { set_threads_(threads); }
  /// One call of the kernel.
  void Run(const void* args) const { run_(args); }

 private:
  void* handle_ = nullptr;
  void (*set_threads_)(int) = nullptr;
  void (*run_)(const void*) = nullptr;
};

}  // namespace tilesmith
