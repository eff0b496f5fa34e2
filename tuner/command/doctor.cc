#include "tuner/command/doctor.h"

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "reports/table.h"
#include "results/error.h"
#include "tuner/command/context.h"
#include "tuner/command/options.h"
#include "tuner/compile/process.h"
#include "tuner/measure/doctor.h"
#include "tuner/measure/machine.h"
#include "tuner/version.h"

namespace tilesmith {
namespace {

struct DoctorFlags {
  double seconds = 1;
  std::string format = "table";
};

constexpr char kExample[] = R"(Examples:
  tilesmith doctor
  tilesmith doctor --seconds 5 --format json)";

struct Findings {
  Machine machine;
  std::vector<Observation> observations;
  std::vector<Peaks> peaks;
};

Findings Look(double seconds) {
  Findings findings;
  findings.machine = Machine::Detect();
  findings.observations = Examine(findings.machine);
  findings.peaks.push_back(MeasurePeaks(1, seconds));
  if (findings.machine.cores > 1) {
    findings.peaks.push_back(MeasurePeaks(findings.machine.cores, seconds));
  }
  return findings;
}

nlohmann::ordered_json RateJson(const Rate& rate) {
  return {{"median", rate.median}, {"low", rate.low}, {"high", rate.high}};
}

nlohmann::ordered_json MachineJson(const Machine& machine) {
  const MachineRecord record = machine.Record();
  nlohmann::ordered_json object = {{"fingerprint", record.fingerprint}, {"name", record.name}};
  object["detail"] = nlohmann::ordered_json::parse(record.detail);
  for (const auto& [name, value] : machine.Facts()) object["facts"][name] = value;
  return object;
}

std::string AsJson(const Findings& findings) {
  nlohmann::ordered_json all = {{"version", kToolVersion}, {"revision", kToolRevision}};
  all["machine"] = MachineJson(findings.machine);
  all["observations"] = nlohmann::ordered_json::array();
  for (const auto& [name, value, advice] : findings.observations) {
    all["observations"].push_back({{"name", name}, {"value", value}, {"advice", advice}});
  }
  for (const Peaks& peaks : findings.peaks) {
    all["peaks"].push_back({{"threads", peaks.threads},
                            {"read_gbytes_per_s", RateJson(peaks.read_gbytes_per_s)},
                            {"fma_gflops", RateJson(peaks.fma_gflops)},
                            {"vnni_gops", RateJson(peaks.vnni_gops)}});
  }
  return all.dump(2) + "\n";
}

// "12.3 (11.9 to 12.6)"; "-" where the build has no such instruction.
std::string RateText(const Rate& rate) {
  if (rate.median <= 0) return "-";
  return fmt::format("{:.4g} ({:.4g} to {:.4g})", rate.median, rate.low, rate.high);
}

void PrintForReading(const Findings& findings, std::ostream& out) {
  const MachineRecord record = findings.machine.Record();
  fmt::print(out, "tilesmith {} ({})\n{}\nfingerprint {}\n\n", kToolVersion, kToolRevision,
             record.name, record.fingerprint);
  Table facts{{"fact", "value"}, {}};
  for (const auto& [name, value] : findings.machine.Facts()) facts.rows.push_back({name, value});
  Table observations{{"observed", "value", "advice"}, {}};
  for (const auto& [name, value, advice] : findings.observations) {
    observations.rows.push_back({name, value, advice.empty() ? "ok" : advice});
  }
  Table peaks{{"threads", "read GB/s", "FP32 GFLOP/s", "INT8 GOP/s"}, {}};
  for (const Peaks& peak : findings.peaks) {
    peaks.rows.push_back({std::int64_t{peak.threads}, RateText(peak.read_gbytes_per_s),
                          RateText(peak.fma_gflops), RateText(peak.vnni_gops)});
  }
  for (const Table& table : {facts, observations, peaks}) {
    out << table.Render(Format::kTable) << (table.columns == peaks.columns ? "" : "\n");
  }
}

Exit RunDoctor(const DoctorFlags& flags, Context& context) {
  const Format format = ReadFormat(flags.format);
  if (format != Format::kTable && format != Format::kJson) {
    throw UserError(fmt::format("doctor has no format '{}'; take table or json", flags.format));
  }
  InstallInterruptHandler();
  const Findings findings = Look(flags.seconds);
  if (format == Format::kJson) {
    context.out << AsJson(findings);
  } else {
    PrintForReading(findings, context.out);
  }
  return Exit::kOk;
}

}  // namespace

void AddDoctor(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("doctor", "What this machine can do, and what disturbs measurements");
  const auto flags = std::make_shared<DoctorFlags>();
  command->add_option("--seconds", flags->seconds, "How long to measure each set of peaks")
      ->check(Between(0.01, 600, "seconds"))
      ->type_name("SECONDS")
      ->capture_default_str();
  AddFormat(*command, flags->format);
  command->footer(kExample);
  MirrorInEnvironment(*command);
  command->parse_complete_callback([&context, flags] {
    context.chosen = [&context, flags] { return RunDoctor(*flags, context); };
  });
}

}  // namespace tilesmith
