#include "tuner/sweep/roofline.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "results/error.h"
#include "tuner/gate/case.h"
#include "tuner/space/expression.h"

namespace tilesmith {
namespace {

// A peak measured in a busy spell can be less than half of what the machine does in a quiet one.
constexpr double kPlausibleExcess = 3;

double Evaluate(const KernelSpec& kernel, const char* what, const std::string& text,
                const Dims& dims) {
  try {
    const Value value = Expression::Parse(text).Evaluate({dims.begin(), dims.end()});
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    if (const auto* real = std::get_if<double>(&value)) return *real;
    throw UserError("not a number");
  } catch (const UserError& error) {
    throw UserError(fmt::format("{}: {} of kernel '{}' ('{}'): {}", kernel.registration_file, what,
                                kernel.name, text, error.what()));
  }
}

}  // namespace

Work WorkOf(const KernelSpec& kernel, const Dims& dims) {
  Work work;
  work.flops = Evaluate(kernel, "flops", kernel.flops, dims);
  work.bytes = Evaluate(kernel, "bytes", kernel.bytes, dims);
  for (const Operand& operand : kernel.operands) {
    if (operand.cold) work.cold_bytes += static_cast<double>(ShapeOf(kernel, operand, dims).bytes);
  }
  return work;
}

Rate ArithmeticPeak(const KernelSpec& kernel, const Peaks& peaks) {
  return kernel.arithmetic == DType::kI8 ? peaks.vnni_gops : peaks.fma_gflops;
}

double LeastPlausibleTime(const KernelSpec& kernel, const Work& work, const Peaks& peaks) {
  const auto bound = [](double amount, double rate) {
    return rate > 0 ? amount / (rate * kPlausibleExcess) : 0;  // 1e9 per second is 1 per ns
  };
  return std::max(bound(work.flops, ArithmeticPeak(kernel, peaks).high),
                  bound(work.cold_bytes, peaks.read_gbytes_per_s.high));
}

}  // namespace tilesmith
