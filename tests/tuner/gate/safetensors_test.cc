#include "tuner/gate/safetensors.h"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include <lzma.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/error.h"

namespace tilesmith {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string Path(const std::string& name) { return testing::TempDir() + "safetensors_" + name; }

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string ReadBack(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A file of this header and data, as any program might write it.
std::string FileOf(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  std::string text(reinterpret_cast<const char*>(&length), sizeof length);
  return text + header + data;
}

/// What loading a file of these bytes complains of; it must name the file.
std::string Complaint(const std::string& bytes, const std::string& name = "bad.safetensors") {
  WriteFile(Path(name), bytes);
  try {
    LoadSafeTensors(Path(name));
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), StartsWith(Path(name) + ": "));
    return error.what();
  }
  return {};
}

SafeTensor Tensor(const std::string& dtype, std::vector<std::int64_t> shape,
                  const std::string& bytes) {
  SafeTensor tensor{dtype, std::move(shape), std::vector<std::byte>(bytes.size())};
  if (!bytes.empty()) std::memcpy(tensor.data.data(), bytes.data(), bytes.size());
  return tensor;
}

SafeTensors Sample() {
  SafeTensors file;
  file.metadata = {{"kernel", "hc_post"}, {"note", "\"quoted\" ü"}};
  file.tensors["in.a"] = Tensor("I8", {3}, "abc");  // of odd size, and first by name
  file.tensors["in.b"] = Tensor("F32", {2, 1}, "12345678");
  file.tensors["in.c"] = Tensor("BF16", {1}, "xy");
  file.tensors["in.d"] = Tensor("I64", {}, "87654321");
  file.tensors["in.e"] = Tensor("F32", {0, 4}, "");
  return file;
}

void ExpectSample(const SafeTensors& file) {
  const SafeTensors sample = Sample();
  EXPECT_EQ(file.metadata, sample.metadata);
  ASSERT_EQ(file.tensors.size(), sample.tensors.size());
  for (const auto& [name, tensor] : sample.tensors) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(file.tensors.contains(name));
    EXPECT_EQ(file.tensors.at(name).dtype, tensor.dtype);
    EXPECT_EQ(file.tensors.at(name).shape, tensor.shape);
    EXPECT_EQ(file.tensors.at(name).data, tensor.data);
  }
}

std::string Packed(const std::string& text) {
  std::string packed(text.size() + 1000, '\0');
  std::size_t size = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(
                1, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()),
                text.size(), reinterpret_cast<std::uint8_t*>(packed.data()), &size, packed.size()),
            LZMA_OK);
  packed.resize(size);
  return packed;
}

TEST(SafeTensorsTest, RoundTrip) {
  const std::string path = Path("new_folder/round.safetensors");
  std::filesystem::remove_all(std::filesystem::path(path).parent_path());
  SaveSafeTensors(path, Sample());
  ExpectSample(LoadSafeTensors(path));
}

TEST(SafeTensorsTest, ReadsXz) {
  SaveSafeTensors(Path("plain.safetensors"), Sample());
  const std::string plain = ReadBack(Path("plain.safetensors"));
  WriteFile(Path("packed.safetensors.xz"), Packed(plain));
  ExpectSample(LoadSafeTensors(Path("packed.safetensors.xz")));
  EXPECT_THAT(Complaint(Packed(plain).substr(0, 60), "cut.safetensors.xz"), HasSubstr("xz data"));
  EXPECT_THAT(Complaint(plain, "no.safetensors.xz"), HasSubstr("xz data"));
}

// The reference reader refuses files whose tensors leave gaps or overlap, and reads through
// pointers.
TEST(SafeTensorsTest, WritesAlignedTensorsWithoutGaps) {
  SaveSafeTensors(Path("order.safetensors"), Sample());
  const std::string text = ReadBack(Path("order.safetensors"));
  std::uint64_t header = 0;
  std::memcpy(&header, text.data(), sizeof header);
  EXPECT_EQ(header % 8, 0u);
  EXPECT_EQ(text.substr(8 + header), "8765432112345678xyabc");
}

TEST(SafeTensorsTest, ReadsWhatOthersWrote) {
  WriteFile(Path("other.safetensors"),
            FileOf(R"({"t":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]}}   )", "wxyz"));
  const SafeTensors file = LoadSafeTensors(Path("other.safetensors"));
  EXPECT_EQ(file.tensors.at("t").data, Tensor("U8", {2, 2}, "wxyz").data);
  EXPECT_TRUE(file.metadata.empty());
}

TEST(SafeTensorsTest, RefusesTruncatedFiles) {
  SaveSafeTensors(Path("whole.safetensors"), Sample());
  const std::string whole = ReadBack(Path("whole.safetensors"));
  EXPECT_THAT(Complaint(""), HasSubstr("shorter than a safetensors header"));
  EXPECT_THAT(Complaint(whole.substr(0, 100)), HasSubstr("longer than the file"));
  EXPECT_THAT(Complaint(whole.substr(0, whole.size() - 1)), HasSubstr("'in.a' lies outside"));
  for (std::size_t size = 0; size < whole.size(); size += 13) {
    EXPECT_NE(Complaint(whole.substr(0, size)), "") << size;
  }
}

TEST(SafeTensorsTest, RefusesWrongOffsets) {
  const auto with = [](const std::string& offsets) {
    return Complaint(
        FileOf(R"({"t":{"dtype":"U8","shape":[2],"data_offsets":)" + offsets + "}}", "wxyz"));
  };
  EXPECT_EQ(with("[2,4]"), "");
  EXPECT_THAT(with("[3,5]"), HasSubstr("lies outside"));
  EXPECT_THAT(with("[4,2]"), HasSubstr("lies outside"));
  EXPECT_THAT(with("[-1,1]"), HasSubstr("lies outside"));
  EXPECT_THAT(with("[0,3]"), AllOf(HasSubstr("has 3 bytes"), HasSubstr("need 2")));
  EXPECT_THAT(with("[0]"), HasSubstr("not safetensors JSON"));
}

TEST(SafeTensorsTest, RefusesImpossibleTensors) {
  const auto with = [](const std::string& dtype, const std::string& shape) {
    return Complaint(FileOf(
        R"({"t":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":[0,4]}})",
        "wxyz"));
  };
  EXPECT_EQ(with("F32", "[]"), "");
  EXPECT_THAT(with("C64", "[]"), HasSubstr("unknown dtype 'C64'"));
  EXPECT_THAT(with("F32", "[-1]"), HasSubstr("impossible shape"));
  EXPECT_THAT(with("F32", "[4611686018427387905]"), HasSubstr("impossible shape"));  // 2^62 + 1
}

TEST(SafeTensorsTest, RefusesHeadersThatAreNoJson) {
  EXPECT_THAT(Complaint(FileOf("{\"t\":", "")), HasSubstr("not safetensors JSON"));
  EXPECT_THAT(Complaint(FileOf("[1,2]", "")), HasSubstr("not safetensors JSON"));
  EXPECT_THAT(Complaint(FileOf("null", "")), HasSubstr("not safetensors JSON"));
  EXPECT_THAT(Complaint(FileOf("{\"t\":{\"dtype\":\"U8\"}}", "")),
              HasSubstr("not safetensors JSON"));
  EXPECT_THAT(Complaint("Hello, this is a text file and no tensor."), HasSubstr("not safetensors"));
}

TEST(SafeTensorsTest, NamesAFileThatIsNotThere) {
  EXPECT_THAT([] { LoadSafeTensors(Path("missing")); },
              testing::ThrowsMessage<UserError>(HasSubstr("safetensors_missing: cannot read")));
}

}  // namespace
}  // namespace tilesmith
