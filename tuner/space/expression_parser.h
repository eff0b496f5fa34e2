// Builds the tree of an expression from its tokens.
#pragma once

#include <memory>
#include <string_view>

#include "tuner/space/expression_node.h"

namespace tilesmith {

/// Throws UserError as Expression::Parse does.
std::unique_ptr<const ExpressionNode> ParseExpression(std::string_view text);

}  // namespace tilesmith
