#include "tuner/space/iterated_local_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "tuner/space/uniform.h"

namespace tilesmith {
namespace {

constexpr int kStartQuestions = 10;
constexpr std::uint64_t kFewestChanges = 2;
constexpr std::uint64_t kMostChanges = 3;

}  // namespace

IteratedLocalSearch::IteratedLocalSearch(const SearchSpace& space, std::uint64_t seed)
    // The order draws from the seed itself; other choices must not repeat its numbers.
    : space_(space), random_(seed ^ 0x9e3779b97f4a7c15), order_(space.Count(), seed) {}

std::vector<std::uint64_t> IteratedLocalSearch::Ask(std::size_t count) {
  std::vector<std::uint64_t> questions;
  while (questions.size() < count && seen_.size() < space_.Count()) {
    std::optional<std::uint64_t> next = Next();
    // Asked again before any answer came: something unseen is better than nothing.
    if (!next && questions.empty()) next = Unseen();
    if (!next) break;
    seen_.insert(*next);
    asked_new_ = true;
    questions.push_back(*next);
  }
  return questions;
}

void IteratedLocalSearch::Tell(std::uint64_t index, std::optional<double> objective) {
  const bool failed = !objective || std::isnan(*objective);
  answers_[index] = failed ? std::numeric_limits<double>::infinity() : *objective;
  seen_.insert(index);
  if (best_ == index) best_ = BestOfAll();  // the later answer may be worse
  if (!best_ || Better(index, *best_)) best_ = index;
}

std::uint64_t IteratedLocalSearch::BestOfAll() const {
  std::uint64_t best = answers_.begin()->first;
  for (const auto& [index, answer] : answers_) {
    if (Better(index, best)) best = index;
  }
  return best;
}

// Ties go to the lower index, so that the order in which answers arrive does not matter.
bool IteratedLocalSearch::Better(std::uint64_t a, std::uint64_t b) const {
  return std::tuple(Answer(a), a) < std::tuple(Answer(b), b);
}

std::optional<std::uint64_t> IteratedLocalSearch::Next() {
  return descending_ ? NextOfDescent() : NextOfStart();
}

std::optional<std::uint64_t> IteratedLocalSearch::NextOfStart() {
  if (started_++ == 0 && !seen_.contains(space_.DefaultIndex())) {
    open_start_.push_back(space_.DefaultIndex());
    return space_.DefaultIndex();
  }
  std::erase_if(open_start_, [this](std::uint64_t index) { return Known(index); });
  const bool nothing_works = !best_ || std::isinf(Answer(*best_));
  if (started_ <= kStartQuestions || (nothing_works && open_start_.empty())) {
    const std::optional<std::uint64_t> index = Unseen();
    if (index) open_start_.push_back(*index);
    return index;
  }
  if (!open_start_.empty()) return std::nullopt;
  DescendFrom(*best_);
  return NextOfDescent();
}

std::optional<std::uint64_t> IteratedLocalSearch::NextOfDescent() {
  while (seen_.size() < space_.Count()) {
    if (!seen_.contains(current_)) return current_;
    if (!Known(current_)) return std::nullopt;
    if (const std::optional<std::uint64_t> better = BestAnswered(&open_)) {
      DescendFrom(*better);
      continue;
    }
    if (const std::optional<std::uint64_t> neighbour = NextNeighbour()) {
      if (!Known(*neighbour)) return neighbour;
      DescendFrom(*neighbour);
      continue;
    }
    if (!open_.empty()) return std::nullopt;
    EndDescent();
  }
  return std::nullopt;
}

// Removes what has been answered and returns the best of it, if better than the current config.
std::optional<std::uint64_t> IteratedLocalSearch::BestAnswered(
    std::vector<std::uint64_t>* among) const {
  std::optional<std::uint64_t> best;
  std::erase_if(*among, [&](std::uint64_t index) {
    if (!Known(index)) return false;
    if (!best || Better(index, *best)) best = index;
    return true;
  });
  if (best && Answer(*best) < Answer(current_)) return best;
  return std::nullopt;
}

// The next neighbour that is unseen, or known to be better.
std::optional<std::uint64_t> IteratedLocalSearch::NextNeighbour() {
  while (!neighbours_.empty()) {
    const std::uint64_t index = neighbours_.back();
    neighbours_.pop_back();
    if (Known(index)) {
      if (Answer(index) < Answer(current_)) return index;
      continue;
    }
    open_.push_back(index);
    if (!seen_.contains(index)) return index;
  }
  return std::nullopt;
}

void IteratedLocalSearch::DescendFrom(std::uint64_t index) {
  if (!descending_) asked_new_ = false;
  descending_ = true;
  current_ = index;
  open_.clear();
  neighbours_ = space_.Neighbours(index);
  Shuffle(random_, neighbours_);
}

void IteratedLocalSearch::EndDescent() {
  const bool stuck = !asked_new_;
  asked_new_ = false;
  const std::optional<std::uint64_t> unseen = stuck ? Unseen() : std::nullopt;
  DescendFrom(unseen ? *unseen : Perturbed(*best_));
}

// By single steps, because those stay valid where a jump in several tiles at once rarely does.
std::uint64_t IteratedLocalSearch::Perturbed(std::uint64_t index) {
  const std::uint64_t changes =
      kFewestChanges + UniformBelow(random_, kMostChanges - kFewestChanges + 1);
  for (std::uint64_t i = 0; i < changes; ++i) {
    const std::vector<std::uint64_t> neighbours = space_.Neighbours(index);
    if (neighbours.empty()) break;
    index = neighbours[UniformBelow(random_, neighbours.size())];
  }
  return index;
}

std::optional<std::uint64_t> IteratedLocalSearch::Unseen() {
  std::optional<std::uint64_t> index = order_.Next();
  while (index && seen_.contains(*index)) index = order_.Next();
  return index;
}

}  // namespace tilesmith
