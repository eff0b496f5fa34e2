// One small step of csa_attention_half_layer with memory of its own: inputs as the registration
// fills them, but for the positions, which the test gives.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/csa_attention_half_layer/args.h"
#include "kernels/csa_attention_half_layer/inputs.h"
#include "kernels/golden/rounding.h"
#include "tuner/gate/case.h"
#include "tuner/kernel.h"

namespace kernels {

class LayerCase : public tilesmith::CaseInputs {
 public:
  LayerCase(const std::vector<std::int64_t>& first, int S) : dims_(Dims(first.size(), S)) {
    const tilesmith::KernelSpec& spec =
        *tilesmith::Registry::Get().Find("csa_attention_half_layer");
    const tilesmith::Case filled = tilesmith::MakeInputs(spec, {"test", dims_}, 1);
    for (std::size_t i = 0; i < spec.operands.size(); ++i) {
      const tilesmith::Operand& operand = spec.operands[i];
      // Poison: NaN as a float and as a bf16, −1 as an integer.
      std::vector<std::byte>& bytes = bytes_[operand.name];
      bytes.assign(filled.shapes[i].bytes, std::byte{0xff});
      if (tilesmith::IsRead(operand.direction)) {
        std::memcpy(bytes.data(), filled.inputs[i].data(), bytes.size());
      }
      if (tilesmith::IsCompared(operand.direction)) outputs_.push_back(operand.name);
      operand.bind(&args, bytes.data());
    }
    for (std::size_t i = 0; i < spec.dims.size(); ++i) spec.dims[i].bind(&args, dims_[i].second);
    csa_half_layer::PlaceBatches(*this, first);
  }

  std::int64_t Dim(std::string_view name) const override {
    return std::ranges::find(dims_, name, &std::pair<std::string, std::int64_t>::first)->second;
  }
  std::uint64_t Random() override { return random_(); }
  double RandomNormal() override { throw std::logic_error("positions are no deviates"); }

  template <typename T>
  std::vector<T> Copy(const std::string& name) {
    const std::span<T> values = Get<T>(name);
    return {values.begin(), values.end()};
  }
  /// The bits of one operand, and of all that the kernel leaves.
  const std::vector<std::byte>& Bits(const std::string& name) const { return bytes_.at(name); }
  std::map<std::string, std::vector<std::byte>> Outputs() const {
    std::map<std::string, std::vector<std::byte>> all;
    for (const std::string& name : outputs_) all[name] = Bits(name);
    return all;
  }

  /// Of an operand of floats.
  float LargestDifference(LayerCase& other, const std::string& name) {
    const std::span<const float> ours = Get<float>(name), theirs = other.Get<float>(name);
    float largest = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const float difference = std::fabs(ours[i] - theirs[i]);
      if (!(difference <= largest)) largest = difference;  // a NaN stays
    }
    return largest;
  }

  CsaAttentionHalfLayerArgs args{};

 private:
  // In the registration's order. Fewer columns are chosen than position 255 sees.
  static std::vector<std::pair<std::string, std::int64_t>> Dims(std::size_t B, int S) {
    const auto batches = static_cast<std::int64_t>(B);
    return {{"B", batches},
            {"S", S},
            {"D", 96},
            {"H", 2},
            {"QL", 64},
            {"G", 1},
            {"O_LORA", 48},
            {"IDX_TOPK", 24},
            {"SCORE_LEN", 80},
            {"MAX_SEQ", 300},
            {"STATE_BLOCKS", 4 * batches + 1},
            {"STATE_PAGES", 75},
            {"IDX_BLOCKS", 5 * batches + 1},
            {"IDX_PAGE", 16},
            {"IDX_MAX", 5},
            {"ORI_BLOCKS", batches + 1},
            {"CMP_BLOCKS", 3 * batches + 1},
            {"CMP_PAGE", 32},
            {"CMP_MAX", 3}};
  }

  std::pair<void*, std::size_t> Find(std::string_view name, tilesmith::DType dtype) override {
    std::vector<std::byte>& bytes = bytes_.at(std::string(name));
    return {bytes.data(), bytes.size() / tilesmith::SizeOf(dtype)};
  }

  std::vector<std::pair<std::string, std::int64_t>> dims_;
  std::map<std::string, std::vector<std::byte>> bytes_;
  std::vector<std::string> outputs_;
  std::mt19937_64 random_{7};
};

}  // namespace kernels
