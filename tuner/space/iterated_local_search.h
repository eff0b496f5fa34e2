// Iterated local search from the best of ten: of the methods without a model the best at tens to
// hundreds of questions, on recorded sweeps of tile-sized kernels.
//
//   start    the default and nine random configs; the best is where the search begins
//   descend  neighbours (one tile, any value) in random order, moving to the first better one
//   perturb  where no neighbour is better: two or three random steps away from the best so far; the
//            descent begins there, better or not
//   restart  when a whole descent asked nothing new: at a random config never seen
//
// A question is never repeated: the answers are kept, and a known neighbour costs nothing. Several
// questions at a time are the next neighbours in line; of the better ones among them the best is
// taken.
#pragma once

#include <optional>
#include <random>
#include <unordered_map>
#include <unordered_set>

#include "tuner/space/shuffled_indices.h"
#include "tuner/space/strategy.h"

namespace tilesmith {

class IteratedLocalSearch : public Strategy {
 public:
  IteratedLocalSearch(const SearchSpace& space, std::uint64_t seed);

  std::string_view name() const override { return "ils"; }
  std::vector<std::uint64_t> Ask(std::size_t count) override;
  void Tell(std::uint64_t index, std::optional<double> objective) override;

 private:
  // What to ask next; nullopt when that depends on answers still out, or nothing is left.
  std::optional<std::uint64_t> Next();
  std::optional<std::uint64_t> NextOfStart();
  std::optional<std::uint64_t> NextOfDescent();
  std::optional<std::uint64_t> NextNeighbour();
  std::optional<std::uint64_t> Unseen();
  std::optional<std::uint64_t> BestAnswered(std::vector<std::uint64_t>* among) const;

  bool Known(std::uint64_t index) const { return answers_.contains(index); }
  double Answer(std::uint64_t index) const { return answers_.at(index); }
  bool Better(std::uint64_t a, std::uint64_t b) const;
  std::uint64_t BestOfAll() const;

  void DescendFrom(std::uint64_t index);
  void EndDescent();
  std::uint64_t Perturbed(std::uint64_t index);

  const SearchSpace& space_;
  std::mt19937_64 random_;
  ShuffledIndices order_;
  std::unordered_map<std::uint64_t, double> answers_;  // failed: infinity
  std::unordered_set<std::uint64_t> seen_;             // asked or told
  std::optional<std::uint64_t> best_;

  int started_ = 0;                        // questions of the start so far
  std::vector<std::uint64_t> open_start_;  // those of them still unanswered
  bool descending_ = false;

  // The descent under way: its config, the neighbours not yet looked at (last first), those asked
  // and not yet answered.
  std::uint64_t current_ = 0;
  std::vector<std::uint64_t> neighbours_;
  std::vector<std::uint64_t> open_;
  bool asked_new_ = false;
};

}  // namespace tilesmith
