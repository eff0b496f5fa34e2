#include "tuner/compile/variant.h"

#include <utility>

#include <dlfcn.h>

#include <fmt/format.h>

#include "results/error.h"
#include "tuner/abi.h"

namespace tilesmith {
namespace {

[[noreturn]] void Fail(const std::string& library, const std::string& why) {
  throw UserError(fmt::format(
      "{}: no variant of this tilesmith ({}); delete the file, it will be compiled again", library,
      why));
}

template <typename Function>
Function Symbol(void* handle, const std::string& library, const char* name) {
  void* symbol = dlsym(handle, name);
  if (symbol == nullptr) Fail(library, fmt::format("it has no {}", name));
  return reinterpret_cast<Function>(symbol);
}

}  // namespace

Variant::Variant(const std::string& library) {
  // NODELETE: the OpenMP runtime that a variant brings along may have threads when it is unloaded.
  handle_ = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle_ == nullptr) {
    const char* why = dlerror();
    throw UserError(fmt::format("{}; the variant does not load", why != nullptr ? why : library));
  }
  try {
    const int version = Symbol<int (*)()>(handle_, library, abi::kVersionSymbol)();
    if (version != abi::kVersion) {
      Fail(library, fmt::format("its ABI is {}, not {}", version, abi::kVersion));
    }
    set_threads_ = Symbol<void (*)(int)>(handle_, library, abi::kThreadsSymbol);
    run_ = Symbol<void (*)(const void*)>(handle_, library, abi::kRunSymbol);
    set_threads_(0);  // an earlier Variant of this library may have left its own
  } catch (...) {
    dlclose(handle_);
    throw;
  }
}

Variant::~Variant() {
  if (handle_ != nullptr) dlclose(handle_);
}

Variant::Variant(Variant&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)),
      set_threads_(std::exchange(other.set_threads_, nullptr)),
      run_(std::exchange(other.run_, nullptr)) {}

Variant& Variant::operator=(Variant&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(set_threads_, other.set_threads_);
  std::swap(run_, other.run_);
  return *this;
}

}  // namespace tilesmith
