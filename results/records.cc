#include "results/records.h"

#include <array>

#include "results/error.h"

namespace tilesmith {
namespace {

template <typename Enum>
struct Word {
  Enum value;
  std::string_view text;
};

constexpr std::array<Word<Status>, 10> kStatuses = {{
    {Status::kOk, "ok"},
    {Status::kPruned, "pruned"},
    {Status::kCompileFailed, "compile_failed"},
    {Status::kCompileTimeout, "compile_timeout"},
    {Status::kCrashed, "crashed"},
    {Status::kTimedOut, "timed_out"},
    {Status::kWrong, "wrong"},
    {Status::kSuspect, "suspect"},
    {Status::kNondeterministic, "nondeterministic"},
    {Status::kNoisy, "noisy"},
}};

constexpr std::array<Word<Verdict>, 5> kVerdicts = {{
    {Verdict::kWin, "win"},
    {Verdict::kTie, "tie"},
    {Verdict::kLoss, "loss"},
    {Verdict::kUndecided, "undecided"},
    {Verdict::kNone, "none"},
}};

template <typename Words, typename Enum>
std::string_view TextOf(const Words& words, Enum value) {
  for (const auto& word : words) {
    if (word.value == value) return word.text;
  }
  Abort(__FILE__, __LINE__, "an enumerator without a word");
}

template <typename Enum, std::size_t N>
std::optional<Enum> ValueOf(const std::array<Word<Enum>, N>& words, std::string_view text) {
  for (const Word<Enum>& word : words) {
    if (word.text == text) return word.value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view ToString(Status status) { return TextOf(kStatuses, status); }

std::optional<Status> ParseStatus(std::string_view text) { return ValueOf(kStatuses, text); }

const std::vector<Status>& AllStatuses() {
  static const std::vector<Status> all = [] {
    std::vector<Status> statuses;
    for (const auto& word : kStatuses) statuses.push_back(word.value);
    return statuses;
  }();
  return all;
}

bool PassedGate(Status status) {
  return status == Status::kOk || status == Status::kPruned || status == Status::kNoisy;
}

std::string_view ToString(Verdict verdict) { return TextOf(kVerdicts, verdict); }

std::optional<Verdict> ParseVerdict(std::string_view text) { return ValueOf(kVerdicts, text); }

const DuelEntry* Duel::Find(const Config& config) const {
  for (const DuelEntry& entry : entries) {
    if (entry.config == config) return &entry;
  }
  return nullptr;
}

const DuelEntry* Duel::Default() const {
  for (const DuelEntry& entry : entries) {
    if (entry.role == "default") return &entry;
  }
  return nullptr;
}

}  // namespace tilesmith
