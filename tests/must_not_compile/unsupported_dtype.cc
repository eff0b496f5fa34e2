// expect: operands are float, bf16, int8, uint8, int32 or int64
#include "tuner/kernel.h"

struct Args {
  const double* x;
};

void Register() { tilesmith::Kernel<Args>("doubles").Input("x", &Args::x, {"1"}, {}); }
