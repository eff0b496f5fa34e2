// The program. An executable of a user's own kernels gets the same one by linking tilesmith::main.
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "tuner/command/command_line.h"

int main(int argc, char** argv) {
  return tilesmith::RunCommandLine(std::vector<std::string>(argv, argv + argc), std::cout,
                                   std::cerr, tilesmith::Terminal::Detect(STDERR_FILENO));
}
