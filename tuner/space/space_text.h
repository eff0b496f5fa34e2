// The text of a space file as lines, for messages that the TOML library cannot give.
#pragma once

#include <string>

namespace tilesmith {

/// The whole file. Throws UserError with the system's reason.
std::string ReadText(const std::string& path);

/// What is defined twice, and what to do: the line of `text` (from 1) repeats a key or a [section].
/// TOML forbids that, in words that help no one: "cannot redefine existing array".
std::string DescribeDuplicate(const std::string& text, int line);

}  // namespace tilesmith
