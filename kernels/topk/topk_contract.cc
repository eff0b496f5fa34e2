#include "kernels/topk/topk_contract.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <vector>

#include "kernels/topk/topk_golden.h"

namespace kernels {
namespace {

using tilesmith::Finding;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <typename... Parts>
Finding Reject(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return {kInfinity, text.str()};
}

// The candidates that were chosen; a message when the entries are no selection at all.
Finding ReadSelection(const TopKRowCheck& row, const std::string& name, std::vector<bool>* taken) {
  const std::size_t selected = std::min(row.k, row.scores.size());
  taken->assign(row.scores.size(), false);
  for (std::size_t j = 0; j < row.chosen.size(); ++j) {
    const std::int64_t entry = row.chosen[j];
    if (j >= selected) {
      if (entry == -1) continue;
      return Reject(name, '[', j, "] is ", entry, ", expected -1: there are ", selected);
    }
    const std::int64_t index = entry - row.offset;
    if (index < 0 || index >= static_cast<std::int64_t>(row.scores.size())) {
      return Reject(name, '[', j, "] is ", entry, ", outside [", row.offset, ", ",
                    row.offset + static_cast<std::int64_t>(row.scores.size()), ')');
    }
    if ((*taken)[static_cast<std::size_t>(index)]) {
      return Reject(name, '[', j, "] is ", entry, " for the second time");
    }
    (*taken)[static_cast<std::size_t>(index)] = true;
  }
  return {};
}

// Compares scores of which neither is known better than to `bound`.
class Scale {
 public:
  explicit Scale(const TopKRowCheck& row) : row_(row) {}

  double Score(std::size_t index) const { return row_.scores[index]; }
  double Bound(std::size_t index) const { return row_.bound ? row_.bound(Score(index)) : 0; }

  /// By how much `better` exceeds `worse`, as a share of what the bounds explain.
  double Excess(std::size_t better, std::size_t worse) const {
    const double gap = Score(better) - Score(worse);
    if (gap <= 0) return 0;
    return gap / (Bound(better) + Bound(worse));
  }

 private:
  const TopKRowCheck& row_;
};

}  // namespace

Finding CheckTopK(const TopKRowCheck& row, const std::string& name) {
  if (row.chosen.size() < std::min(row.k, row.scores.size())) {
    return Reject(name, " has room for ", row.chosen.size(), " entries only");
  }
  std::vector<bool> taken;
  if (Finding found = ReadSelection(row, name, &taken); !found.message.empty()) return found;
  const Scale scale(row);
  const std::size_t selected = std::min(row.k, row.scores.size());
  const auto candidate = [&](std::size_t j) {
    return static_cast<std::size_t>(row.chosen[j] - row.offset);
  };
  // The one among those seen whose upper bound is lowest is the first to be overtaken.
  const auto upper = [&](std::size_t i) { return scale.Score(i) + scale.Bound(i); };
  const auto lower = [&](std::size_t i) { return scale.Score(i) - scale.Bound(i); };
  double share = 0;
  std::size_t weakest = 0;
  for (std::size_t j = 0; j < selected; ++j) {
    const std::size_t i = candidate(j);
    if (j > 0 && !(lower(i) <= upper(weakest))) {
      return Reject(name, '[', j, "] is ", row.chosen[j], " of score ", scale.Score(i),
                    ", later than ", weakest + static_cast<std::size_t>(row.offset), " of score ",
                    scale.Score(weakest));
    }
    if (j > 0) share = std::max(share, scale.Excess(i, weakest));
    if (j == 0 || upper(i) < upper(weakest)) weakest = i;
  }
  for (std::size_t i = 0; i < row.scores.size() && selected > 0; ++i) {
    if (taken[i]) continue;
    if (!(lower(i) <= upper(weakest))) {
      return Reject(name, " omits ", static_cast<std::int64_t>(i) + row.offset, " of score ",
                    scale.Score(i), " but holds ", static_cast<std::int64_t>(weakest) + row.offset,
                    " of score ", scale.Score(weakest));
    }
    share = std::max(share, scale.Excess(i, weakest));
  }
  return {share, ""};
}

Finding CheckTopKOrder(std::span<const float> scores, std::span<const std::int32_t> chosen,
                       std::size_t k, std::int32_t offset, const std::string& name) {
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (std::isnan(scores[i])) return Reject(name, " is of scores of which [", i, "] is NaN");
  }
  std::vector<std::int32_t> expected(chosen.size());
  golden::TopKRow(scores, k, offset, expected);
  const auto [at, wanted] = std::ranges::mismatch(chosen, expected);
  if (at == chosen.end()) return {};
  return Reject(name, '[', at - chosen.begin(), "] is ", *at, ", but the scores beside it put ",
                *wanted, " there");
}

}  // namespace kernels
