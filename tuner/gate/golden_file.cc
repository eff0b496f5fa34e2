#include "tuner/gate/golden_file.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "results/error.h"
#include "tuner/gate/elements.h"
#include "tuner/space/expression.h"

namespace tilesmith {
namespace {

using Json = nlohmann::json;

std::string FileDType(DType dtype) {
  std::string name(ToString(dtype));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return name;
}

std::optional<DType> ParseFileDType(const std::string& text) {
  for (const DType dtype :
       {DType::kF32, DType::kBf16, DType::kI8, DType::kU8, DType::kI32, DType::kI64}) {
    if (FileDType(dtype) == text) return dtype;
  }
  return std::nullopt;
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string Metadata(const SafeTensors& file, const std::string& key) {
  const auto found = file.metadata.find(key);
  return found == file.metadata.end() ? "" : found->second;
}

Json DimsOf(const SafeTensors& file) {
  const Json dims = Json::parse(Metadata(file, "dims"), nullptr, false);
  return dims.is_object() ? dims : Json::object();
}

using Sizes = std::map<std::string, Value>;

/// Finds a kernel's dimensions from the shapes of its tensors: every shape expression that is a
/// single yet unknown name defines it, or contains one unknown name and is solved for it; repeated
/// until nothing new is learnt.
class DimensionSolver {
 public:
  explicit DimensionSolver(const KernelSpec& kernel) : kernel_(kernel) {}

  void Learn(const Operand& operand, const SafeTensor& tensor) {
    std::vector<std::int64_t> shape = tensor.shape;
    if (shape.size() == operand.shape.size()) {
      for (std::size_t d = 0; d < shape.size(); ++d) Solve(operand.shape[d], shape[d]);
    }
    // [T,1] against "T", or [B,S,H,128] against "B*S*H","128": the number of elements must agree.
    std::string product = "1";
    std::int64_t elements = 1;
    for (const std::string& text : operand.shape) product += fmt::format(" * ({})", text);
    for (const std::int64_t size : shape) elements *= size;
    Solve(product, elements);
  }

  bool complete() const { return known_.size() == kernel_.dims.size(); }
  const Sizes& known() const { return known_; }

  void Set(const std::string& name, std::int64_t value) { known_.emplace(name, value); }

 private:
  void Solve(const std::string& text, std::int64_t size) {
    const Expression expression = Expression::Parse(text);
    std::vector<std::string> unknown;
    for (const std::string& name : expression.names()) {
      if (!known_.contains(name)) unknown.push_back(name);
    }
    if (unknown.size() != 1) return;
    // Shapes grow with their dimensions: bisection finds the size, if there is one.
    std::int64_t low = std::min<std::int64_t>(size, 1);  // an expression may divide by it
    std::int64_t high = std::max<std::int64_t>(size, 1);
    const auto at = [&](std::int64_t value) {
      Sizes trial = known_;
      trial.insert_or_assign(unknown.front(), Value(value));
      return expression.EvaluateInt(trial);
    };
    while (low < high) {
      const std::int64_t middle = low + (high - low) / 2;
      if (at(middle) < size) low = middle + 1;
      else high = middle;
    }
    if (at(low) == size) known_.emplace(unknown.front(), Value(low));
  }

  const KernelSpec& kernel_;
  Sizes known_;
};

class CaseBuilder {
 public:
  CaseBuilder(const KernelSpec& kernel, const std::string& path, const SafeTensors& file)
      : kernel_(kernel), path_(path), file_(file) {}

  Case Build() {
    CheckTensors();
    Case made;
    made.problem = {path_.substr(path_.find_last_of('/') + 1), Dimensions()};
    made.seed = 2;
    for (std::size_t i = 0; i < kernel_.operands.size(); ++i) AddOperand(kernel_.operands[i], made);
    for (const Scalar& scalar : kernel_.scalars) made.scalars.push_back(ScalarValue(scalar));
    return made;
  }

 private:
  [[noreturn]] void Refuse(const std::string& why) const {
    throw UserError(fmt::format("{}: {} (kernel '{}')", path_, why, kernel_.name));
  }

  const SafeTensor* Find(const std::string& name) const {
    const auto found = file_.tensors.find(name);
    return found == file_.tensors.end() ? nullptr : &found->second;
  }

  void CheckTensor(const Operand& operand, const std::string& name) const {
    const SafeTensor* tensor = Find(name);
    if (tensor == nullptr) Refuse(fmt::format("tensor '{}' is missing", name));
    if (tensor->dtype != FileDType(operand.dtype)) {
      Refuse(fmt::format("tensor '{}' is {}, the contract says {}", name, tensor->dtype,
                         FileDType(operand.dtype)));
    }
  }

  bool Lacks(const Operand& operand) const {
    return operand.optional_in_files && Find("out." + operand.name) == nullptr;
  }

  void CheckTensors() const {
    for (const Operand& operand : kernel_.operands) {
      if (IsRead(operand.direction)) CheckTensor(operand, "in." + operand.name);
      if (IsCompared(operand.direction) && !Lacks(operand)) {
        CheckTensor(operand, "out." + operand.name);
      }
    }
  }

  Dims Dimensions() const {
    DimensionSolver solver(kernel_);
    for (const Dimension& dim : kernel_.dims) {
      if (const auto value = Named(dim.name, dim.aliases)) {
        solver.Set(dim.name, static_cast<std::int64_t>(*value));
      }
    }
    for (std::size_t pass = 0; pass < kernel_.dims.size() && !solver.complete(); ++pass) {
      for (const Operand& operand : kernel_.operands) {
        if (IsRead(operand.direction)) solver.Learn(operand, *Find("in." + operand.name));
        if (IsCompared(operand.direction) && !Lacks(operand)) {
          solver.Learn(operand, *Find("out." + operand.name));
        }
      }
    }
    Dims dims;
    for (const Dimension& dim : kernel_.dims) {
      const auto found = solver.known().find(dim.name);
      if (found == solver.known().end()) {
        Refuse(fmt::format("no tensor's shape tells dimension '{}'", dim.name));
      }
      dims.emplace_back(dim.name, std::get<std::int64_t>(found->second));
    }
    return dims;
  }

  // Shapes may differ in how they are grouped ([T,1] for [T]); their elements lie the same way.
  void CheckSize(const std::string& name, const SafeTensor& tensor,
                 const OperandShape& shape) const {
    if (tensor.data.size() == shape.bytes) return;
    Refuse(fmt::format("tensor '{}' has shape [{}], the contract says [{}]", name,
                       fmt::join(tensor.shape, ","), fmt::join(shape.shape, ",")));
  }

  void AddOperand(const Operand& operand, Case& made) const {
    made.shapes.push_back(ShapeOf(kernel_, operand, made.problem.dims));
    const OperandShape& shape = made.shapes.back();
    made.inputs.emplace_back();
    made.expected.emplace_back();
    if (IsRead(operand.direction)) {
      const SafeTensor& tensor = *Find("in." + operand.name);
      CheckSize("in." + operand.name, tensor, shape);
      made.inputs.back() = GuardedBuffer(shape.bytes, Placement::kStart);
      std::copy(tensor.data.begin(), tensor.data.end(), made.inputs.back().data());
      made.inputs.back().Protect();
    }
    if (IsCompared(operand.direction) && !Lacks(operand)) {
      const SafeTensor& tensor = *Find("out." + operand.name);
      CheckSize("out." + operand.name, tensor, shape);
      made.expected.back() = SharedBuffer(shape.bytes);
      std::copy(tensor.data.begin(), tensor.data.end(), made.expected.back().data());
    }
  }

  double Number(const std::string& name, const SafeTensor& tensor) const {
    const auto dtype = ParseFileDType(tensor.dtype);
    if (!dtype || tensor.data.size() != SizeOf(*dtype)) {
      Refuse(fmt::format("tensor '{}' is no single number of a known type", name));
    }
    return ReadElement(*dtype, tensor.data.data(), 0);
  }

  // A number by its name or another of its names: a 0-dimensional tensor, else the metadata's dims.
  std::optional<double> Named(const std::string& name,
                              const std::vector<std::string>& aliases) const {
    std::vector<std::string> names{name};
    names.insert(names.end(), aliases.begin(), aliases.end());
    for (const std::string& known : names) {
      const SafeTensor* tensor = Find("in." + known);
      if (tensor != nullptr && tensor->shape.empty()) return Number("in." + known, *tensor);
    }
    const Json dims = DimsOf(file_);
    for (const std::string& known : names) {
      for (const auto& [key, value] : dims.items()) {
        if (Lower(key) == Lower(known) && value.is_number()) return value.get<double>();
      }
    }
    return std::nullopt;
  }

  // A tensor of a scalar's own name is meant to be it, whatever its shape.
  double ScalarValue(const Scalar& scalar) const {
    const std::string own = "in." + scalar.name;
    if (const SafeTensor* tensor = Find(own)) return Number(own, *tensor);
    return Named(scalar.name, scalar.aliases).value_or(scalar.value);
  }

  const KernelSpec& kernel_;
  const std::string& path_;
  const SafeTensors& file_;
};

SafeTensor TensorOf(const Operand& operand, const OperandShape& shape, const std::byte* data) {
  return {FileDType(operand.dtype), shape.shape, {data, data + shape.bytes}};
}

}  // namespace

bool IsFor(const SafeTensors& file, const std::string& path, const KernelSpec& kernel) {
  const std::string contract = Metadata(file, "contract").empty()
                                   ? Metadata(file, "contract_generation")
                                   : Metadata(file, "contract");
  if (!kernel.contract.empty() && !contract.empty() && contract != kernel.contract) return false;
  const std::string named = Metadata(file, "kernel");
  if (named == kernel.family || named == kernel.name) return true;
  const std::string hints =
      Lower(named + " " + Metadata(file, "case") + " " + path.substr(path.find_last_of('/') + 1));
  return std::any_of(kernel.file_names.begin(), kernel.file_names.end(),
                     [&](const std::string& entry) {
                       const std::size_t colon = entry.find(':');
                       return named == entry.substr(0, colon) &&
                              (colon == std::string::npos ||
                               hints.find(Lower(entry.substr(colon + 1))) != std::string::npos);
                     });
}

Case CaseFromFile(const KernelSpec& kernel, const std::string& path, const SafeTensors& file) {
  return CaseBuilder(kernel, path, file).Build();
}

SafeTensors FileFromCase(const KernelSpec& kernel, const Case& test_case) {
  SafeTensors file;
  Json dims = Json::object();
  for (const auto& [name, value] : test_case.problem.dims) dims[name] = value;
  for (std::size_t i = 0; i < kernel.scalars.size(); ++i) {
    dims[kernel.scalars[i].name] = test_case.scalars[i];
  }
  Json comparators = Json::object();
  for (std::size_t i = 0; i < kernel.operands.size(); ++i) {
    const Operand& operand = kernel.operands[i];
    const OperandShape& shape = test_case.shapes[i];
    if (IsRead(operand.direction)) {
      file.tensors["in." + operand.name] = TensorOf(operand, shape, test_case.inputs[i].data());
    }
    if (IsCompared(operand.direction)) {
      file.tensors["out." + operand.name] = TensorOf(operand, shape, test_case.expected[i].data());
      comparators[operand.name] = operand.comparator.ToString();
    }
  }
  file.metadata = {{"kernel", kernel.family},
                   {"contract", kernel.contract},
                   {"case", fmt::format("{} {}", kernel.name, test_case.Name())},
                   {"dims", dims.dump()},
                   {"comparator", comparators.dump()}};
  return file;
}

}  // namespace tilesmith
