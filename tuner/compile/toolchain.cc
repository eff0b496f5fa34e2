#include "tuner/compile/toolchain.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/digest.h"
#include "results/error.h"
#include "tuner/compile/diagnostics.h"

namespace tilesmith {
namespace {

constexpr double kAskLimitS = 30;
constexpr double kProbeLimitS = 60;

using Words = std::vector<std::string>;

// -ffp-contract=off, because goldens are compared with what the source says, not with what a fused
// multiply-add makes of it. -z defs turns a call of nothing from a failed load into a failed
// compile.
Words DefaultFlags() {
  return {"-std=c++20", "-O3",     "-march=native", "-ffp-contract=off",   "-fopenmp",
          "-fPIC",      "-shared", "-Wl,-z,defs",   "-fvisibility=hidden", "-pipe",
          "-w"};
}

bool IsLinkFlag(const std::string& flag) {
  return flag == "-shared" || flag.starts_with("-Wl,") || flag.starts_with("-l") ||
         flag.starts_with("-L");
}

Words Split(const std::string& text) {
  std::istringstream words(text);
  Words result;
  for (std::string word; words >> word;) result.push_back(word);
  return result;
}

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

bool IsLauncher(std::string_view program) {
  constexpr std::array<std::string_view, 3> kLaunchers = {"ccache", "distcc", "sccache"};
  const std::string_view name = program.substr(program.rfind('/') + 1);
  return std::find(kLaunchers.begin(), kLaunchers.end(), name) != kLaunchers.end();
}

/// What the compiler's name splits into: launcher, program, flags.
struct Named {
  Words launcher;
  std::string program;
  Words flags;
};

Named Parse(const std::string& compiler) {
  if (!FindProgram(compiler).empty()) return {{}, compiler, {}};  // a path may have blanks
  Named named;
  Words words = Split(compiler);
  if (words.size() > 1 && IsLauncher(words[0])) {
    named.launcher = {words[0]};
    words.erase(words.begin());
  }
  named.program = words.empty() ? compiler : words[0];
  if (words.size() > 1) named.flags.assign(words.begin() + 1, words.end());
  return named;
}

Named FindAny() {
  const Words tried = {"g++", "c++", "clang++"};
  for (const std::string& name : tried) {
    if (!FindProgram(name).empty()) return {{}, name, {}};
  }
  throw UserError(fmt::format("no C++ compiler found (tried {}); install g++ or pass --compiler",
                              fmt::join(tried, ", ")));
}

Named FindNamed(const std::string& compiler) {
  const std::string from_environment = Variable("CXX");
  const std::string& wanted = compiler.empty() ? from_environment : compiler;
  if (wanted.find_first_not_of(' ') == std::string::npos) return FindAny();
  Named named = Parse(wanted);
  if (FindProgram(named.program).empty()) {
    throw UserError(fmt::format("no C++ compiler found (tried {}{}); install it or pass --compiler",
                                named.program, compiler.empty() ? ", from $CXX" : ""));
  }
  return named;
}

Words FindLauncher(const std::string& launcher, const Words& from_compiler) {
  const std::string wanted = launcher.empty() ? Variable("TILESMITH_COMPILER_LAUNCHER") : launcher;
  Words words = FindProgram(wanted).empty() ? Split(wanted) : Words{wanted};
  if (words.empty()) return from_compiler;
  if (FindProgram(words[0]).empty()) {
    throw UserError(fmt::format(
        "compiler launcher '{}' not found; install it or unset TILESMITH_COMPILER_LAUNCHER",
        words[0]));
  }
  return words;
}

std::string AskVersion(const std::string& path) {
  const Finished finished = Run({{path, "--version"}, "", {"LC_ALL=C"}}, kAskLimitS);
  const std::string version = finished.output.substr(0, finished.output.find('\n'));
  if (finished.ok() && !version.empty()) return version;
  const std::string why = finished.how == Finished::How::kTimedOut
                              ? fmt::format("--version took more than {:g} s", kAskLimitS)
                              : FirstErrorLine(finished);
  throw UserError(fmt::format("'{} --version' failed ({}); pass another --compiler", path, why));
}

/// What -march=native means: the lines of the first processor that tell its kind.
std::string Processor() {
  constexpr std::array<std::string_view, 11> kTelling = {
      "vendor_id", "cpu family",      "model",    "model name", "stepping",   "cache size",
      "flags",     "CPU implementer", "CPU part", "Features",   "CPU variant"};
  std::ifstream file("/proc/cpuinfo");
  std::string line, kind;
  while (std::getline(file, line) && !line.empty()) {
    const std::string_view key = std::string_view(line).substr(0, line.find_first_of("\t:"));
    if (std::find(kTelling.begin(), kTelling.end(), key) != kTelling.end()) kind += line + "\n";
  }
  return kind;
}

std::string Identity(const Toolchain& toolchain) {
  Digest digest;
  digest.Add(toolchain.path).Add(toolchain.version);
  const auto is_native = [](const std::string& f) { return f.ends_with("=native"); };
  for (const std::string& flag : toolchain.flags) digest.Add(flag);
  if (std::any_of(toolchain.flags.begin(), toolchain.flags.end(), is_native)) {
    digest.Add(Processor());
  }
  return digest.Hex();
}

// The user's language would translate the "error:" that FirstErrorLine() looks for.
Command InEnglish(Words arguments) { return {std::move(arguments), "", {"LC_ALL=C"}}; }

Words Concatenate(std::initializer_list<Words> parts) {
  Words all;
  for (const Words& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Words WithoutLinkFlags(const Words& flags) {
  Words result;
  std::copy_if(flags.begin(), flags.end(), std::back_inserter(result),
               [](const std::string& flag) { return !IsLinkFlag(flag); });
  return result;
}

}  // namespace

Command Toolchain::Build(const std::string& include_root, const std::string& source,
                         const std::string& output) const {
  return InEnglish(Concatenate({{path}, flags, {"-I" + include_root, source, "-o", output}}));
}

Command Toolchain::CompileObject(const std::string& include_root, const std::string& source,
                                 const std::string& object) const {
  return InEnglish(Concatenate({launcher,
                                {path},
                                WithoutLinkFlags(flags),
                                {"-I" + include_root, "-c", source, "-o", object}}));
}

Command Toolchain::Link(const std::string& object, const std::string& output) const {
  return InEnglish(Concatenate({{path}, flags, {object, "-o", output}}));
}

Command Toolchain::Preprocess(const std::string& include_root, const std::string& text) const {
  Command command = InEnglish(Concatenate(
      {{path}, WithoutLinkFlags(flags), {"-I" + include_root, "-E", "-x", "c++", "-"}}));
  command.input = text;
  return command;
}

Toolchain FindToolchain(const std::string& compiler, const Words& cxxflags,
                        const std::string& launcher) {
  const Named named = FindNamed(compiler);
  Toolchain toolchain;
  toolchain.path = FindProgram(named.program);
  toolchain.version = AskVersion(toolchain.path);
  toolchain.flags = Concatenate({DefaultFlags(), named.flags, cxxflags});
  toolchain.launcher = FindLauncher(launcher, named.launcher);
  toolchain.identity = Identity(toolchain);
  return toolchain;
}

void ProbeToolchain(const Toolchain& toolchain, const std::string& output) {
  const auto probe = [&](const Words& more) {
    const Words tail = {"-x", "c++", "-", "-o", output};
    Command command = InEnglish(Concatenate({{toolchain.path}, toolchain.flags, more, tail}));
    command.input = "int tilesmith_probe() { return 0; }\n";
    return Run(command, kProbeLimitS);
  };
  const Finished finished = probe({});
  if (finished.ok()) return;
  if (probe({"-fno-openmp"}).ok()) {
    throw UserError(
        fmt::format("{} cannot build with -fopenmp ({}); install its OpenMP runtime (clang: "
                    "libomp-dev) or pass "
                    "another --compiler",
                    toolchain.path, FirstErrorLine(finished)));
  }
  throw UserError(
      fmt::format("{} cannot build a shared object with {} ({}); mend --cxxflags or pass "
                  "another --compiler",
                  toolchain.path, fmt::join(toolchain.flags, " "), FirstErrorLine(finished)));
}

}  // namespace tilesmith
