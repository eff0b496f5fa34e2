#include "tuner/gate/case.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <sys/mman.h>

#include "results/error.h"
#include "tuner/gate/arguments.h"
#include "tuner/gate/elements.h"
#include "tuner/gate/faults.h"
#include "tuner/gate/random.h"
#include "tuner/space/expression.h"

namespace tilesmith {
namespace {

// Mixes the seed with the operand's number, so that operands are independent and adding one at the
// end leaves the others as they were.
std::uint64_t OperandSeed(std::uint64_t seed, std::size_t operand) {
  RandomStream mixer(seed * 0x9E3779B97F4A7C15u + operand);
  return mixer.Next();
}

void FillOperand(const Operand& operand, std::uint64_t seed, std::byte* data,
                 std::size_t elements) {
  const Fill& fill = operand.fill;
  RandomStream random(seed);
  const auto value = [&](std::size_t i) -> double {
    switch (fill.kind) {
      case Fill::Kind::kZeros: return 0;
      case Fill::Kind::kConstant: return fill.a;
      case Fill::Kind::kNormal: return fill.a * random.NextNormal() + fill.b;
      case Fill::Kind::kTable: return fill.table[i % fill.table.size()];
      case Fill::Kind::kUniform: break;
    }
    const bool whole = operand.dtype != DType::kF32 && operand.dtype != DType::kBf16;
    return whole ? std::floor(fill.a + random.NextUnit() * (fill.b - fill.a + 1))
                 : fill.a + random.NextUnit() * (fill.b - fill.a);
  };
  for (std::size_t i = 0; i < elements; ++i) WriteElement(operand.dtype, data, i, value(i));
}

class PreparedInputs : public CaseInputs {
 public:
  PreparedInputs(const KernelSpec& kernel, Case& test_case)
      : kernel_(kernel), case_(test_case), random_(OperandSeed(test_case.seed, 1u << 20)) {}

  std::int64_t Dim(std::string_view name) const override {
    for (const auto& [dim, value] : case_.problem.dims) {
      if (dim == name) return value;
    }
    throw UserError(
        fmt::format("{}: the prepare function of '{}' asks for dimension '{}', which it "
                    "does not have",
                    kernel_.registration_file, kernel_.name, name));
  }
  std::uint64_t Random() override { return random_.Next(); }
  double RandomNormal() override { return random_.NextNormal(); }

 private:
  std::pair<void*, std::size_t> Find(std::string_view name, DType dtype) override {
    for (std::size_t i = 0; i < kernel_.operands.size(); ++i) {
      const Operand& operand = kernel_.operands[i];
      if (operand.name == name && operand.dtype == dtype && IsRead(operand.direction)) {
        return {case_.inputs[i].data(), case_.shapes[i].elements};
      }
    }
    throw UserError(
        fmt::format("{}: the prepare function of '{}' asks for '{}' as {}, which is no "
                    "such input",
                    kernel_.registration_file, kernel_.name, name, ToString(dtype)));
  }

  const KernelSpec& kernel_;
  Case& case_;
  RandomStream random_;
};

}  // namespace

OperandShape ShapeOf(const KernelSpec& kernel, const Operand& operand, const Dims& dims) {
  std::map<std::string, Value> bindings(dims.begin(), dims.end());
  OperandShape result;
  result.bytes = SizeOf(operand.dtype);
  for (const std::string& text : operand.shape) {
    std::int64_t size = 0;
    try {
      size = Expression::Parse(text).EvaluateInt(bindings);
    } catch (const UserError& error) {
      throw UserError(fmt::format("{}: shape of operand '{}' of kernel '{}': {}",
                                  kernel.registration_file, operand.name, kernel.name,
                                  error.what()));
    }
    if (size < 0) {
      throw UserError(fmt::format("{}: operand '{}' of kernel '{}' has size {} = {} at {}",
                                  kernel.registration_file, operand.name, kernel.name, text, size,
                                  ToString(dims)));
    }
    result.shape.push_back(size);
    // A wrapped product would be a small buffer, and the fill would write far beyond it.
    const bool wraps =
        __builtin_mul_overflow(result.bytes, static_cast<std::size_t>(size), &result.bytes);
    if (wraps || !std::in_range<std::ptrdiff_t>(result.bytes)) {
      throw UserError(fmt::format("{}: operand '{}' of kernel '{}' does not fit any memory at {}; "
                                  "use a smaller problem",
                                  kernel.registration_file, operand.name, kernel.name,
                                  ToString(dims)));
    }
  }
  result.elements = result.bytes / SizeOf(operand.dtype);
  return result;
}

SharedBuffer::SharedBuffer(std::size_t bytes) : size_(bytes) {
  void* map = mmap(nullptr, std::max<std::size_t>(bytes, 1), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) {
    throw UserError(
        fmt::format("cannot map {} bytes for expected outputs: {}; use a smaller problem", bytes,
                    std::strerror(errno)));
  }
  data_ = static_cast<std::byte*>(map);
}
SharedBuffer::~SharedBuffer() {
  if (data_ != nullptr) munmap(data_, std::max<std::size_t>(size_, 1));
}
SharedBuffer::SharedBuffer(SharedBuffer&& other) noexcept { *this = std::move(other); }
SharedBuffer& SharedBuffer::operator=(SharedBuffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

std::string Case::Name() const { return fmt::format("{} seed {}", ToString(problem.dims), seed); }

std::size_t Case::Bytes() const {
  std::size_t bytes = 0;
  for (const GuardedBuffer& input : inputs) bytes += input.size();
  for (const SharedBuffer& output : expected) bytes += output.size();
  return bytes;
}

Case MakeInputs(const KernelSpec& kernel, const Problem& problem, std::uint64_t seed) {
  Case made;
  made.problem = problem;
  made.seed = seed;
  const Placement placement = seed % 2 == 1 ? Placement::kEnd : Placement::kStart;
  for (std::size_t i = 0; i < kernel.operands.size(); ++i) {
    const Operand& operand = kernel.operands[i];
    made.shapes.push_back(ShapeOf(kernel, operand, problem.dims));
    const OperandShape& shape = made.shapes.back();
    made.inputs.emplace_back();
    if (IsRead(operand.direction)) {
      made.inputs.back() = GuardedBuffer(shape.bytes, placement);
      FillOperand(operand, OperandSeed(seed, i), made.inputs.back().data(), shape.elements);
    }
    made.expected.push_back(IsCompared(operand.direction) ? SharedBuffer(shape.bytes)
                                                          : SharedBuffer());
  }
  for (const Scalar& scalar : kernel.scalars) made.scalars.push_back(scalar.value);
  if (kernel.prepare) {
    PreparedInputs inputs(kernel, made);
    kernel.prepare(inputs);
  }
  for (GuardedBuffer& input : made.inputs) {
    if (input.data() != nullptr) input.Protect();
  }
  return made;
}

Case MakeLike(const KernelSpec& kernel, const Case& other) {
  Case made;
  made.problem = other.problem;
  made.seed = other.seed;
  made.shapes = other.shapes;
  made.scalars = other.scalars;
  for (std::size_t i = 0; i < kernel.operands.size(); ++i) {
    const GuardedBuffer& input = other.inputs[i];
    made.inputs.emplace_back();
    if (input.data() != nullptr) {
      made.inputs.back() = GuardedBuffer(input.size(), Placement::kStart);
      std::copy_n(input.data(), input.size(), made.inputs.back().data());
      made.inputs.back().Protect();
    }
    made.expected.push_back(SharedBuffer(other.expected[i].size()));
  }
  return made;
}

namespace {

// Runs in the child. Outputs start as zeros (in/out states as their input), unlike the gate's
// poison: an element that neither golden nor variant writes cannot agree. Scratch stays null.
class GoldenRun {
 public:
  GoldenRun(const KernelSpec& kernel, const Case& test_case)
      : kernel_(kernel),
        case_(test_case),
        arguments_(kernel, test_case.problem.dims, test_case.scalars),
        outputs_(kernel.operands.size()) {
    for (std::size_t i = 0; i < kernel.operands.size(); ++i) Mount(i);
  }

  void Call() {
    kernel_.golden(arguments_.get());
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      const GuardedBuffer& output = outputs_[i];
      if (output.data() == nullptr) continue;
      const std::string damage = DescribeDamage(output, kernel_.operands[i].name);
      if (!damage.empty()) throw UserError(damage);
      std::copy_n(output.data(), output.size(), case_.expected[i].data());
    }
  }

 private:
  void Mount(std::size_t i) {
    const Operand& operand = kernel_.operands[i];
    const bool written = IsCompared(operand.direction);
    if (!written && !IsRead(operand.direction)) return;
    const GuardedBuffer& input = case_.inputs[i];
    if (written) outputs_[i] = GuardedBuffer(case_.shapes[i].bytes, Placement::kEnd);
    if (written && IsRead(operand.direction)) {
      std::copy_n(input.data(), input.size(), outputs_[i].data());
    }
    const GuardedBuffer& buffer = written ? outputs_[i] : input;
    FaultWatch::Add(operand.name, buffer, SizeOf(operand.dtype), !written);
    arguments_.Bind(i, buffer.data());
  }

  const KernelSpec& kernel_;
  const Case& case_;
  Arguments arguments_;
  std::vector<GuardedBuffer> outputs_;  // by operand; empty for inputs and scratch
};

}  // namespace

void ComputeGolden(const KernelSpec& kernel, Case& test_case, const Limits& limits) {
  Limits golden_limits = limits;
  golden_limits.call_s = golden_limits.total_s;  // scalar, hence slow
  const Ending ending = RunInChild(
      [&](Channel& channel) {
        FaultWatch::Install(channel);
        GoldenRun run(kernel, test_case);
        channel.Stage(test_case.Name());
        run.Call();
      },
      golden_limits);
  if (ending.how != Ending::How::kReturned) {
    throw UserError(fmt::format("the golden of '{}' failed: {}; mend it before sweeping",
                                kernel.name, ending.Describe()));
  }
}

std::shared_ptr<const Case> CaseLibrary::Get(const Problem& problem, std::uint64_t seed) {
  std::shared_ptr<const Case>& slot = cases_[{ToString(problem.dims), seed}];
  if (slot == nullptr) {
    auto made = std::make_shared<Case>(MakeInputs(kernel_, problem, seed));
    ComputeGolden(kernel_, *made, limits_);
    slot = std::move(made);
  }
  return slot;
}

}  // namespace tilesmith
