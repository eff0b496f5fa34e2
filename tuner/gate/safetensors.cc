#include "tuner/gate/safetensors.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <lzma.h>
#include <nlohmann/json.hpp>

#include "reports/generated_header.h"
#include "results/error.h"

namespace tilesmith {
namespace {

using Json = nlohmann::json;

static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian");

// Header sizes beyond this are damage, not metadata (the reference reader has the same bound).
constexpr std::uint64_t kMostHeader = 100u << 20;

[[noreturn]] void Refuse(const std::string& path, const std::string& why) {
  throw UserError(fmt::format("{}: {}; write it again", path, why));
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw UserError(fmt::format("{}: cannot read: {}", path, std::strerror(errno)));
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

std::string Unpack(const std::string& path, const std::string& packed) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, UINT64_MAX, LZMA_CONCATENATED) != LZMA_OK) {
    Refuse(path, "cannot start unpacking");
  }
  stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  std::string text;
  std::vector<std::uint8_t> chunk(1u << 20);
  lzma_ret state = LZMA_OK;
  while (state == LZMA_OK) {
    stream.next_out = chunk.data();
    stream.avail_out = chunk.size();
    state = lzma_code(&stream, LZMA_FINISH);
    text.append(reinterpret_cast<const char*>(chunk.data()), chunk.size() - stream.avail_out);
  }
  lzma_end(&stream);
  if (state != LZMA_STREAM_END) Refuse(path, "the xz data is damaged or truncated");
  return text;
}

std::size_t ElementSize(const std::string& path, const std::string& dtype) {
  static const std::map<std::string, std::size_t> sizes{
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"I16", 2}, {"U16", 2}, {"F16", 2}, {"BF16", 2},
      {"I32", 4},  {"U32", 4}, {"F32", 4}, {"I64", 8}, {"U64", 8}, {"F64", 8}};
  const auto found = sizes.find(dtype);
  if (found == sizes.end()) Refuse(path, fmt::format("unknown dtype '{}'", dtype));
  return found->second;
}

SafeTensor ReadTensor(const std::string& path, const std::string& name, const Json& entry,
                      std::string_view data) {
  SafeTensor tensor;
  tensor.dtype = entry.at("dtype").get<std::string>();
  tensor.shape = entry.at("shape").get<std::vector<std::int64_t>>();
  const auto begin = entry.at("data_offsets").at(0).get<std::uint64_t>();
  const auto end = entry.at("data_offsets").at(1).get<std::uint64_t>();
  if (begin > end || end > data.size()) {
    Refuse(path, fmt::format("tensor '{}' lies outside the file's data (truncated?)", name));
  }
  std::uint64_t bytes = ElementSize(path, tensor.dtype);
  for (const std::int64_t size : tensor.shape) {
    if (size < 0 || (size > 0 && bytes > (1ull << 40) / static_cast<std::uint64_t>(size))) {
      Refuse(path, fmt::format("tensor '{}' has an impossible shape", name));
    }
    bytes *= static_cast<std::uint64_t>(size);
  }
  if (bytes != end - begin) {
    Refuse(path, fmt::format("tensor '{}' has {} bytes, its shape and dtype need {}", name,
                             end - begin, bytes));
  }
  const auto* first = reinterpret_cast<const std::byte*>(data.data() + begin);
  tensor.data.assign(first, first + bytes);
  return tensor;
}

SafeTensors Parse(const std::string& path, std::string_view text) {
  std::uint64_t header = 0;
  if (text.size() < sizeof(header)) Refuse(path, "shorter than a safetensors header");
  std::memcpy(&header, text.data(), sizeof(header));
  if (header > kMostHeader || header > text.size() - sizeof(header)) {
    Refuse(path, "the header is longer than the file (truncated, or not safetensors)");
  }
  const std::string_view data = text.substr(sizeof(header) + header);
  SafeTensors file;
  try {
    const Json json = Json::parse(text.substr(sizeof(header), header));
    for (const auto& [name, entry] : json.get_ref<const Json::object_t&>()) {
      if (name == "__metadata__") {
        file.metadata = entry.get<std::map<std::string, std::string>>();
      } else {
        file.tensors[name] = ReadTensor(path, name, entry, data);
      }
    }
  } catch (const Json::exception& error) {
    Refuse(path, fmt::format("the header is not safetensors JSON ({})", error.what()));
  }
  return file;
}

using Tensors = std::map<std::string, SafeTensor>;

// Wide elements first: all are aligned then, without the gaps that the reference reader refuses.
std::vector<const Tensors::value_type*> ByElementSize(const std::string& path,
                                                      const Tensors& tensors) {
  std::vector<const Tensors::value_type*> ordered;
  for (const auto& entry : tensors) ordered.push_back(&entry);
  std::stable_sort(ordered.begin(), ordered.end(), [&](const auto* a, const auto* b) {
    return ElementSize(path, a->second.dtype) > ElementSize(path, b->second.dtype);
  });
  return ordered;
}

}  // namespace

SafeTensors LoadSafeTensors(const std::string& path) {
  std::string text = ReadFile(path);
  if (path.ends_with(".xz")) text = Unpack(path, text);
  return Parse(path, text);
}

void SaveSafeTensors(const std::string& path, const SafeTensors& file) {
  Json header = Json::object();
  if (!file.metadata.empty()) header["__metadata__"] = file.metadata;
  std::string data;
  for (const auto* entry : ByElementSize(path, file.tensors)) {
    const auto& [name, tensor] = *entry;
    const std::size_t begin = data.size();
    data.append(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
    header[name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {begin, data.size()}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  std::string whole(reinterpret_cast<const char*>(&length), sizeof(length));
  whole += text;
  whole += data;
  std::error_code ignored;  // the write below says what is wrong, with the path
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  WriteFileAtomically(path, whole);
}

}  // namespace tilesmith
