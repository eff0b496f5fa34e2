// The arrows of the house, read from its #includes: kernels → tuner/{kernel,abi}.h;
// tuner → reports → results; each folder only the libraries it was given; no cycles between files
// or folders; one owner for each of the dependencies that must stay replaceable.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Include {
  int line = 0;
  std::string path;
  bool quoted = false;  // "of this repository", against <of the system>
};

/// The includes of every file, by path from the repository's root.
using Tree = std::map<std::string, std::vector<Include>>;
using Graph = std::map<std::string, std::set<std::string>>;

/// What a top folder may include, as prefixes of paths.
struct Arrows {
  std::string folder;
  std::vector<std::string> own;        // quoted
  std::vector<std::string> libraries;  // bracketed, beside the C++ standard library
};

const std::vector<Arrows>& House() {
  static const std::vector<Arrows> house = {
      {"results/", {"results/"}, {"fmt/", "sqlite3.h", "posix"}},
      {"reports/", {"reports/", "results/"}, {"fmt/", "nlohmann/", "xxhash.h", "posix"}},
      {"tuner/",
       {"tuner/", "reports/", "results/"},
       {"fmt/", "nlohmann/", "xxhash.h", "benchmark/", "CLI/", "toml++/", "lzma.h", "posix"}},
      {"kernels/", {"kernels/", "tuner/kernel.h", "tuner/abi.h"}, {}},
  };
  return house;
}

/// Headers that exactly one file includes, so that what they bring can be replaced in one place.
constexpr std::string_view kOwned[] = {"sqlite3.h", "benchmark/benchmark.h", "dlfcn.h"};

bool StartsWithAny(std::string_view path, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& prefix) { return path.starts_with(prefix); });
}

bool IsStandard(std::string_view header) { return header.find('.') == std::string_view::npos; }

bool IsPosix(const std::string& header) {
  static const std::set<std::string> plain = {
      "cpuid.h",   "dirent.h", "dlfcn.h",  "fcntl.h",    "ftw.h",   "glob.h",   "poll.h",
      "pthread.h", "sched.h",  "signal.h", "spawn.h",    "time.h",  "unistd.h", "termios.h",
      "wait.h",    "link.h",   "elf.h",    "ucontext.h", "errno.h", "stdlib.h"};
  return plain.contains(header) || header.starts_with("sys/") || header.starts_with("linux/");
}

std::vector<Include> ReadIncludes(const fs::path& file) {
  static const std::regex pattern(R"re(^\s*#\s*include\s*([<"])([^>"]+)[>"].*)re");
  std::vector<Include> includes;
  std::ifstream stream(file);
  std::string text;
  for (int line = 1; std::getline(stream, text); ++line) {
    std::smatch match;
    if (std::regex_match(text, match, pattern))
      includes.push_back({line, match[2], match[1] == "\""});
  }
  return includes;
}

/// A header that the build generates counts under the name it gets: version.h.in is version.h.
Tree ReadTree(const fs::path& root) {
  Tree tree;
  for (const Arrows& arrows : House()) {
    for (const auto& entry : fs::recursive_directory_iterator(root / arrows.folder)) {
      fs::path file = entry.path();
      if (file.extension() == ".in") file.replace_extension();
      if (file.extension() != ".h" && file.extension() != ".cc") continue;
      tree[fs::relative(file, root).generic_string()] = ReadIncludes(entry.path());
    }
  }
  return tree;
}

std::string WrongArrow(const Tree& tree, const std::string& file, const Include& include) {
  const auto arrows = std::find_if(House().begin(), House().end(),
                                   [&](const Arrows& a) { return file.starts_with(a.folder); });
  if (arrows == House().end()) return "lies in no folder of the house";
  if (include.quoted) {
    if (!tree.contains(include.path)) return "is no file of ours; write its path from the root";
    if (StartsWithAny(include.path, arrows->own)) return {};
    return fmt::format("{} may include only {}", arrows->folder, fmt::join(arrows->own, ", "));
  }
  if (IsStandard(include.path) || StartsWithAny(include.path, arrows->libraries)) return {};
  const auto& libraries = arrows->libraries;
  const bool posix = std::find(libraries.begin(), libraries.end(), "posix") != libraries.end();
  if (posix && IsPosix(include.path)) return {};
  return fmt::format("{} was given only the standard library{}{}", arrows->folder,
                     libraries.empty() ? "" : " and ", fmt::join(libraries, ", "));
}

std::vector<std::string> WrongArrows(const Tree& tree) {
  std::vector<std::string> violations;
  for (const auto& [file, includes] : tree) {
    for (const Include& include : includes) {
      const std::string why = WrongArrow(tree, file, include);
      if (why.empty()) continue;
      violations.push_back(
          fmt::format("{}:{}: includes {}: {}", file, include.line, include.path, why));
    }
  }
  return violations;
}

/// A program's main file stands above its folder, not in it.
std::string FolderOf(const std::string& file) {
  return file.ends_with("/main.cc") ? file : fs::path(file).parent_path().generic_string();
}

Graph FileGraph(const Tree& tree) {
  Graph graph;
  for (const auto& [file, includes] : tree) {
    for (const Include& include : includes) {
      if (include.quoted) graph[file].insert(include.path);
    }
  }
  return graph;
}

Graph FolderGraph(const Graph& files) {
  Graph graph;
  for (const auto& [from, targets] : files) {
    for (const std::string& to : targets) {
      if (FolderOf(from) != FolderOf(to)) graph[FolderOf(from)].insert(FolderOf(to));
    }
  }
  return graph;
}

/// Depth first from `node`; appends each cycle met as "a → b → a".
void FindCycles(const Graph& graph, const std::string& node, std::vector<std::string>& path,
                std::set<std::string>& done, std::vector<std::string>& cycles) {
  if (done.contains(node)) return;
  const auto begin = std::find(path.begin(), path.end(), node);
  if (begin != path.end()) {
    cycles.push_back(fmt::format("cycle: {} → {}", fmt::join(begin, path.end(), " → "), node));
    return;
  }
  path.push_back(node);
  if (const auto found = graph.find(node); found != graph.end()) {
    for (const std::string& next : found->second) FindCycles(graph, next, path, done, cycles);
  }
  path.pop_back();
  done.insert(node);
}

std::vector<std::string> Cycles(const Graph& graph) {
  std::vector<std::string> cycles, path;
  std::set<std::string> done;
  for (const auto& [node, targets] : graph) FindCycles(graph, node, path, done, cycles);
  return cycles;
}

std::vector<std::string> WrongOwners(const Tree& tree) {
  std::vector<std::string> violations;
  for (const std::string_view header : kOwned) {
    std::vector<std::string> owners;
    for (const auto& [file, includes] : tree) {
      for (const Include& include : includes) {
        if (include.path == header) owners.push_back(file);
      }
    }
    if (owners.size() == 1) continue;
    violations.push_back(fmt::format("{} must be included by exactly one file, not by {}: {}",
                                     header, owners.size(), fmt::join(owners, ", ")));
  }
  return violations;
}

// ---- the tree itself

class TheTree : public testing::Test {
 protected:
  static const Tree& Read() {
    static const Tree tree = ReadTree(TILESMITH_SOURCE_DIR);
    return tree;
  }
};

TEST_F(TheTree, IsReadAtAll) {
  EXPECT_TRUE(Read().contains("tuner/version.h"));
  const auto& includes = Read().at("tuner/kernel.h");
  EXPECT_THAT(includes, Contains(testing::Field(&Include::path, "tuner/abi.h")));
}
TEST_F(TheTree, KeepsItsArrows) { EXPECT_THAT(WrongArrows(Read()), IsEmpty()); }
TEST_F(TheTree, HasNoCycleBetweenFiles) { EXPECT_THAT(Cycles(FileGraph(Read())), IsEmpty()); }
TEST_F(TheTree, HasNoCycleBetweenFolders) {
  EXPECT_THAT(Cycles(FolderGraph(FileGraph(Read()))), IsEmpty());
}
TEST_F(TheTree, HasOneOwnerPerReplaceableDependency) {
  EXPECT_THAT(WrongOwners(Read()), IsEmpty());
}

// ---- that violations are seen

Tree Sound() {
  return {{"results/store.h", {{1, "fmt/format.h", false}}},
          {"results/store.cc", {{1, "results/store.h", true}, {2, "sqlite3.h", false}}},
          {"reports/table.h", {{1, "results/store.h", true}, {2, "string", false}}},
          {"tuner/abi.h", {}},
          {"tuner/main.cc", {{1, "tuner/run/run.h", true}}},
          {"tuner/run/run.h", {{1, "reports/table.h", true}, {2, "tuner/abi.h", true}}},
          {"tuner/run/run.cc", {{1, "dlfcn.h", false}, {2, "benchmark/benchmark.h", false}}},
          {"kernels/a.h", {{1, "tuner/abi.h", true}, {2, "cmath", false}}}};
}

TEST(LayeringTest, AcceptsASoundTree) {
  EXPECT_THAT(WrongArrows(Sound()), IsEmpty());
  EXPECT_THAT(WrongOwners(Sound()), IsEmpty());
  EXPECT_THAT(Cycles(FileGraph(Sound())), IsEmpty());
  EXPECT_THAT(Cycles(FolderGraph(FileGraph(Sound()))), IsEmpty());
}

struct Violation {
  std::string file;
  Include include;
  std::string message;
};

class EveryViolation : public testing::TestWithParam<Violation> {};

TEST_P(EveryViolation, IsNamedWithItsPlace) {
  Tree tree = Sound();
  tree[GetParam().file].push_back(GetParam().include);
  EXPECT_THAT(WrongArrows(tree), testing::ElementsAre(HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    Arrows, EveryViolation,
    testing::Values(
        Violation{
            "kernels/a.h", {7, "tuner/run/run.h", true}, "kernels/a.h:7: includes tuner/run/run.h"},
        Violation{"kernels/a.h", {7, "results/store.h", true}, "kernels/ may include only"},
        Violation{"kernels/a.h", {7, "immintrin.h", false}, "only the standard library"},
        Violation{
            "results/store.h", {7, "reports/table.h", true}, "results/ may include only results/"},
        Violation{"results/store.h", {7, "nlohmann/json.hpp", false}, "fmt/, sqlite3.h"},
        Violation{"reports/table.h", {7, "tuner/abi.h", true}, "reports/ may include only"},
        Violation{"tuner/run/run.h", {7, "kernels/a.h", true}, "tuner/ may include only"},
        Violation{"tuner/run/run.h", {7, "boost/any.hpp", false}, "tuner/ was given only"},
        Violation{"tuner/run/run.h", {7, "run.h", true}, "no file of ours"},
        Violation{"attic/a.h", {7, "cmath", false}, "no folder of the house"}));

TEST(LayeringTest, SeesACycleBetweenFiles) {
  Tree tree = Sound();
  tree["results/store.h"].push_back({1, "results/row.h", true});
  tree["results/row.h"].push_back({1, "results/store.h", true});
  EXPECT_THAT(Cycles(FileGraph(tree)),
              Contains("cycle: results/store.h → results/row.h → results/store.h"));
}

TEST(LayeringTest, SeesACycleBetweenFoldersWithoutOneBetweenFiles) {
  Tree tree = Sound();
  tree["tuner/gate/gate.h"] = {{1, "tuner/run/run.h", true}};
  tree["tuner/gate/rule.h"] = {};
  tree["tuner/run/run.cc"].push_back({1, "tuner/gate/rule.h", true});
  EXPECT_THAT(Cycles(FileGraph(tree)), IsEmpty());
  EXPECT_THAT(Cycles(FolderGraph(FileGraph(tree))),
              Contains("cycle: tuner/gate → tuner/run → tuner/gate"));
}

TEST(LayeringTest, SeesTwoOwnersAndNone) {
  Tree tree = Sound();
  tree["results/query.cc"] = {{1, "sqlite3.h", false}};
  tree["tuner/run/run.cc"].clear();
  EXPECT_THAT(WrongOwners(tree),
              testing::UnorderedElementsAre(
                  HasSubstr("not by 2: results/query.cc, results/store.cc"),
                  HasSubstr("benchmark/benchmark.h must be included by exactly one file, not by 0"),
                  HasSubstr("dlfcn.h must be included by exactly one file, not by 0")));
}

TEST(LayeringTest, ReadsIncludesAndNotTheirMention) {
  const std::string file = testing::TempDir() + "layering_sample.h";
  std::ofstream(file) << "// #include \"a.h\"\n  #  include <b/b.h>  // why\n#include \"c/c.h\"\n";
  const std::vector<Include> includes = ReadIncludes(file);
  ASSERT_EQ(includes.size(), 2u);
  EXPECT_EQ(includes[0].path, "b/b.h");
  EXPECT_FALSE(includes[0].quoted);
  EXPECT_EQ(includes[1].line, 3);
  EXPECT_TRUE(includes[1].quoted);
}

}  // namespace
