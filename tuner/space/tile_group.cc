#include "tuner/space/tile_group.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "results/error.h"

namespace tilesmith {
namespace {

// Of combinations of one group; about as long as anybody waits, and some hundred MB.
constexpr std::uint64_t kMostCombinations = 100'000'000;

}  // namespace

TileGroup::TileGroup(const std::vector<Tile>& all, std::vector<std::size_t> tiles,
                     std::vector<Rule> rules)
    : tiles_(std::move(tiles)), rules_(std::move(rules)) {
  TILESMITH_CHECK(!tiles_.empty());
  Enumerate(all);
}

std::span<const std::uint16_t> TileGroup::Row(std::uint64_t index) const {
  TILESMITH_CHECK(index < Count());
  return std::span(rows_).subspan(index * tiles_.size(), tiles_.size());
}

std::optional<std::uint64_t> TileGroup::Find(const Digits& digits) const {
  std::uint64_t low = 0;
  std::uint64_t high = Count();
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const std::span<const std::uint16_t> row = Row(middle);
    if (std::lexicographical_compare(row.begin(), row.end(), digits.begin(), digits.end())) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == Count() || !std::ranges::equal(Row(low), digits)) return std::nullopt;
  return low;
}

void TileGroup::Enumerate(const std::vector<Tile>& all) {
  for (const std::size_t tile : tiles_) {
    if (all[tile].values.size() > std::numeric_limits<std::uint16_t>::max()) {
      throw UserError(fmt::format("{} has {} values, more than the 65535 that are supported",
                                  all[tile].name, all[tile].values.size()));
    }
    members_.push_back(&all[tile]);
  }
  rules_at_.resize(members_.size());
  for (Rule& rule : rules_) rules_at_[rule.last_tile].push_back(&rule);
  values_.assign(members_.size(), Number::Integer(0));
  current_.assign(members_.size(), 0);
  Extend(0);
  rows_.shrink_to_fit();
  members_ = {};
  rules_at_ = {};
}

void TileGroup::Extend(std::size_t depth) {
  const std::vector<std::int64_t>& values = members_[depth]->values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    current_[depth] = static_cast<std::uint16_t>(i);
    values_[depth] = Number::Integer(values[i]);
    if (!Passes(depth)) continue;
    if (depth + 1 == members_.size()) {
      Append();
    } else {
      Extend(depth + 1);
    }
  }
}

bool TileGroup::Passes(std::size_t depth) {
  for (Rule* rule : rules_at_[depth]) {
    try {
      if (rule->program.Holds(values_.data())) continue;
    } catch (const UserError& error) {
      throw UserError(fmt::format("{}: {} with {}", rule->label, error.what(), Bound(depth)));
    }
    ++rule->rejected;
    return false;
  }
  return true;
}

void TileGroup::Append() {
  if (Count() >= kMostCombinations) {
    std::string names;
    for (const Tile* tile : members_) names += (names.empty() ? "" : ", ") + tile->name;
    throw UserError(
        fmt::format("more than {} valid combinations of {}; give fewer values or add a constraint",
                    kMostCombinations, names));
  }
  rows_.insert(rows_.end(), current_.begin(), current_.end());
}

std::string TileGroup::Bound(std::size_t depth) const {
  Dims bound;
  for (std::size_t i = 0; i <= depth; ++i)
    bound.emplace_back(members_[i]->name, values_[i].integer);
  return ToString(bound);
}

}  // namespace tilesmith
