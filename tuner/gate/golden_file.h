// Golden data of others as a case: tensors in.NAME and out.NAME become inputs and expected outputs,
// the dimensions are found from the shapes.
#pragma once

#include <string>

#include "tuner/gate/case.h"
#include "tuner/gate/safetensors.h"
#include "tuner/kernel.h"

namespace tilesmith {

/// Whether the file is of this kernel's contract and family, by any of the family's names; see
/// KernelSpec::file_names.
bool IsFor(const SafeTensors& file, const std::string& path, const KernelSpec& kernel);

/// Makes the case. Shapes decide the dimensions; a scalar comes from in.NAME (one number, of its
/// own name or, 0-dimensional, of another), else from the metadata's dims under any of its names,
/// else from the registration. Throws UserError naming the file and the tensor that is missing, of
/// another dtype, or of a shape that fits no dimensions.
Case CaseFromFile(const KernelSpec& kernel, const std::string& path, const SafeTensors& file);

/// The reverse: inputs, expected outputs and metadata of a case.
SafeTensors FileFromCase(const KernelSpec& kernel, const Case& test_case);

}  // namespace tilesmith
