// A product: includes the generated header and the kernels, no tuner, and calls each kernel through
// Dispatch at tuned, untuned and ragged shapes. Compares with the goldens; exits with the number of
// shapes that differ. Built by dispatch_test.sh.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "kernels/expert_shared/expert_shared.h"
#include "kernels/expert_shared/expert_shared_golden.h"
#include "kernels/hc_post/hc_post.h"
#include "kernels/hc_post/hc_post_golden.h"
#include "kernels/indexer_qr_rope/indexer_qr_rope.h"
#include "kernels/indexer_qr_rope/indexer_qr_rope_golden.h"
#include "tuned_kernels.h"

namespace {

using tilesmith::bf16;

int failures = 0;

// A cheap sequence in [-1, 1); the values do not matter, that they differ does.
struct Sequence {
  unsigned state = 1;
  float Next() {
    state = state * 1664525u + 1013904223u;
    return static_cast<float>(state >> 8) * 0x1p-23f - 1;
  }
};

float Widen(bf16 value) {
  return __builtin_bit_cast(float, static_cast<unsigned>(value.bits) << 16);
}
bf16 Cut(float value) {  // truncation will do for an input
  return {static_cast<unsigned short>(__builtin_bit_cast(unsigned, value) >> 16)};
}

std::vector<float> Floats(long n, Sequence& s) {
  std::vector<float> v(static_cast<std::size_t>(n));
  for (float& x : v) x = s.Next();
  return v;
}
std::vector<bf16> Bf16s(long n, Sequence& s) {
  std::vector<bf16> v(static_cast<std::size_t>(n));
  for (bf16& x : v) x = Cut(s.Next());
  return v;
}
std::vector<signed char> Codes(long n, Sequence& s) {
  std::vector<signed char> v(static_cast<std::size_t>(n));
  for (signed char& x : v) x = static_cast<signed char>(s.Next() * 127);
  return v;
}

void Report(const char* kernel, const char* shape, tuned::Match match, bool same) {
  const char* words[] = {"exact", "nearest", "fallback", "none"};
  std::printf("%s %s %s %s\n", kernel, shape, words[static_cast<int>(match)],
              same ? "ok" : "WRONG");
  failures += same ? 0 : 1;
}

void HcPost(int T, int D, const char* shape) {
  Sequence s;
  const auto x = Bf16s(long{T} * D, s);
  const auto residual = Floats(4L * T * D, s), post = Floats(4L * T, s), comb = Floats(16L * T, s);
  std::vector<float> expected(residual.size()), actual(residual.size(), NAN);
  kernels::HcPostArgs args{x.data(), residual.data(), post.data(), comb.data(), expected.data(), T,
                           D};
  kernels::HcPostGolden(args);
  args.y = actual.data();
  const auto match = tuned::hc_post::Dispatch(
      {.T = T, .D = D}, [&]<auto kTiles> { kernels::HcPost<kTiles>(args); });
  Report("hc_post", shape, match, actual == expected);
}

void Rope(int B, int S, int H, const char* shape) {
  Sequence s;
  const auto q = Floats(128L * B * S * H, s), cos = Floats(32L * B, s), sin = Floats(32L * B, s);
  std::vector<bf16> expected(q.size()), actual(q.size(), bf16{0xFFFF});
  kernels::IndexerQrRopeArgs args{q.data(), cos.data(), sin.data(), expected.data(), B, S, H};
  kernels::IndexerQrRopeGolden(args);
  args.q_rot = actual.data();
  const auto match = tuned::indexer_qr_rope::Dispatch(
      {.B = B, .S = S, .H = H}, [&]<auto kTiles> { kernels::IndexerQrRope<kTiles>(args); });
  Report("indexer_qr_rope", shape, match, actual == expected);
}

// ratio_reldiff(2e-3, 1 %): a code of h on a rounding tie may fall to either side.
bool Close(const std::vector<bf16>& actual, const std::vector<bf16>& expected) {
  std::size_t misses = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const float a = Widen(actual[i]), e = Widen(expected[i]);
    const float distance = std::fabs(a - e);
    const float relative = distance / (std::max({std::fabs(a), std::fabs(e), 0.0305f}) + 1e-9f);
    misses += distance < 2e-3f || relative <= 2e-3f ? 0u : 1u;
  }
  return static_cast<double>(misses) <= 0.01 * static_cast<double>(actual.size());
}

void ExpertShared(int T, int D, int MI, const char* shape) {
  Sequence s;
  const auto x = Codes(long{T} * D, s), w1 = Codes(long{MI} * D, s), w3 = Codes(long{MI} * D, s),
             w2 = Codes(long{D} * MI, s);
  std::vector<float> xs(static_cast<std::size_t>(T), 0.01f),
      w1s(static_cast<std::size_t>(MI), 1e-3f), w3s = w1s, w2s(static_cast<std::size_t>(D), 1e-3f);
  const auto out = static_cast<std::size_t>(T) * static_cast<std::size_t>(D);
  std::vector<bf16> expected(out), actual(out, bf16{0xFFFF});
  // Scratch as the header asks for it, with room to spare.
  const auto rows = static_cast<std::size_t>((T + 7) / 8 * 8);
  const auto wide = rows * (static_cast<std::size_t>(std::max(D, MI)) + 64) + 64;
  std::vector<unsigned char> x_panels(wide), h_panels(wide);
  std::vector<int> gate(wide), up(wide), down(wide);
  std::vector<float> h(wide), h_scale(rows);
  kernels::ExpertSharedArgs args{x.data(),
                                 xs.data(),
                                 w1.data(),
                                 w1s.data(),
                                 w3.data(),
                                 w3s.data(),
                                 w2.data(),
                                 w2s.data(),
                                 expected.data(),
                                 x_panels.data(),
                                 gate.data(),
                                 up.data(),
                                 h.data(),
                                 h_panels.data(),
                                 h_scale.data(),
                                 down.data(),
                                 T,
                                 D,
                                 MI,
                                 10.0f};
  kernels::ExpertSharedGolden(args);
  args.sh = actual.data();
  const auto match = tuned::expert_shared::Dispatch(
      {.T = T, .D = D, .MI = MI}, [&]<auto kTiles> { kernels::ExpertShared<kTiles>(args); });
  Report("expert_shared", shape, match, Close(actual, expected));
}

}  // namespace

int main() {
  HcPost(8, 4096, "tuned");
  HcPost(16, 4096, "untuned");
  HcPost(13, 4099, "ragged");
  HcPost(1, 1, "ragged");
  Rope(8, 1, 64, "tuned");
  Rope(4, 2, 64, "untuned");
  Rope(3, 1, 7, "ragged");
  ExpertShared(8, 4096, 2048, "tuned");
  ExpertShared(4, 2048, 1024, "untuned");
  ExpertShared(3, 517, 259, "ragged");
  return failures;
}
