// How a kernel is made known to the tuner. Registering a kernel *is* testing and benchmarking it:
// from this description come its inputs, its gate, its clock, its roofline and its generated
// header.
//
//   struct ScaleArgs { const float* x; float* y; int N; };          // an ordinary template, usable
//   template <auto kTiles> void Scale(const ScaleArgs& args);        // without the tuner
//
//   void ScaleGolden(const ScaleArgs& args);                         // plain, scalar, independent
//   struct Seed { int N_TILE = 256; };                               // any legal tiles
//   const auto registered =
//       tilesmith::Kernel<ScaleArgs>("scale")
//           .Template("scale.h", "Scale", &Scale<Seed{}>)
//           .Dim("N", &ScaleArgs::N)
//           .Input("x", &ScaleArgs::x, {"N"}, tilesmith::Normal(1.0))
//           .Output("y", &ScaleArgs::y, {"N"}, tilesmith::AllClose(1e-6, 1e-6))
//           .Golden(&ScaleGolden)
//           .Flops("N")
//           .Bytes("8 * N")
//           .Register();
//
// Shapes, FLOPs and bytes are expressions (tuner/space/expression.h) over the dimensions. The
// tiles, their values, constraints and problems are data beside it: <name>.toml
// (tuner/space/space_file.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tuner/abi.h"
#include "tuner/comparator.h"

namespace tilesmith {

/// kInput: read only, checked unchanged. kOutput: poisoned, wholly written by the kernel, compared.
/// kInOut: filled, updated, compared. kScratch: the caller lends it; poisoned before every call, so
/// a kernel that reads it before writing shows; never compared.
enum class Direction { kInput, kOutput, kInOut, kScratch };
constexpr bool IsRead(Direction d) { return d == Direction::kInput || d == Direction::kInOut; }
constexpr bool IsCompared(Direction d) { return d == Direction::kOutput || d == Direction::kInOut; }

/// Where the values of an input come from. Data, so that it can be printed and hashed.
struct Fill {
  enum class Kind { kZeros, kConstant, kNormal, kUniform, kTable };
  Kind kind = Kind::kZeros;
  double a = 0;  // constant: value; normal: standard deviation; uniform: low (inclusive)
  double b = 0;  // normal: mean; uniform: high (inclusive)
  std::vector<double> table;  // cycled over the elements
};
Fill Zeros();
Fill Constant(double value);
/// Rounded to the operand's type: RNE for bf16, rint and clamp for integers.
Fill Normal(double standard_deviation, double mean = 0);
/// Integers: every whole number of [low, high] equally likely.
Fill Uniform(double low, double high);
Fill Values(std::vector<double> values);

/// A tensor argument.
struct Operand {
  std::string name;
  DType dtype = DType::kF32;
  Direction direction = Direction::kInput;
  std::vector<std::string> shape;  // expressions over the dimensions, row-major
  Fill fill;
  Comparator comparator;
  /// In production this operand streams from DRAM at every call (weights of a decode step): the
  /// meter rotates among enough clean copies to exceed the last-level cache.
  bool cold = false;
  /// An output that golden files of others may lack.
  bool optional_in_files = false;
  std::function<void(void* args, void* data)> bind;
};

/// A size of the problem; set from the space file's problems.
struct Dimension {
  std::string name;
  std::function<void(void* args, std::int64_t value)> bind;
  std::int64_t largest = std::numeric_limits<std::int64_t>::max();  // that its member can hold
  std::vector<std::string> aliases = {};  // other names in the metadata of golden files
};

/// A number that is part of the contract but no size, e.g. swiglu_limit.
struct Scalar {
  std::string name;
  double value = 0;
  std::function<void(void* args, double value)> bind;
  std::vector<std::string> aliases = {};  // as a dimension's
};

/// The operands of one case while they are being filled, for inputs that depend on each other
/// (codes and their scales, page tables). See Kernel::Prepare.
class CaseInputs {
 public:
  virtual ~CaseInputs() = default;
  virtual std::int64_t Dim(std::string_view name) const = 0;
  /// Uniform 64-bit random numbers; the same sequence for the same case and seed.
  virtual std::uint64_t Random() = 0;
  /// A standard normal deviate from the same sequence.
  virtual double RandomNormal() = 0;
  template <typename T>
  std::span<T> Get(std::string_view name) {
    auto [data, count] = Find(name, DTypeOf<T>());
    return {static_cast<T*>(data), count};
  }

 private:
  virtual std::pair<void*, std::size_t> Find(std::string_view name, DType dtype) = 0;
};

/// Everything the tuner knows about a kernel; made by the builder below.
struct KernelSpec {
  std::string name;      // "hc_post_bf16": unique, what the command line takes
  std::string family;    // "hc_post": what golden files name; equals `name` unless set
  std::string contract;  // "V2": which generation of the family's contract; empty = the only one
  /// Other names of the family in golden files: "compressor4", or "sparse_attn:csa" for files whose
  /// kernel, case or file name also contains "csa", in whatever letters.
  std::vector<std::string> file_names;
  std::string header;             // absolute path of the template's header
  std::string function;           // "kernels::HcPost"
  std::string args_type;          // "kernels::HcPostArgs"
  std::string space_file;         // absolute path of the search space
  std::string registration_file;  // absolute path of the file that registered it
  std::string include_root;       // -I for `#include "tuner/abi.h"`
  std::vector<Operand> operands;
  std::vector<Dimension> dims;
  std::vector<Scalar> scalars;
  std::string flops = "0";  // expression over dims; one multiply-add is 2
  std::string bytes = "0";  // expression over dims: each operand once
  /// Which peak bounds the arithmetic; the roofline's and the tripwire's.
  DType arithmetic = DType::kF32;
  std::function<std::shared_ptr<void>()> make_args;
  std::function<void(const void* args)> golden;
  std::function<void(CaseInputs&)> prepare;  // empty: fills suffice

  const Operand* FindOperand(std::string_view operand) const;
};

/// All kernels linked into this program, by name.
class Registry {
 public:
  static Registry& Get();
  /// Throws UserError when the name is taken or the description is incomplete, naming what lacks.
  const KernelSpec& Add(KernelSpec spec);
  /// As Add, for static initialisers, where nothing can catch: the mistake is kept for
  /// ThrowDeferred(). nullptr when the kernel was not added.
  const KernelSpec* AddDeferred(KernelSpec spec);
  /// Throws the first mistake that AddDeferred() kept; main's first act.
  void ThrowDeferred() const;
  const std::vector<std::unique_ptr<KernelSpec>>& kernels() const { return kernels_; }
  const KernelSpec* Find(std::string_view name) const;

 private:
  std::vector<std::unique_ptr<KernelSpec>> kernels_;
  std::vector<std::string> mistakes_;
};

namespace internal {
/// The directory that holds `file`.
std::string FolderOf(std::string_view file);
/// `path` as it stands when absolute, else relative to `folder`.
std::string Resolve(std::string_view folder, std::string_view path);
/// "kernels::HcPostArgs" out of the compiler's signature of TypeName<T>.
std::string ParseTypeName(std::string_view pretty_function);
template <typename T>
std::string TypeName() {
  return ParseTypeName(__PRETTY_FUNCTION__);
}
/// The folder that holds tuner/abi.h beside this very header, in the checkout or installed.
inline std::string IncludeRoot() { return FolderOf(FolderOf(__FILE__)); }
}  // namespace internal

/// The builder. Every method may be called once per name; Register() checks the whole.
template <typename Args>
class Kernel {
 public:
  using Shape = std::vector<std::string>;

  /// Paths given later are relative to the registering file. (std::source_location is more than
  /// clang 14 has with libstdc++ 12.)
  explicit Kernel(std::string name, const char* file = __builtin_FILE()) {
    spec_.registration_file = file;
    spec_.family = name;
    spec_.name = std::move(name);
    spec_.args_type = internal::TypeName<Args>();
    spec_.include_root = internal::IncludeRoot();
    spec_.space_file = File(spec_.name + ".toml");
    spec_.make_args = [] { return std::shared_ptr<void>(std::make_shared<Args>()); };
  }

  /// The header to include, the template's qualified name, and one instantiation: naming it makes
  /// the template compile in the ordinary build, where an IDE shows its errors.
  Kernel& Template(std::string_view header, std::string function, void (*seed)(const Args&)) {
    spec_.header = File(header);
    spec_.function = std::move(function);
    seed_ = seed;
    return *this;
  }
  /// Which contract of which family this is, as golden files name them.
  Kernel& Contract(std::string family, std::string contract) {
    spec_.family = std::move(family);
    spec_.contract = std::move(contract);
    return *this;
  }
  /// Other names of the family in golden files; see KernelSpec::file_names.
  Kernel& GoldenFiles(std::vector<std::string> names) {
    spec_.file_names = std::move(names);
    return *this;
  }
  /// The search space's file; without it, <name>.toml beside the registering file.
  Kernel& Space(std::string_view file) {
    spec_.space_file = File(file);
    return *this;
  }

  template <typename Int>
  Kernel& Dim(std::string name, Int Args::*member) {
    static_assert(std::is_integral_v<Int>, "a dimension is a whole number: make the member an int");
    Dimension dim{std::move(name), [member](void* args, std::int64_t value) {
                    static_cast<Args*>(args)->*member = static_cast<Int>(value);
                  }};
    if constexpr (sizeof(Int) < sizeof(dim.largest)) dim.largest = std::numeric_limits<Int>::max();
    spec_.dims.push_back(std::move(dim));
    aliases_ = [](KernelSpec& spec) { return &spec.dims.back().aliases; };
    return *this;
  }
  template <typename Number>
  Kernel& Scalar(std::string name, Number Args::*member, double value) {
    spec_.scalars.push_back({std::move(name), value, [member](void* args, double v) {
                               static_cast<Args*>(args)->*member = static_cast<Number>(v);
                             }});
    aliases_ = [](KernelSpec& spec) { return &spec.scalars.back().aliases; };
    return *this;
  }
  /// What golden files also call the dimension or scalar named just before, e.g. "index_topk".
  Kernel& AlsoCalled(std::string alias) {
    if (aliases_ != nullptr) aliases_(spec_)->push_back(std::move(alias));
    return *this;
  }

  template <typename T>
  Kernel& Input(std::string name, const T* Args::*member, Shape shape, Fill fill) {
    return Add(std::move(name), member, Direction::kInput, std::move(shape), std::move(fill), {});
  }
  /// An input that production streams from DRAM at every call.
  template <typename T>
  Kernel& ColdInput(std::string name, const T* Args::*member, Shape shape, Fill fill) {
    Input(std::move(name), member, std::move(shape), std::move(fill));
    spec_.operands.back().cold = true;
    return *this;
  }
  template <typename T>
  Kernel& Output(std::string name, T* Args::*member, Shape shape, Comparator comparator) {
    static_assert(!std::is_const_v<T>, "an output is written to: make the member a T*");
    return Add(std::move(name), member, Direction::kOutput, std::move(shape), {}, comparator);
  }
  template <typename T>
  Kernel& InOut(std::string name, T* Args::*member, Shape shape, Fill fill, Comparator comparator) {
    static_assert(!std::is_const_v<T>, "an in/out state is written to: make the member a T*");
    return Add(std::move(name), member, Direction::kInOut, std::move(shape), std::move(fill),
               comparator);
  }
  /// The output named just before is ours alone: golden files of others may lack it.
  Kernel& OptionalInFiles() {
    if (!spec_.operands.empty()) spec_.operands.back().optional_in_files = true;
    return *this;
  }
  template <typename T>
  Kernel& Scratch(std::string name, T* Args::*member, Shape shape) {
    static_assert(!std::is_const_v<T>, "scratch is written to: make the member a T*");
    return Add(std::move(name), member, Direction::kScratch, std::move(shape), {}, {});
  }

  /// Runs after the fills, for inputs that are linked.
  Kernel& Prepare(std::function<void(CaseInputs&)> prepare) {
    spec_.prepare = std::move(prepare);
    return *this;
  }
  /// The oracle: plain, scalar, independent of the template. Scratch may be null for it.
  Kernel& Golden(void (*golden)(const Args&)) {
    spec_.golden = [golden](const void* args) { golden(*static_cast<const Args*>(args)); };
    return *this;
  }
  /// FLOPs of one call (a multiply-add is 2), and the type whose peak bounds them.
  Kernel& Flops(std::string expression, DType arithmetic = DType::kF32) {
    spec_.flops = std::move(expression);
    spec_.arithmetic = arithmetic;
    return *this;
  }
  /// Least traffic of one call in bytes: every operand once.
  Kernel& Bytes(std::string expression) {
    spec_.bytes = std::move(expression);
    return *this;
  }

  const KernelSpec* Register() { return Registry::Get().AddDeferred(std::move(spec_)); }

 private:
  std::string File(std::string_view path) const {
    return internal::Resolve(internal::FolderOf(spec_.registration_file), path);
  }
  template <typename Pointer>
  Kernel& Add(std::string name, Pointer Args::*member, Direction direction, Shape shape, Fill fill,
              Comparator comparator) {
    using T = std::remove_cv_t<std::remove_pointer_t<Pointer>>;
    Operand operand{std::move(name),
                    DTypeOf<T>(),
                    direction,
                    std::move(shape),
                    std::move(fill),
                    comparator,
                    false,
                    false,
                    [member](void* args, void* data) {
                      static_cast<Args*>(args)->*member = static_cast<Pointer>(data);
                    }};
    spec_.operands.push_back(std::move(operand));
    return *this;
  }

  KernelSpec spec_;
  void (*seed_)(const Args&) = nullptr;
  std::vector<std::string>* (*aliases_)(KernelSpec&) = nullptr;  // of the last dimension or scalar
};

}  // namespace tilesmith
