// A space's constraints as a constexpr function of the generated header.
#pragma once

#include <string>

#include "results/records.h"

namespace tilesmith {

/// The function "constexpr bool Legal(const Tiles& tiles, const Shape& shape)", with every rule as
/// an early return under a comment that quotes the space file. Names are bound as the tuner binds
/// them: tiles, then dimensions, then machine facts, the last with the values of `space`. A rule
/// that divides by more than tiles and numbers also refuses shapes whose dimensions of that rule
/// are below 1: the tuner never evaluates those, and a product must not die of them. Throws
/// UserError for a rule over an unknown name.
std::string RenderLegal(const SpaceRecord& space);

/// The function "constexpr bool Right(…)" in the same manner, of those rules only that correctness
/// requires.
std::string RenderRight(const SpaceRecord& space);

}  // namespace tilesmith
