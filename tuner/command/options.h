// Flags that several subcommands share, and what they mean. Every flag has a variable: --time-limit
// is also TILESMITH_TIME_LIMIT; the flag wins over the variable, the variable over the default.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reports/table.h"
#include "tuner/compile/compiler.h"
#include "tuner/gate/sandbox.h"

namespace CLI {
class App;
class Validator;
}  // namespace CLI

namespace tilesmith {

/// "--time-limit" → "TILESMITH_TIME_LIMIT".
std::string VariableOf(std::string_view flag);
/// Gives every long option of the subcommand its variable; call when all of them are there. An
/// empty variable counts as unset. Switches take true, false, 1, 0, on, off, yes, no.
void MirrorInEnvironment(CLI::App& command);

/// Accepts numbers low <= value <= high; `unit` is for the message ("seconds"), or "".
CLI::Validator Between(double low, double high, const std::string& unit);

/// --format, kept as text until ReadFormat.
void AddFormat(CLI::App& command, std::string& format);
/// Throws UserError naming the nearest form.
Format ReadFormat(const std::string& text);

/// --db; empty stands for the project's (ResultsFile(db, kDatabaseFile)).
void AddDatabase(CLI::App& command, std::string& db);
inline constexpr char kDatabaseFile[] = "tilesmith.db";

/// How variants are compiled and kept in check.
struct BuildFlags {
  std::string compiler;         // --compiler
  std::string cxxflags;         // --cxxflags "-O2 -funroll-loops"
  int jobs = 0;                 // --jobs
  double compile_limit_s = 60;  // --compile-limit
};
void AddBuildFlags(CLI::App& command, BuildFlags& flags);
CompilerOptions ReadBuildFlags(const BuildFlags& flags);

/// What one variant may take before it is a row "timed_out" or "crashed".
struct LimitFlags {
  double call_s = Limits{}.call_s;                         // --call-limit
  std::uint64_t memory_mib = Limits{}.memory_bytes >> 20;  // --memory-limit
};
void AddLimitFlags(CLI::App& command, LimitFlags& flags);
Limits ReadLimitFlags(const LimitFlags& flags);

/// --threads; 0 stands for all cores this process may use.
void AddThreads(CLI::App& command, int& threads);

/// "-O2 '-DNAME=a b'" as arguments: blanks separate, quotes and backslashes keep them, as in a
/// shell, but nothing is expanded. Throws UserError for an open quote.
std::vector<std::string> SplitArguments(std::string_view text);

}  // namespace tilesmith
