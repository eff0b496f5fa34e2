#include "tuner/command/options.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "results/error.h"
#include "results/suggest.h"

namespace tilesmith {
std::string VariableOf(std::string_view flag) {
  std::string name = "TILESMITH_";
  for (const char c : flag.substr(std::min(flag.find_first_not_of('-'), flag.size()))) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

void MirrorInEnvironment(CLI::App& command) {
  for (CLI::Option* option : command.get_options()) {
    const bool asks_for_help = option == command.get_help_ptr();
    if (option->get_lnames().empty() || asks_for_help) continue;
    option->envname(VariableOf(option->get_lnames().front()));
  }
}

// CLI11's own ranges let NaN through; this one accepts with `<=`.
CLI::Validator Between(double low, double high, const std::string& unit) {
  const auto check = [=](std::string& text) -> std::string {
    double value = std::numeric_limits<double>::quiet_NaN();
    const bool number = CLI::detail::lexical_cast(text, value);
    if (number && low <= value && value <= high) return "";
    return fmt::format("'{}' is not between {:g} and {:g}{}{}", text, low, high,
                       unit.empty() ? "" : " ", unit);
  };
  return CLI::Validator(check, "");
}

void AddFormat(CLI::App& command, std::string& format) {
  command.add_option("--format", format, "Form of the results: table, csv, json or md")
      ->type_name("FORM")
      ->capture_default_str();
}

Format ReadFormat(const std::string& text) {
  if (const std::optional<Format> format = ParseFormat(text)) return *format;
  throw UserError(
      fmt::format("unknown format '{}'{}", text, Suggest(text, {"table", "csv", "json", "md"})));
}

void AddDatabase(CLI::App& command, std::string& db) {
  command
      .add_option("--db", db,
                  "Database of results. Without it: results/tilesmith.db of the project, which is "
                  "the nearest folder upwards that holds search_spaces/ or results/")
      ->type_name("FILE");
}

void AddBuildFlags(CLI::App& command, BuildFlags& flags) {
  command
      .add_option("--compiler", flags.compiler,
                  "C++ compiler of the variants. Without it: $CXX, else g++, c++ or clang++")
      ->type_name("PROGRAM");
  command
      .add_option("--cxxflags", flags.cxxflags,
                  "Flags added to the variants' own, e.g. \"-O2 -funroll-loops\"")
      ->type_name("FLAGS");
  command.add_option("--jobs", flags.jobs, "Compilers at a time; 0: one per core")
      ->check(Between(0, 4096, "jobs"))
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--compile-limit", flags.compile_limit_s, "Seconds one variant may compile")
      ->check(Between(0.001, 86400, "seconds"))
      ->type_name("SECONDS")
      ->capture_default_str();
}

CompilerOptions ReadBuildFlags(const BuildFlags& flags) {
  CompilerOptions options;
  options.compiler = flags.compiler;
  options.cxxflags = SplitArguments(flags.cxxflags);
  options.jobs = flags.jobs;
  options.limit_s = flags.compile_limit_s;
  if (const char* launcher = std::getenv("TILESMITH_COMPILER_LAUNCHER"))
    options.launcher = launcher;
  return options;
}

void AddLimitFlags(CLI::App& command, LimitFlags& flags) {
  command.add_option("--call-limit", flags.call_s, "Seconds one call of a kernel may take")
      ->check(Between(0.001, 86400, "seconds"))
      ->type_name("SECONDS")
      ->capture_default_str();
  command
      .add_option("--memory-limit", flags.memory_mib, "MiB a variant may use beyond its operands")
      ->check(Between(1, 1 << 24, "MiB"))
      ->type_name("MIB")
      ->capture_default_str();
}

Limits ReadLimitFlags(const LimitFlags& flags) {
  Limits limits;
  limits.call_s = flags.call_s;
  limits.total_s = std::max(limits.total_s, 4 * flags.call_s);
  limits.memory_bytes = flags.memory_mib << 20;
  return limits;
}

void AddThreads(CLI::App& command, int& threads) {
  command.add_option("--threads", threads, "Threads of the kernels; 0: all cores of this process")
      ->check(Between(0, 4096, "threads"))
      ->type_name("N")
      ->capture_default_str();
}

std::vector<std::string> SplitArguments(std::string_view text) {
  std::vector<std::string> arguments;
  char quote = 0;
  bool open = false;  // an argument has begun, perhaps an empty quoted one
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (quote == 0 && blank) {
      open = false;
      continue;
    }
    if (!open) arguments.emplace_back();
    open = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      arguments.back() += text[++i];
    } else {
      arguments.back() += c;
    }
  }
  if (quote != 0) {
    throw UserError(fmt::format("the quote {} is not closed in: {}", quote, text));
  }
  return arguments;
}

}  // namespace tilesmith
