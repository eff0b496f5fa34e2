// Records made by hand for the tests of readers of results.
#pragma once

#include <string>
#include <vector>

#include "reports/generated_header.h"

namespace tilesmith {

/// hc_post with tiles T_TILE and D_TILE over T and D, at most 8192 elements a block, D_TILE
/// dividing D.
inline SpaceRecord ExampleSpace() {
  SpaceRecord space;
  space.kernel = "hc_post";
  space.hash = "space-hash";
  space.dims = {"T", "D"};
  space.tiles = {"T_TILE", "D_TILE"};
  space.default_config = Config::Parse("T_TILE=8,D_TILE=512");
  space.constraints = {
      {"block fits L1",
       "T_TILE * D_TILE * 4 <= l1d_bytes",
       "T_TILE * D_TILE * 4 <= l1d_bytes",
       {"T_TILE", "D_TILE", "l1d_bytes"}},
      {"blocks are whole", "D % D_TILE == 0", "D % D_TILE == 0", {"D", "D_TILE"}, true}};
  space.machine_facts = {{"l1d_bytes", 32768}, {"l2_bytes", 1048576}};
  return space;
}

/// A win of `tiles` over the example's default, 1.25x.
inline HeaderEntry ExampleEntry(const std::string& problem, std::int64_t t, std::int64_t d,
                                const std::string& tiles) {
  HeaderEntry entry;
  Duel& duel = entry.duel;
  duel.kernel = "hc_post";
  duel.problem = {problem, {{"T", t}, {"D", d}}};
  duel.rounds = 40;
  duel.chosen = Config::Parse(tiles);
  duel.verdict = Verdict::kWin;
  duel.reason = "fastest of 3 contestants";
  DuelEntry base;
  base.config = ExampleSpace().default_config;
  base.role = "default";
  base.samples_ns = {1000, 1010};
  base.median_ns = 1005;
  DuelEntry winner;
  winner.config = duel.chosen;
  winner.role = "finalist";
  winner.samples_ns = {800, 808};
  winner.median_ns = 804;
  winner.speedup = 1.25;
  winner.ci_low = 1.2;
  winner.ci_high = 1.3125;
  winner.verdict = Verdict::kWin;
  duel.entries = {base, winner};
  entry.provenance.kernel = "hc_post";
  entry.provenance.compiler = "/usr/bin/g++";
  entry.provenance.compiler_version = "g++ 12.2.0";
  entry.provenance.flags = "-O3 -march=native";
  entry.provenance.machine = "f00d";
  entry.provenance.threads = 2;
  entry.provenance.tool_version = "0.1.0";
  entry.machine = {"f00d", "Xeon 2.6 GHz, 2 cores", "{}"};
  return entry;
}

/// The entry as a duel that kept the default: the rival was 1.004x.
inline HeaderEntry ExampleTie(const std::string& problem, std::int64_t t, std::int64_t d,
                              const std::string& rival) {
  HeaderEntry entry = ExampleEntry(problem, t, d, rival);
  entry.duel.chosen = ExampleSpace().default_config;
  entry.duel.verdict = Verdict::kTie;
  entry.duel.reason = "a tie keeps the default";
  DuelEntry& judged = entry.duel.entries.back();
  judged.speedup = 1.004;
  judged.ci_low = 0.996;
  judged.ci_high = 1.008;
  judged.verdict = Verdict::kTie;
  return entry;
}

/// Two wins and a tie.
inline HeaderKernel ExampleKernel() {
  return {ExampleSpace(),
          {ExampleEntry("decode-flash", 8, 4096, "T_TILE=4,D_TILE=1024"),
           ExampleEntry("decode-pro", 8, 7168, "T_TILE=2,D_TILE=1024"),
           ExampleTie("prefill", 1024, 4096, "T_TILE=16,D_TILE=512")}};
}

}  // namespace tilesmith
