#include "tuner/sweep/space_record.h"

#include "reports/digest.h"

namespace tilesmith {
namespace {

std::string HashOf(const SpaceRecord& record) {
  Digest digest;
  digest.Add(record.kernel)
      .Add(record.default_config.ToString())
      .Add(ToString(record.machine_facts));
  digest.Add(record.flops).Add(record.bytes);
  for (const std::string& dim : record.dims) digest.Add("dim").Add(dim);
  for (const std::string& tile : record.tiles) digest.Add("tile").Add(tile);
  for (const SpaceRecord::Rule& rule : record.constraints) {
    digest.Add(rule.name).Add(rule.expression).Add(rule.cpp).Add(rule.required ? "required" : "");
  }
  return digest.Hex();
}

}  // namespace

SpaceRecord RecordOf(const SpaceDefinition& space, const KernelSpec& kernel,
                     const MachineFacts& facts) {
  SpaceRecord record;
  record.kernel = kernel.name;
  for (const auto& [name, value] : space.problems.front().dims) record.dims.push_back(name);
  for (const Tile& tile : space.tiles) record.tiles.push_back(tile.name);
  record.default_config = space.default_config;
  for (const Constraint& constraint : space.constraints) {
    record.constraints.push_back({constraint.name, constraint.expression.ToString(),
                                  constraint.expression.ToCpp(), constraint.expression.names(),
                                  constraint.required});
  }
  record.machine_facts = facts;
  record.flops = kernel.flops;
  record.bytes = kernel.bytes;
  record.hash = HashOf(record);
  return record;
}

}  // namespace tilesmith
