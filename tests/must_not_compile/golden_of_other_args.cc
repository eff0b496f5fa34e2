// expect: (cannot convert|no known conversion|no viable conversion|invalid conversion|cannot initialize)
#include "tuner/kernel.h"

struct Args {
  float* y;
};
struct OtherArgs {
  float* y;
};

void GoldenOfAnother(const OtherArgs&) {}

void Register() { tilesmith::Kernel<Args>("mixed_up").Golden(&GoldenOfAnother); }
