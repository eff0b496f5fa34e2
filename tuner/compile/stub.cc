#include "tuner/compile/stub.h"

#include <filesystem>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include "results/error.h"

namespace tilesmith {
namespace {

// omp_set_num_threads under a name of our own: a kernel that includes <omp.h> declares the real
// one, with an exception specification that ours must not contradict.
constexpr std::string_view kBody = R"(namespace tilesmith_variant {{ struct Tiles {{{members} }}; }}
#ifdef _OPENMP
extern "C" void tilesmith_omp_threads(int) __asm__("omp_set_num_threads");
#endif
#define TILESMITH_ENTRY extern "C" [[gnu::visibility("default")]]
TILESMITH_ENTRY int tilesmith_abi_version() {{ return tilesmith::abi::kVersion; }}
TILESMITH_ENTRY void tilesmith_set_threads(int threads) {{
  tilesmith::abi::thread_count = threads;
#ifdef _OPENMP
  if (threads > 0) tilesmith_omp_threads(threads);
#endif
}}
TILESMITH_ENTRY void tilesmith_run(const void* args) {{
  {function}<tilesmith_variant::Tiles{{{values}}}>(*static_cast<const {args_type}*>(args));
}}
)";

}  // namespace

std::string StubIncludes(const KernelSpec& kernel) {
  const std::string header = std::filesystem::absolute(kernel.header).string();
  if (header.find_first_of("\"\n") != std::string::npos) {
    throw UserError(fmt::format("{}: no #include can name the header '{}'; rename its folder",
                                kernel.registration_file, header));
  }
  return fmt::format("#include \"{}\"\n#include <tuner/abi.h>\n", header);
}

std::string StubBody(const KernelSpec& kernel, const Config& config) {
  std::string members, values;
  for (const auto& [tile, value] : config.tiles()) {
    // Checked here, because -w silences the compiler on narrowing as well.
    if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) {
      throw UserError(fmt::format("{}: {} = {} does not fit an int; choose smaller tiles",
                                  kernel.name, tile, value));
    }
    members += fmt::format(" int {};", tile);
    values += fmt::format("{}.{} = {}", values.empty() ? "" : ", ", tile, value);
  }
  return fmt::format(kBody, fmt::arg("members", members), fmt::arg("function", kernel.function),
                     fmt::arg("values", values), fmt::arg("args_type", kernel.args_type));
}

}  // namespace tilesmith
