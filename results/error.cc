#include "results/error.h"

#include <cstdio>
#include <cstdlib>

namespace tilesmith {

void Abort(const char* file, int line, const char* what) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, what);
  std::abort();
}

}  // namespace tilesmith
