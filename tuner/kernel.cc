#include "tuner/kernel.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "results/error.h"

namespace tilesmith {

std::size_t SizeOf(DType dtype) {
  switch (dtype) {
    case DType::kF32: return 4;
    case DType::kBf16: return 2;
    case DType::kI8: return 1;
    case DType::kU8: return 1;
    case DType::kI32: return 4;
    case DType::kI64: return 8;
  }
  TILESMITH_CHECK(!"a dtype");
  return 0;
}

std::string_view ToString(DType dtype) {
  switch (dtype) {
    case DType::kF32: return "f32";
    case DType::kBf16: return "bf16";
    case DType::kI8: return "i8";
    case DType::kU8: return "u8";
    case DType::kI32: return "i32";
    case DType::kI64: return "i64";
  }
  TILESMITH_CHECK(!"a dtype");
  return {};
}

Fill Zeros() { return {}; }
Fill Constant(double value) { return {Fill::Kind::kConstant, value, 0, {}}; }
Fill Normal(double standard_deviation, double mean) {
  return {Fill::Kind::kNormal, standard_deviation, mean, {}};
}
Fill Uniform(double low, double high) { return {Fill::Kind::kUniform, low, high, {}}; }
Fill Values(std::vector<double> values) { return {Fill::Kind::kTable, 0, 0, std::move(values)}; }

Comparator Exact() { return {}; }
Comparator AllClose(double atol, double rtol) {
  return {Comparator::Kind::kAllClose, atol, rtol, 0, 0};
}
Comparator RatioAllClose(double atol, double rtol, double ratio) {
  return {Comparator::Kind::kRatioAllClose, atol, rtol, ratio, 0};
}
Comparator RatioRelDiff(double threshold, double ratio, double cap) {
  return {Comparator::Kind::kRatioRelDiff, threshold, 0, ratio, cap};
}
Comparator Ulp(double n) { return {Comparator::Kind::kUlp, n, 0, 0, 0}; }
Comparator Codes(double distance, double ratio) {
  return {Comparator::Kind::kCodes, distance, 0, ratio, 0};
}
Comparator Judged(std::string name, std::function<Finding(const Outcome&)> rule) {
  Comparator comparator{Comparator::Kind::kJudged, 0, 0, 0, 0};
  comparator.name = std::move(name);
  comparator.rule = std::move(rule);
  return comparator;
}

std::string Comparator::ToString() const {
  switch (kind) {
    case Kind::kExact: return "exact";
    case Kind::kAllClose: return fmt::format("allclose({:g},{:g})", atol, rtol);
    case Kind::kRatioAllClose:
      return fmt::format("ratio_allclose({:g},{:g},{:g})", atol, rtol, ratio);
    case Kind::kRatioRelDiff: return fmt::format("ratio_reldiff({:g},{:g},{:g})", atol, ratio, cap);
    case Kind::kUlp: return fmt::format("ulp({:g})", atol);
    case Kind::kCodes: return fmt::format("codes({:g},{:g})", atol, ratio);
    case Kind::kJudged: return name;
  }
  TILESMITH_CHECK(!"a comparator");
  return {};
}

const Operand* KernelSpec::FindOperand(std::string_view operand) const {
  const auto found = std::find_if(operands.begin(), operands.end(),
                                  [&](const Operand& o) { return o.name == operand; });
  return found == operands.end() ? nullptr : &*found;
}

Registry& Registry::Get() {
  static Registry registry;
  return registry;
}

const KernelSpec* Registry::Find(std::string_view name) const {
  for (const auto& kernel : kernels_) {
    if (kernel->name == name) return kernel.get();
  }
  return nullptr;
}

namespace {

void CheckComplete(const KernelSpec& spec) {
  const auto fail = [&](std::string_view what) {
    throw UserError(fmt::format("{}: kernel '{}' {}", spec.registration_file, spec.name, what));
  };
  if (spec.name.empty()) fail("has no name");
  if (spec.function.empty()) fail("names no template; call .Template(header, function, seed)");
  if (!spec.golden) fail("has no golden; call .Golden(function)");
  const auto is_output = [](const Operand& o) {
    return o.direction == Direction::kOutput || o.direction == Direction::kInOut;
  };
  if (std::none_of(spec.operands.begin(), spec.operands.end(), is_output)) {
    fail("has no output; call .Output(name, member, shape, comparator)");
  }
  std::vector<std::string_view> names;
  for (const Operand& o : spec.operands) names.push_back(o.name);
  for (const Dimension& d : spec.dims) names.push_back(d.name);
  for (const Scalar& s : spec.scalars) names.push_back(s.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) fail(fmt::format("uses the name '{}' twice", *twice));
}

}  // namespace

const KernelSpec& Registry::Add(KernelSpec spec) {
  if (Find(spec.name) != nullptr) {
    throw UserError(fmt::format("{}: kernel '{}' is registered twice; give one another name",
                                spec.registration_file, spec.name));
  }
  CheckComplete(spec);
  kernels_.push_back(std::make_unique<KernelSpec>(std::move(spec)));
  return *kernels_.back();
}

const KernelSpec* Registry::AddDeferred(KernelSpec spec) {
  try {
    return &Add(std::move(spec));
  } catch (const UserError& mistake) {
    mistakes_.push_back(mistake.what());
    return nullptr;
  }
}

void Registry::ThrowDeferred() const {
  if (!mistakes_.empty()) throw UserError(mistakes_.front());
}

namespace internal {

std::string FolderOf(std::string_view file) {
  return std::filesystem::path(file).parent_path().string();
}

std::string Resolve(std::string_view folder, std::string_view path) {
  return (std::filesystem::path(folder) / path).lexically_normal().string();
}

std::string ParseTypeName(std::string_view pretty) {
  // g++:   "std::string tilesmith::internal::TypeName() [with T = kernels::Args; std::string = …]"
  // clang: "std::string tilesmith::internal::TypeName() [T = kernels::Args]"
  const std::string_view key = "T = ";
  const std::size_t begin = pretty.find(key);
  TILESMITH_CHECK(begin != std::string_view::npos);
  const std::string_view rest = pretty.substr(begin + key.size());
  return std::string(rest.substr(0, rest.find_first_of(";]")));
}

}  // namespace internal
}  // namespace tilesmith
