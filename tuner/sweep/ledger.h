// The trials of one question: what the database knew, what this sweep was told or found, and what
// follows from them: the pivot, what they cost, why configs were rejected.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "results/records.h"

namespace tilesmith {

class Ledger {
 public:
  explicit Ledger(std::vector<Trial> stored);

  /// What the database knows of the config; nullptr for nothing.
  const Trial* Stored(const Config& config) const;
  /// Enters a trial; a later one of the same config replaces it.
  void Enter(Trial trial);

  const Trial* Find(const Config& config) const;
  /// A fully timed trial whose machine code is this; nullptr when there is none.
  const Trial* WithCode(const std::string& code_hash) const;
  /// What candidates are timed beside: the first config that passed the gate, as a rule the default. It
  /// stays for the whole sweep. Moving on to each new best would re-base every ratio on a lucky one:
  /// twelve configs in, such a chain called 2.4x what the duel then found to be 1.3x.
  const std::optional<Config>& pivot() const { return pivot_; }
  std::size_t size() const { return trials_.size(); }
  /// Seconds that compiling, proving and timing the entered trials took, in whichever session.
  double spent_s() const { return spent_s_; }

  std::vector<Trial> Trials() const;
  std::vector<std::pair<Status, int>> Counts() const;
  /// Kinds of rejection with an example each, most frequent first.
  std::vector<std::pair<std::string, int>> Rejections() const;

 private:
  std::map<std::string, Trial> stored_;         // by config
  std::map<std::string, Trial> trials_;         // by config
  std::map<std::string, std::string> by_code_;  // machine code → config
  std::optional<Config> pivot_;
  double spent_s_ = 0;
};

}  // namespace tilesmith
