// The safetensors format (an 8-byte little-endian header length, a JSON header, raw little-endian
// data), which PyTorch reads and writes; .xz files are unpacked on the way in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tilesmith {

struct SafeTensor {
  std::string dtype;  // "F32", "BF16", "I8", "U8", "I32", "I64", "BOOL", …
  std::vector<std::int64_t> shape;
  std::vector<std::byte> data;
};

struct SafeTensors {
  std::map<std::string, SafeTensor> tensors;
  std::map<std::string, std::string> metadata;
};

/// Reads FILE.safetensors or FILE.safetensors.xz. Throws UserError naming the file and what is
/// wrong with it: truncated, a header that is no JSON, offsets outside the data, a size that is not
/// shape × dtype.
SafeTensors LoadSafeTensors(const std::string& path);

/// Writes the tensors, wide elements first and then by name, so that all are aligned without gaps,
/// by temporary file and rename.
void SaveSafeTensors(const std::string& path, const SafeTensors& file);

}  // namespace tilesmith
