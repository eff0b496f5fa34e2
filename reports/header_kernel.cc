#include "reports/header_kernel.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "reports/cpp_text.h"
#include "reports/header_evidence.h"
#include "reports/header_rules.h"
#include "results/error.h"

namespace tilesmith {
namespace {

using Names = std::vector<std::string>;

std::string RenderStruct(const SpaceRecord& space, std::string_view type, std::string_view member,
                         const Names& names) {
  std::string out = fmt::format("struct {} {{\n", type);
  for (const std::string& name : names) {
    if (!IsCppIdentifier(name)) {
      throw UserError(
          fmt::format("{}: '{}' cannot be a member of a C++ struct; rename it in the space "
                      "file and sweep again",
                      space.kernel, name));
    }
    out += fmt::format("  {} {};\n", member, name);
  }
  return out +
         fmt::format("  friend constexpr bool operator==(const {0}&, const {0}&) = default;\n}};\n",
                     type);
}

std::string RenderTypes(const SpaceRecord& space) {
  return "/// The tile sizes, as the kernel template takes them: one structural value.\n" +
         RenderStruct(space, "Tiles", "int", space.tiles) +
         "\n/// The sizes that decide which tiles are best.\n" +
         RenderStruct(space, "Shape", "long", space.dims);
}

// The values of `names` in `dims`, which must have these names and no others, up to `limit`.
std::vector<std::int64_t> ValuesOf(const std::string& where, const Dims& dims, const Names& names,
                                   std::int64_t limit) {
  std::vector<std::int64_t> values;
  for (const std::string& name : names) {
    const auto found =
        std::find_if(dims.begin(), dims.end(), [&](const auto& dim) { return dim.first == name; });
    if (found == dims.end() || dims.size() != names.size()) {
      throw UserError(fmt::format("{}: '{}' does not fit the kernel's space ({}); sweep it again",
                                  where, ToString(dims), fmt::join(names, ", ")));
    }
    if (!(found->second >= -limit && found->second <= limit)) {
      throw UserError(fmt::format("{}: {}={} is too large", where, name, found->second));
    }
    values.push_back(found->second);
  }
  return values;
}

std::string Designated(const Names& names, const std::vector<std::int64_t>& values) {
  std::vector<std::string> members;
  for (std::size_t i = 0; i < names.size(); ++i) {
    members.push_back(fmt::format(".{} = {}", names[i], values[i]));
  }
  return fmt::format("{{{}}}", fmt::join(members, ", "));
}

std::string RenderTiles(const std::string& where, const Config& config, const Names& names) {
  return Designated(
      names, ValuesOf(where, config.tiles(), names, std::numeric_limits<std::int32_t>::max()));
}

std::string Where(const KernelLayout& kernel, const Duel& duel) {
  return kernel.space->kernel + " " + duel.problem.name;
}

std::string RenderConstant(const std::string& name, const std::string& tiles) {
  return Unformatted(fmt::format("inline constexpr Tiles {} = {};\n", name, tiles));
}

std::string RenderConstants(const KernelLayout& kernel) {
  const SpaceRecord& space = *kernel.space;
  std::string out =
      "/// What every speed-up is quoted against, and what is left where no entry is legal.\n" +
      RenderConstant("kDefault",
                     RenderTiles(space.kernel + " default", space.default_config, space.tiles));
  for (const KernelLayout::Entry& entry : kernel.entries) {
    const Duel& duel = entry.evidence->duel;
    out +=
        "\n" + EvidenceComment(*entry.evidence) +
        RenderConstant(entry.constant, RenderTiles(Where(kernel, duel), duel.chosen, space.tiles));
  }
  return out;
}

std::string RenderEntries(const KernelLayout& kernel) {
  std::string rows = "inline constexpr Entry kEntries[] = {\n";
  std::string asserts;
  for (std::size_t i = 0; i < kernel.entries.size(); ++i) {
    const auto& [evidence, constant] = kernel.entries[i];
    const Problem& problem = evidence->duel.problem;
    const std::vector<std::int64_t> sizes =
        ValuesOf(Where(kernel, evidence->duel), problem.dims, kernel.space->dims,
                 std::numeric_limits<std::int64_t>::max());
    rows += fmt::format("    {{{}, {}, {}}},\n", StringLiteral(problem.name),
                        Designated(kernel.space->dims, sizes), constant);
    asserts += fmt::format("static_assert(Legal({}, kEntries[{}].shape));\n", constant, i);
  }
  return "/// A tuned problem: its name, its sizes, its tiles.\n"
         "struct Entry {\n  const char* problem;\n  Shape shape;\n  Tiles tiles;\n};\n" +
         Unformatted(rows + "};\n") + asserts;
}

std::string RenderDistance(const KernelLayout& kernel) {
  const bool flat = kernel.space->dims.empty();
  std::string out =
      "/// How far apart two shapes are: the sum over dimensions of |log2(a / b)|, as "
      "detail::Log2.\n" +
      fmt::format("constexpr long long Distance(const Shape&{}, const Shape&{}) {{\n",
                  flat ? "" : " a", flat ? "" : " b") +
      "  long long sum = 0;\n";
  for (const std::string& name : kernel.space->dims) {
    out += fmt::format("  sum += detail::LogDistance(a.{0}, b.{0});\n", name);
  }
  return out + "  return sum;\n}\n";
}

constexpr std::string_view kChoice =
    R"(/// What Find picked: kEntries[entry], or with entry -1 kDefault (fallback) or nothing (none).
struct Choice {
  Match match;
  int entry;
};
)";

constexpr std::string_view kFindAmongEntries = R"(
/// The exact problem, else the nearest legal one, else kDefault where it is right: the gate proves
/// it on sizes that no tile divides. Of several equally good problems, the first by name.
constexpr Choice Find(const Shape& shape) {
  int count = 0;
  for (const Entry& entry : kEntries) {
    if (entry.shape == shape) return {Match::exact, count};
    ++count;
  }
  Choice best = {Right(kDefault, shape) ? Match::fallback : Match::none, -1};
  long long best_distance = 0;
  for (int i = 0; i < count; ++i) {
    if (!Legal(kEntries[i].tiles, shape)) continue;
    const long long distance = Distance(kEntries[i].shape, shape);
    if (best.match == Match::nearest && distance >= best_distance) continue;
    best = {Match::nearest, i};
    best_distance = distance;
  }
  return best;
}
)";

constexpr std::string_view kFindDefault = R"(
/// kDefault where it is right; no problem is tuned.
constexpr Choice Find(const Shape& shape) {
  return {Right(kDefault, shape) ? Match::fallback : Match::none, -1};
}
)";

// Problems with the same tiles share a case, so that a call of `f` is inlined once per tile sizes.
std::string RenderCases(const KernelLayout& kernel) {
  std::string out;
  const std::size_t count = kernel.entries.size();
  std::vector<bool> done(count, false);
  for (std::size_t i = 0; i < count; ++i) {
    if (done[i]) continue;
    std::string labels = fmt::format("    case {}:", i);
    for (std::size_t j = i + 1; j < count; ++j) {
      if (kernel.entries[j].evidence->duel.chosen != kernel.entries[i].evidence->duel.chosen)
        continue;
      done[j] = true;
      labels += fmt::format("\n    case {}:", j);
    }
    out +=
        fmt::format("{} f.template operator()<{}>(); break;\n", labels, kernel.entries[i].constant);
  }
  return out;
}

std::string RenderDispatch(const KernelLayout& kernel) {
  const std::string fallback =
      "if (choice.match == Match::fallback) f.template operator()<kDefault>();";
  std::string out =
      "\n/// Calls f.template operator()<tiles>() with the tiles that Find picks, once; with none "
      "it calls\n"
      "/// nothing, and `f` has done no work.\n"
      "template <typename F>\n"
      "constexpr Match Dispatch(const Shape& shape, F&& f) {\n"
      "  const Choice choice = Find(shape);\n";
  if (kernel.entries.empty()) {
    out += "  " + fallback + "\n";
  } else {
    out += "  switch (choice.entry) {\n" + RenderCases(kernel) + "    default:\n      " + fallback +
           "\n      break;\n  }\n";
  }
  return out + "  return choice.match;\n}\n";
}

}  // namespace

std::string RenderKernel(const KernelLayout& kernel) {
  const bool has_entries = !kernel.entries.empty();
  std::string out =
      fmt::format("namespace tuned::{} {{\n\nusing tuned::Match;\n\n", kernel.name_space);
  out += RenderTypes(*kernel.space) + "\n";
  out += RenderLegal(*kernel.space) + "\n" + RenderRight(*kernel.space) + "\n";
  out += RenderConstants(kernel) + "\n";
  if (has_entries) out += RenderEntries(kernel) + "\n" + RenderDistance(kernel) + "\n";
  out += kChoice;
  out += has_entries ? kFindAmongEntries : kFindDefault;
  out += RenderDispatch(kernel);
  return out + fmt::format("\n}}  // namespace tuned::{}\n", kernel.name_space);
}

}  // namespace tilesmith
