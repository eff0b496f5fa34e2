// expect: (no matching (member )?function|static (assertion|_assert) failed)
#include "tuner/kernel.h"

struct Args {
  const float* x;
};

void Register() {
  tilesmith::Kernel<Args>("const_output").Output("x", &Args::x, {"1"}, tilesmith::Exact());
}
