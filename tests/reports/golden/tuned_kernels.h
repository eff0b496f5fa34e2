// Tuned tile sizes. Do not edit: `tilesmith regenerate` writes this file from its database, and
// `tilesmith regenerate --check` fails when the two differ. Needs C++20 and nothing else.
//
// Use, for a kernel template <auto kTiles> void HcPost(const Args&):
//   tuned::hc_post::Dispatch({.T = T, .D = D}, [&]<auto kTiles> { HcPost<kTiles>(args); });
//
// Generator: tilesmith, header format 1
// Evidence: problems 3, kernels 1, digest 6c1d399cfa7a39aa7dc961eaf7d94ffd
// Measured by: tilesmith 0.1.0
// Machine: Xeon 2.6 GHz, 2 cores (f00d)
// Compiler: g++ 12.2.0 -O3 -march=native
#pragma once

namespace tuned {

/// How the tiles that Find or Dispatch picked relate to the shape asked for.
enum class Match {
  exact,     // tuned for this very shape
  nearest,   // tuned for the nearest shape whose tiles are legal here
  fallback,  // no tuned tiles are legal here; the kernel's default
  none,      // not even the default is right here: nothing was called
};

namespace detail {

/// log2(size) in units of 2^-20, rounded down, in integers only: the same on every compiler, at
/// compile time and at run time. Sizes below 1 count as 1.
constexpr long long Log2(long long size) {
  long long exponent = 31;
  unsigned long long mantissa = size < 1 ? 1 : static_cast<unsigned long long>(size);
  for (; mantissa >> 32 != 0; mantissa >>= 1) ++exponent;
  for (; mantissa >> 31 == 0; mantissa <<= 1) --exponent;
  long long log = exponent;
  for (int bit = 0; bit < 20; ++bit) {  // mantissa / 2^31 is in [1, 2); squaring doubles its log
    mantissa = mantissa * mantissa >> 31;
    const bool doubled = mantissa >> 32 != 0;
    if (doubled) mantissa >>= 1;
    log = 2 * log + (doubled ? 1 : 0);
  }
  return log;
}

/// |log2(a / b)| in the same units.
constexpr long long LogDistance(long long a, long long b) {
  const long long difference = Log2(a) - Log2(b);
  return difference < 0 ? -difference : difference;
}

}  // namespace detail

}  // namespace tuned

namespace tuned::hc_post {

using tuned::Match;

/// The tile sizes, as the kernel template takes them: one structural value.
struct Tiles {
  int T_TILE;
  int D_TILE;
  friend constexpr bool operator==(const Tiles&, const Tiles&) = default;
};

/// The sizes that decide which tiles are best.
struct Shape {
  long T;
  long D;
  friend constexpr bool operator==(const Shape&, const Shape&) = default;
};

// clang-format off
/// Whether the space's constraints allow the tiles for the shape.
constexpr bool Legal(const Tiles& tiles, const Shape& shape) {
  const long long T_TILE = tiles.T_TILE;
  const long long D_TILE = tiles.D_TILE;
  const long long l1d_bytes = 32768;
  const long long D = shape.D;
  // block fits L1: T_TILE * D_TILE * 4 <= l1d_bytes
  if (!(T_TILE * D_TILE * 4 <= l1d_bytes)) return false;
  // blocks are whole: D % D_TILE == 0
  if (!(D % D_TILE == 0)) return false;
  return true;
}
// clang-format on

// clang-format off
/// Whether the kernel is right with the tiles at the shape, fast or not.
constexpr bool Right(const Tiles& tiles, const Shape& shape) {
  const long long D = shape.D;
  const long long D_TILE = tiles.D_TILE;
  // blocks are whole: D % D_TILE == 0
  if (!(D % D_TILE == 0)) return false;
  return true;
}
// clang-format on

/// What every speed-up is quoted against, and what is left where no entry is legal.
inline constexpr Tiles kDefault = {.T_TILE = 8, .D_TILE = 512};

/// decode-flash (T=8,D=4096): win, 1.250x the default [1.200, 1.312] at 95 %, 40 rounds.
/// Why: fastest of 3 contestants.
/// Xeon 2.6 GHz, 2 cores; 2 threads; g++ 12.2.0 -O3 -march=native.
inline constexpr Tiles kDecodeFlash = {.T_TILE = 4, .D_TILE = 1024};

/// decode-pro (T=8,D=7168): win, 1.250x the default [1.200, 1.312] at 95 %, 40 rounds.
/// Why: fastest of 3 contestants.
/// Xeon 2.6 GHz, 2 cores; 2 threads; g++ 12.2.0 -O3 -march=native.
inline constexpr Tiles kDecodePro = {.T_TILE = 2, .D_TILE = 1024};

/// prefill (T=1024,D=4096): tie, keeps the default; best rival T_TILE=16,D_TILE=512: 1.004x the
/// default [0.996, 1.008] at 95 %, 40 rounds.
/// Why: a tie keeps the default.
/// Xeon 2.6 GHz, 2 cores; 2 threads; g++ 12.2.0 -O3 -march=native.
inline constexpr Tiles kPrefill = {.T_TILE = 8, .D_TILE = 512};

/// A tuned problem: its name, its sizes, its tiles.
struct Entry {
  const char* problem;
  Shape shape;
  Tiles tiles;
};
inline constexpr Entry kEntries[] = {
    {"decode-flash", {.T = 8, .D = 4096}, kDecodeFlash},
    {"decode-pro", {.T = 8, .D = 7168}, kDecodePro},
    {"prefill", {.T = 1024, .D = 4096}, kPrefill},
};
static_assert(Legal(kDecodeFlash, kEntries[0].shape));
static_assert(Legal(kDecodePro, kEntries[1].shape));
static_assert(Legal(kPrefill, kEntries[2].shape));

/// How far apart two shapes are: the sum over dimensions of |log2(a / b)|, as detail::Log2.
constexpr long long Distance(const Shape& a, const Shape& b) {
  long long sum = 0;
  sum += detail::LogDistance(a.T, b.T);
  sum += detail::LogDistance(a.D, b.D);
  return sum;
}

/// What Find picked: kEntries[entry], or with entry -1 kDefault (fallback) or nothing (none).
struct Choice {
  Match match;
  int entry;
};

/// The exact problem, else the nearest legal one, else kDefault where it is right: the gate proves
/// it on sizes that no tile divides. Of several equally good problems, the first by name.
constexpr Choice Find(const Shape& shape) {
  int count = 0;
  for (const Entry& entry : kEntries) {
    if (entry.shape == shape) return {Match::exact, count};
    ++count;
  }
  Choice best = {Right(kDefault, shape) ? Match::fallback : Match::none, -1};
  long long best_distance = 0;
  for (int i = 0; i < count; ++i) {
    if (!Legal(kEntries[i].tiles, shape)) continue;
    const long long distance = Distance(kEntries[i].shape, shape);
    if (best.match == Match::nearest && distance >= best_distance) continue;
    best = {Match::nearest, i};
    best_distance = distance;
  }
  return best;
}

/// Calls f.template operator()<tiles>() with the tiles that Find picks, once; with none it calls
/// nothing, and `f` has done no work.
template <typename F>
constexpr Match Dispatch(const Shape& shape, F&& f) {
  const Choice choice = Find(shape);
  switch (choice.entry) {
    case 0: f.template operator()<kDecodeFlash>(); break;
    case 1: f.template operator()<kDecodePro>(); break;
    case 2: f.template operator()<kPrefill>(); break;
    default:
      if (choice.match == Match::fallback) f.template operator()<kDefault>();
      break;
  }
  return choice.match;
}

}  // namespace tuned::hc_post
