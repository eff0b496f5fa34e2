#include "tuner/command/known.h"

#include "results/sqlite.h"

namespace tilesmith {

std::vector<Trial> KnownTrials(ResultStore& store, const Provenance& provenance,
                               const Problem& problem) {
  std::vector<std::int64_t> ids;
  {
    Statement statement = store.database().Prepare("SELECT id FROM provenance WHERE kernel = ?");
    statement.Bind(provenance.kernel);
    while (statement.Step()) ids.push_back(statement.Int(0));
  }
  for (const std::int64_t id : ids) {
    if (store.ProvenanceOf(id) == provenance) return store.Trials(id, problem);
  }
  return {};
}

}  // namespace tilesmith
