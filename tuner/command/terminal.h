// What stderr is connected to, and so how progress may be drawn on it.
#pragma once

namespace tilesmith {

struct Terminal {
  bool live = false;    // a terminal that can redraw a line
  bool colour = false;  // and wants colours
  int width = 80;       // columns

  /// Looks at the file descriptor and at TERM, NO_COLOR (no-color.org: any non-empty value) and
  /// COLUMNS. TERM=dumb, or no TERM at all, is not live.
  static Terminal Detect(int descriptor);
};

}  // namespace tilesmith
