// `tilesmith query`: questions to the database.
#pragma once

namespace CLI {
class App;
}

namespace tilesmith {

struct Context;

/// Adds the subcommand; once parsed, context.chosen prints the rows that match. Exit code 5 when
/// none does.
void AddQuery(CLI::App& app, Context& context);

}  // namespace tilesmith
