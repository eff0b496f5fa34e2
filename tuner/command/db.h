// `tilesmith db`: care of the database file.
#pragma once

namespace CLI {
class App;
}

namespace tilesmith {

struct Context;

/// Adds the subcommand with its own: verify, vacuum, export, merge. Exit code 1 when the file is
/// damaged.
void AddDb(CLI::App& app, Context& context);

}  // namespace tilesmith
