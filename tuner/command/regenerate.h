// `tilesmith regenerate`: writes the generated header, or checks the committed one.
#pragma once

namespace CLI {
class App;
}

namespace tilesmith {

struct Context;

/// Adds the subcommand; once parsed, context.chosen writes the header, or with --check compares it.
/// Exit codes: 4 when --check finds a difference, 5 when the database has nothing to put into a
/// header.
void AddRegenerate(CLI::App& app, Context& context);

}  // namespace tilesmith
