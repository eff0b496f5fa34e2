#include "tuner/command/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace tilesmith {
namespace {

std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

int Width(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const int columns = std::atoi(std::string(Variable("COLUMNS")).c_str());
  return columns > 0 ? columns : 80;
}

}  // namespace

Terminal Terminal::Detect(int descriptor) {
  Terminal terminal;
  const std::string_view term = Variable("TERM");
  terminal.live = isatty(descriptor) == 1 && !term.empty() && term != "dumb";
  terminal.colour = terminal.live && Variable("NO_COLOR").empty();
  if (terminal.live) terminal.width = Width(descriptor);
  return terminal;
}

}  // namespace tilesmith
