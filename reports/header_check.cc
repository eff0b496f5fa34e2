// CheckHeader: what a committed header says against what the database says, kernel by kernel.
#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "reports/generated_header.h"
#include "reports/header_evidence.h"
#include "reports/header_layout.h"
#include "reports/header_text.h"

namespace tilesmith {
namespace {

using Constant = HeaderText::Constant;
using Tiles = std::map<std::string, std::string>;

std::string ToText(const Tiles& tiles) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : tiles) parts.push_back(name + "=" + value);
  return parts.empty() ? "nothing" : fmt::format("{}", fmt::join(parts, ","));
}

// The tiles of `a` that `b` does not have alike.
Tiles Unlike(const Tiles& a, const Tiles& b) {
  Tiles unlike;
  for (const auto& [name, value] : a) {
    const auto found = b.find(name);
    if (found == b.end() || found->second != value) unlike[name] = value;
  }
  return unlike;
}

template <typename Value>
std::set<std::string> Keys(const std::map<std::string, Value>& a,
                           const std::map<std::string, Value>& b) {
  std::set<std::string> keys;
  for (const auto* map : {&a, &b}) {
    for (const auto& [key, value] : *map) keys.insert(key);
  }
  return keys;
}

template <typename Value>
const Value* Find(const std::map<std::string, Value>& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

class Comparison {
 public:
  explicit Comparison(const HeaderContents& contents)
      : layouts_(LayOut(contents.kernels)), lines_(contents.left_out) {}

  void CompareKernels(const HeaderText& committed, const HeaderText& wanted) {
    for (const std::string& name_space : Keys(committed.kernels, wanted.kernels)) {
      const HeaderText::Kernel* old = Find(committed.kernels, name_space);
      const HeaderText::Kernel* now = Find(wanted.kernels, name_space);
      layout_ = LayoutOf(name_space);
      kernel_ = layout_ == nullptr ? name_space : layout_->space->kernel;
      if (old == nullptr) {
        Add(kernel_, "the committed header does not have this kernel");
      } else if (now == nullptr) {
        Add(kernel_, "only the committed header has this kernel, not the database");
      } else {
        CompareKernel(*old, *now);
      }
    }
  }

  bool HasLines() const { return !lines_.empty(); }
  std::vector<std::string> Take() { return std::move(lines_); }

 private:
  // Left-out entries have said already why the database does not support them.
  void Add(const std::string& subject, std::string_view what) {
    const bool known = std::any_of(lines_.begin(), lines_.end(), [&](const std::string& line) {
      return line.starts_with(subject + ": ");
    });
    if (!known) lines_.push_back(fmt::format("{}: {}", subject, what));
  }

  const KernelLayout* LayoutOf(const std::string& name_space) const {
    for (const KernelLayout& layout : layouts_) {
      if (layout.name_space == name_space) return &layout;
    }
    return nullptr;
  }

  // " (win 1.21x)"; empty for a constant that is no entry, the default.
  std::string Verdict(const std::string& identifier) const {
    for (const KernelLayout::Entry& entry : layout_->entries) {
      if (entry.constant == identifier) {
        return fmt::format(" ({})", VerdictSummary(entry.evidence->duel));
      }
    }
    return "";
  }

  void CompareKernel(const HeaderText::Kernel& old, const HeaderText::Kernel& now) {
    bool same_tiles = true;
    for (const std::string& identifier : Keys(old.constants, now.constants)) {
      const Constant* before = Find(old.constants, identifier);
      const Constant* after = Find(now.constants, identifier);
      same_tiles =
          same_tiles && before != nullptr && after != nullptr && before->tiles == after->tiles;
      CompareConstant(identifier, before, after);
    }
    if (same_tiles && old.code != now.code) Add(kernel_, "its sizes, constraints or code differ");
  }

  void CompareConstant(const std::string& identifier, const Constant* old, const Constant* now) {
    const std::string subject = kernel_ + " " + (now != nullptr ? now : old)->problem;
    if (old == nullptr) {
      Add(subject, fmt::format("the committed header does not have it, database says {}{}",
                               ToText(now->tiles), Verdict(identifier)));
    } else if (now == nullptr) {
      Add(subject, fmt::format("committed {}, the database does not have it", ToText(old->tiles)));
    } else if (old->tiles != now->tiles) {
      Add(subject,
          fmt::format("committed {}, database says {}{}", ToText(Unlike(old->tiles, now->tiles)),
                      ToText(Unlike(now->tiles, old->tiles)), Verdict(identifier)));
    } else if (old->evidence != now->evidence) {
      Add(subject, fmt::format("same tiles, other evidence; database says{}", Verdict(identifier)));
    }
  }

  std::vector<KernelLayout> layouts_;
  std::vector<std::string> lines_;
  const KernelLayout* layout_ = nullptr;
  std::string kernel_;
};

// "line 7: committed '…', database says '…'" for the first line that differs.
std::string FirstDifference(std::string_view committed, std::string_view wanted) {
  const auto [a, b] =
      std::mismatch(committed.begin(), committed.end(), wanted.begin(), wanted.end());
  const auto line_at = [](std::string_view text, std::size_t at) {
    const std::size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    return text.substr(begin, text.find('\n', begin) - begin);
  };
  const auto at = static_cast<std::size_t>(a - committed.begin());
  return fmt::format("line {}: committed '{}', database says '{}'",
                     1 + std::count(committed.begin(), a, '\n'), line_at(committed, at),
                     line_at(wanted, static_cast<std::size_t>(b - wanted.begin())));
}

}  // namespace

std::vector<std::string> CheckHeader(const HeaderContents& contents, const std::string& committed) {
  const std::string wanted = GenerateHeader(contents.kernels);
  if (committed == wanted) return contents.left_out;
  Comparison comparison(contents);
  comparison.CompareKernels(ReadHeaderText(committed), ReadHeaderText(wanted));
  if (comparison.HasLines()) return comparison.Take();
  return {FirstDifference(committed, wanted)};
}

}  // namespace tilesmith
