#include "tuner/space/shuffled_indices.h"

#include "tuner/space/uniform.h"

namespace tilesmith {

ShuffledIndices::ShuffledIndices(std::uint64_t size, std::uint64_t seed)
    : size_(size), random_(seed) {}

std::optional<std::uint64_t> ShuffledIndices::Next() {
  if (drawn_ == size_) return std::nullopt;
  const std::uint64_t place = drawn_ + UniformBelow(random_, size_ - drawn_);
  const auto at = [this](std::uint64_t i) {
    const auto found = moved_.find(i);
    return found == moved_.end() ? i : found->second;
  };
  const std::uint64_t index = at(place);
  const std::uint64_t displaced = at(drawn_);
  if (place != drawn_) moved_[place] = displaced;
  moved_.erase(drawn_);
  ++drawn_;
  return index;
}

}  // namespace tilesmith
