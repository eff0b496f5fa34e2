// GenerateHeader: the banner, what the kernels share, and the kernels.
//
// The log2 is fixed-point because the choice must not depend on a compiler's libm, on -ffast-math
// or on whether it is made at compile time; 20 fraction bits tell 1000000 from 1000001.
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "reports/cpp_text.h"
#include "reports/generated_header.h"
#include "reports/header_evidence.h"
#include "reports/header_kernel.h"

namespace tilesmith {
namespace {

// Changes with the text that GenerateHeader makes of the same records.
constexpr int kFormatVersion = 1;

constexpr std::string_view kShared = R"(#pragma once

namespace tuned {

/// How the tiles that Find or Dispatch picked relate to the shape asked for.
enum class Match {
  exact,     // tuned for this very shape
  nearest,   // tuned for the nearest shape whose tiles are legal here
  fallback,  // no tuned tiles are legal here; the kernel's default
  none,      // not even the default is right here: nothing was called
};

namespace detail {

/// log2(size) in units of 2^-20, rounded down, in integers only: the same on every compiler, at
/// compile time and at run time. Sizes below 1 count as 1.
constexpr long long Log2(long long size) {
  long long exponent = 31;
  unsigned long long mantissa = size < 1 ? 1 : static_cast<unsigned long long>(size);
  for (; mantissa >> 32 != 0; mantissa >>= 1) ++exponent;
  for (; mantissa >> 31 == 0; mantissa <<= 1) --exponent;
  long long log = exponent;
  for (int bit = 0; bit < 20; ++bit) {  // mantissa / 2^31 is in [1, 2); squaring doubles its log
    mantissa = mantissa * mantissa >> 31;
    const bool doubled = mantissa >> 32 != 0;
    if (doubled) mantissa >>= 1;
    log = 2 * log + (doubled ? 1 : 0);
  }
  return log;
}

/// |log2(a / b)| in the same units.
constexpr long long LogDistance(long long a, long long b) {
  const long long difference = Log2(a) - Log2(b);
  return difference < 0 ? -difference : difference;
}

}  // namespace detail

}  // namespace tuned
)";

constexpr std::string_view kPreamble =
    R"(// Tuned tile sizes. Do not edit: `tilesmith regenerate` writes this file from its database, and
// `tilesmith regenerate --check` fails when the two differ. Needs C++20 and nothing else.
//
// Use, for a kernel template <auto kTiles> void HcPost(const Args&):
//   tuned::hc_post::Dispatch({.T = T, .D = D}, [&]<auto kTiles> { HcPost<kTiles>(args); });
//
)";

// One line per different text, in order: "// Machine: …".
std::string BannerLines(std::string_view label, const std::set<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += Comment("//", fmt::format("{}: {}", label, text));
  return out;
}

std::string Banner(const std::vector<KernelLayout>& kernels) {
  std::set<std::string> machines, compilers, tools;
  std::size_t problems = 0;
  for (const KernelLayout& kernel : kernels) {
    problems += kernel.entries.size();
    for (const KernelLayout::Entry& entry : kernel.entries) {
      const auto& [duel, provenance, machine] = *entry.evidence;
      machines.insert(fmt::format("{} ({})", machine.name, machine.fingerprint));
      compilers.insert(provenance.compiler_version + " " + provenance.flags);
      tools.insert("tilesmith " + provenance.tool_version);
    }
  }
  std::string out(kPreamble);
  out += fmt::format("// Generator: tilesmith, header format {}\n", kFormatVersion);
  out += fmt::format("// Evidence: problems {}, kernels {}, digest {}\n", problems, kernels.size(),
                     EvidenceDigest(kernels));
  out += BannerLines("Measured by", tools);
  out += BannerLines("Machine", machines);
  out += BannerLines("Compiler", compilers);
  return out;
}

}  // namespace

std::string GenerateHeader(const std::vector<HeaderKernel>& kernels) {
  const std::vector<KernelLayout> layouts = LayOut(kernels);
  std::string out = Banner(layouts);
  out += kShared;
  for (const KernelLayout& kernel : layouts) out += "\n" + RenderKernel(kernel);
  return out;
}

}  // namespace tilesmith
