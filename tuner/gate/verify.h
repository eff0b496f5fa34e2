// `tilesmith verify`: the gate on demand, and the replay of golden data made by others.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tuner/compile/compiler.h"
#include "tuner/gate/gate.h"
#include "tuner/kernel.h"

namespace tilesmith {

/// One line of what was verified.
struct Verified {
  std::string kernel;
  std::string
      what;  // a config and problem, or a golden file and who was compared (golden, variant)
  GateReport report;
};

/// What the gate says of a variant that did not compile; status ok when it did.
GateReport CompileFailure(const Compiled& compiled);

/// Runs the whole gate of one config on the given problems of the space.
std::vector<Verified> VerifyConfig(const KernelSpec& kernel, const SpaceDefinition& space,
                                   const std::vector<Problem>& problems, const Config& config,
                                   Compiler& compiler, const GateOptions& options);

/// Replays golden files (one .safetensors or .safetensors.xz file, or a folder searched
/// recursively): golden and default variant are both compared with every out.* tensor. `kernels`
/// are the contracts to replay; files of other families or contracts are left out, unless the path
/// names that one file. A missing tensor, wrong dtype or shape is named before anything runs
/// (UserError).
std::vector<Verified> VerifyGoldenData(const std::vector<const KernelSpec*>& kernels,
                                       const std::string& path, Compiler& compiler,
                                       const GateOptions& options);

/// Writes inputs and the golden's outputs of a problem as <folder>/<kernel>/<problem>.safetensors,
/// in the format VerifyGoldenData reads. Returns the path.
std::string SaveGoldenData(const KernelSpec& kernel, const Problem& problem, std::uint64_t seed,
                           const std::string& folder, const Limits& limits);

}  // namespace tilesmith
