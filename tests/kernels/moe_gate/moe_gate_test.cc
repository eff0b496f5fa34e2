#include "kernels/moe_gate/moe_gate.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/golden/rounding.h"
#include "kernels/moe_gate/moe_gate_golden.h"
#include "tests/kernels/guarded.h"

namespace kernels {
namespace {

struct Tiles {
  int T_TILE = 8;
  int GATE_T_TILE = 8;
  int GATE_N_TILE = 16;
  int D_TILE = 256;
  int GATE_D_TILE = 256;
  int QUANT_TILE = 256;
};

std::size_t Count(long n) { return static_cast<std::size_t>(n); }

struct Size {
  int T, D, E, TOPK;
};
constexpr int kVocabulary = 11;
constexpr int kSortLayer = 3, kHashLayer = 2;

struct Routes {
  std::vector<int> ids;
  std::vector<float> weights, scales;
  std::vector<std::int8_t> codes;
};

// Operands of one size, each ending where memory ends.
template <typename Normed>
struct Case {
  using Args = MoeGateArgsOf<Normed>;

  explicit Case(const Size& s)
      : x(Count(long{s.T} * s.D)),
        norm_w(Count(s.D)),
        gate_w(Count(long{s.E} * s.D)),
        bias(Count(s.E)),
        table(Count(kVocabulary * s.TOPK)),
        tokens(Count(s.T)),
        x_norm(x.size()),
        codes(x.size()),
        scale(Count(s.T)),
        ids(Count(s.T * s.TOPK)),
        weights(ids.size()),
        scores(Count(s.T * s.E)),
        inverse(Count(s.T)) {
    std::mt19937_64 random(9);
    for (bf16& v : x) v = golden::Bf16Rne(SmallValue(random));
    for (bf16& v : norm_w) v = golden::Bf16Rne(1 + 0.2f * SmallValue(random));
    for (float& v : gate_w) v = 0.1f * SmallValue(random);
    for (float& v : bias) v = 0.1f * SmallValue(random);
    for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<int>(i) % s.E;
    for (long& token : tokens) token = static_cast<long>(random() % kVocabulary);
    args = {x.data(),
            norm_w.data(),
            gate_w.data(),
            bias.data(),
            table.data(),
            tokens.data(),
            x_norm.data(),
            codes.data(),
            scale.data(),
            ids.data(),
            weights.data(),
            scores.data(),
            inverse.data(),
            s.T,
            s.D,
            s.E,
            s.TOPK,
            kVocabulary,
            kSortLayer,
            s.T,
            3,
            1.5f};
  }

  Routes Run(void (*kernel)(const Args&)) {
    for (Guarded<float>* floats : {&scale, &weights, &scores, &inverse}) floats->Poison();
    x_norm.Poison();
    codes.Poison();
    ids.Poison();
    kernel(args);
    return {{ids.begin(), ids.end()},
            {weights.begin(), weights.end()},
            {scale.begin(), scale.end()},
            {codes.begin(), codes.end()}};
  }

  Guarded<bf16> x, norm_w;
  Guarded<float> gate_w, bias;
  Guarded<int> table;
  Guarded<long> tokens;
  Guarded<Normed> x_norm;
  Guarded<std::int8_t> codes;
  Guarded<float> scale;
  Guarded<int> ids;
  Guarded<float> weights, scores, inverse;
  Args args;
};

void ExpectNear(const std::vector<float>& actual, const std::vector<float>& expected, float rtol) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_LE(std::fabs(actual[i] - expected[i]), rtol * std::fabs(expected[i])) << i;
  }
}

// Random scores are apart, so that ids agree; a code may sit on a tie.
void ExpectNear(const Routes& actual, const Routes& expected) {
  EXPECT_EQ(actual.ids, expected.ids);
  ExpectNear(actual.weights, expected.weights, 1e-5f);
  ExpectNear(actual.scales, expected.scales, 1e-2f);
  std::size_t misses = 0;
  for (std::size_t i = 0; i < expected.codes.size(); ++i) {
    ASSERT_LE(std::abs(actual.codes[i] - expected.codes[i]), 1);
    misses += actual.codes[i] != expected.codes[i];
  }
  EXPECT_LE(misses, expected.codes.size() / 100);
}

constexpr Size kSizes[] = {
    {1, 1, 1, 1}, {5, 99, 18, 6}, {13, 333, 50, 8}, {8, 512, 32, 6}, {7, 896, 48, 6}};

template <auto kTiles>
void ExpectGolden() {
  for (const Size& size : kSizes) {
    SCOPED_TRACE(testing::Message() << size.T << 'x' << size.D << 'x' << size.E);
    Case<bf16> v2(size);
    ExpectNear(v2.Run(&MoeGate<kTiles>), v2.Run(&MoeGateGolden));
    Case<float> v3(size);
    ExpectNear(v3.Run(&MoeGateV3<kTiles>), v3.Run(&MoeGateV3Golden));
  }
}

TEST(MoeGate, AgreesWithTheGolden) {
  ExpectGolden<Tiles{}>();
  ExpectGolden<Tiles{.T_TILE = 1, .GATE_T_TILE = 3, .GATE_N_TILE = 1, .QUANT_TILE = 1}>();
  ExpectGolden<Tiles{.T_TILE = 32, .GATE_N_TILE = 128, .D_TILE = 7, .GATE_D_TILE = 10}>();
}

// Runs golden and kernel of both contracts on what `prepare` makes, and gives what they chose to
// `check`.
template <typename Prepare, typename Check>
void ForAll(const Size& size, const Prepare& prepare, const Check& check) {
  Case<bf16> v2(size);
  prepare(v2);
  check(v2.Run(&MoeGateGolden));
  check(v2.Run(&MoeGate<Tiles{}>));
  Case<float> v3(size);
  prepare(v3);
  check(v3.Run(&MoeGateV3Golden));
  check(v3.Run(&MoeGateV3<Tiles{}>));
}

// Four experts share each router row, so that their scores tie whatever the order of the sums.
TEST(MoeGate, LowerIdWinsTies) {
  const Size size{3, 64, 24, 6};
  const auto prepare = [&](auto& c) {
    for (long e = 6; e < size.E; ++e) {
      std::copy_n(c.gate_w.data() + e % 6 * size.D, size.D, c.gate_w.data() + e * size.D);
    }
    std::fill(c.bias.begin(), c.bias.end(), 0.0f);
  };
  ForAll(size, prepare, [&](const Routes& routes) {
    for (std::size_t t = 0; t < 3; ++t) {
      // The best row's four experts in ascending order, then the second best's first two.
      const std::vector<int> ids(routes.ids.begin() + static_cast<long>(t) * 6,
                                 routes.ids.begin() + static_cast<long>(t + 1) * 6);
      const int first = ids[0], second = ids[4];
      EXPECT_LT(first, 6);
      EXPECT_LT(second, 6);
      EXPECT_EQ(ids,
                (std::vector<int>{first, first + 6, first + 12, first + 18, second, second + 6}));
    }
  });
}

TEST(MoeGate, AllEqualScoresChooseTheFirstExperts) {
  const auto prepare = [](auto& c) {
    std::fill(c.gate_w.begin(), c.gate_w.end(), 0.0f);
    std::fill(c.bias.begin(), c.bias.end(), 0.0f);
  };
  ForAll({1, 8, 20, 6}, prepare, [](const Routes& routes) {
    EXPECT_EQ(routes.ids, (std::vector<int>{0, 1, 2, 3, 4, 5}));
    ExpectNear(routes.weights, std::vector<float>(6, 0.25f), 1e-6f);  // 1.5 / 6
  });
}

// A bias moves the choice and not the weights: all scores are √ln 2.
TEST(MoeGate, BiasChoosesButDoesNotWeigh) {
  const auto prepare = [](auto& c) {
    std::fill(c.gate_w.begin(), c.gate_w.end(), 0.0f);
    std::fill(c.bias.begin(), c.bias.end(), 0.0f);
    c.bias[383] = 3;  // beyond a pad of 256
    c.bias[300] = 2;
  };
  ForAll({1, 8, 384, 2}, prepare, [](const Routes& routes) {
    EXPECT_EQ(routes.ids, (std::vector<int>{383, 300}));
    EXPECT_EQ(routes.weights, std::vector<float>(2, 0.75f));
  });
}

TEST(MoeGate, HashLayersLookUpTheirExperts) {
  const Size size{4, 40, 30, 6};
  const auto prepare = [](auto& c) { c.args.layer_id = kHashLayer; };
  Case<bf16> c(size);
  std::vector<int> expected;
  for (const long token : c.tokens) {
    for (long k = 0; k < 6; ++k) expected.push_back(c.table[Count(token * 6 + k)]);
  }
  ForAll(size, prepare, [&](const Routes& routes) {
    EXPECT_EQ(routes.ids, expected);
    for (std::size_t t = 0; t < 4; ++t) {
      const auto begin = routes.weights.begin() + static_cast<long>(t) * 6;
      EXPECT_NEAR(std::accumulate(begin, begin + 6, 0.0), 1.5, 1e-5);
    }
  });
}

TEST(MoeGate, InactiveRowsAreZero) {
  const Size size{5, 40, 30, 3};
  ForAll(
      size, [](auto& c) { c.args.num_tokens = 2; },
      [](const Routes& routes) {
        EXPECT_GT(routes.scales[1], 0);
        EXPECT_EQ(std::vector<float>(routes.scales.begin() + 2, routes.scales.end()),
                  std::vector<float>(3, 0.0f));
        EXPECT_EQ(std::vector<int>(routes.ids.begin() + 6, routes.ids.end()),
                  std::vector<int>(9, 0));
        EXPECT_EQ(std::vector<float>(routes.weights.begin() + 6, routes.weights.end()),
                  std::vector<float>(9, 0.0f));
      });
}

// One dimension and x = w = 1: the norm is 1 up to its eps, a logit is its router weight. Far below
// zero softplus is e^l: scores of −40 and −42 are e^-20 and e^-21, so the weights are as 1 to 1/e.
TEST(MoeGate, KeepsTheTailOfSoftplus) {
  const auto prepare = [](auto& c) {
    c.x[0] = c.norm_w[0] = golden::Bf16Rne(1);
    c.gate_w[0] = -40;
    c.gate_w[1] = -42;
    std::fill(c.bias.begin(), c.bias.end(), 0.0f);
  };
  ForAll({1, 1, 2, 2}, prepare, [](const Routes& routes) {
    const double share = 1 / (1 + std::exp(-1.0));
    EXPECT_NEAR(routes.weights[0], 1.5 * share, 1e-4);
    EXPECT_NEAR(routes.weights[1], 1.5 * (1 - share), 1e-4);
  });
}

// x = (3, −4), w = 1: rms = √12.5, so n = (.8485, −1.1314), in bf16 (.84765625, −1.1328125). The
// codes are 127 and rint(127·.84765625/1.1328125) = rint(95.03) in V2, rint(127·.75) = 95 in V3.
TEST(MoeGate, ByHand) {
  Case<bf16> v2({1, 2, 1, 1});
  Case<float> v3({1, 2, 1, 1});
  const auto set = [](auto& c) {
    c.x[0] = golden::Bf16Rne(3);
    c.x[1] = golden::Bf16Rne(-4);
    c.norm_w[0] = c.norm_w[1] = golden::Bf16Rne(1);
  };
  set(v2);
  set(v3);
  for (const auto kernel : {&MoeGateGolden, &MoeGate<Tiles{}>}) {
    const Routes routes = v2.Run(kernel);
    EXPECT_EQ(golden::ToFloat(v2.x_norm[0]), .84765625f);
    EXPECT_EQ(golden::ToFloat(v2.x_norm[1]), -1.1328125f);
    EXPECT_EQ(routes.codes, (std::vector<std::int8_t>{95, -127}));
    EXPECT_NEAR(routes.scales[0], 1.1328125 / 127, 1e-8);
    EXPECT_EQ(routes.weights[0], 1.5f);
  }
  for (const auto kernel : {&MoeGateV3Golden, &MoeGateV3<Tiles{}>}) {
    const Routes routes = v3.Run(kernel);
    EXPECT_EQ(routes.codes, (std::vector<std::int8_t>{95, -127}));
    EXPECT_NEAR(routes.scales[0], 4 / std::sqrt(12.5) / 127, 1e-8);
  }
}

}  // namespace
}  // namespace kernels
