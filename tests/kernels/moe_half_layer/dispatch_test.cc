#include "kernels/moe_half_layer/dispatch.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/golden/rounding.h"
#include "kernels/moe_half_layer/dispatch_golden.h"
#include "tests/kernels/guarded.h"

namespace kernels {
namespace {

constexpr int kUntouched = -1;  // poison, as an integer

// Three experts, four tokens of two columns, two routes each.
struct Case {
  explicit Case(int num_tokens, int rows = 4)
      : recv_x(static_cast<std::size_t>(6 * rows)),
        recv_scale(recv_x.size() / 2),
        recv_weights(recv_scale.size()),
        recv_route(recv_scale.size()),
        recv_y(recv_x.size()) {
    out = {x.data(),
           scale.data(),
           indices.data(),
           weights.data(),
           recv_x.data(),
           recv_scale.data(),
           recv_weights.data(),
           recv_route.data(),
           count.data(),
           4,
           2,
           3,
           2,
           rows,
           num_tokens};
    back = {recv_y.data(), recv_route.data(), count.data(), routed_y.data(), 2, 3, rows};
  }
  std::vector<int> Routes() { return {recv_route.begin(), recv_route.end()}; }
  std::vector<int> Counts() { return {count.begin(), count.end()}; }

  std::vector<std::int8_t> x = {1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<float> scale = {.1f, .2f, .3f, .4f};
  std::vector<int> indices = {2, 0, 0, 2, 2, 1, 0, 2};
  std::vector<float> weights = {1, 2, 3, 4, 5, 6, 7, 8};
  Guarded<std::int8_t> recv_x;
  Guarded<float> recv_scale, recv_weights;
  Guarded<int> recv_route, count{3};
  Guarded<bf16> recv_y, routed_y{16};
  MoeDispatchArgs out;
  MoeReturnArgs back;
};

using Dispatch = void (*)(const MoeDispatchArgs&);
using Return = void (*)(const MoeReturnArgs&);
struct Way {
  Dispatch dispatch;
  Return back;
};
const Way kWays[] = {{&MoeDispatch, &MoeReturn}, {&MoeDispatchGolden, &MoeReturnGolden}};

TEST(MoeDispatch, PacksRowsInTheOrderOfTheirTokens) {
  for (const Way& way : kWays) {
    Case c(4);
    way.dispatch(c.out);
    EXPECT_EQ(c.Counts(), (std::vector<int>{3, 1, 4}));
    constexpr int kNo = kUntouched;
    EXPECT_EQ(c.Routes(), (std::vector<int>{1, 2, 6, kNo, 5, kNo, kNo, kNo, 0, 3, 4, 7}));
    EXPECT_EQ(c.recv_x[0], 1);   // token 0, first of expert 0
    EXPECT_EQ(c.recv_x[3], 4);   // token 1, second of it
    EXPECT_EQ(c.recv_x[22], 7);  // token 3, last of expert 2
    EXPECT_EQ(c.recv_x[23], 8);
    EXPECT_EQ(c.recv_scale[2], .4f);
    EXPECT_EQ(c.recv_scale[4], .3f);
    EXPECT_EQ(c.recv_weights[2], 7);
    EXPECT_EQ(c.recv_weights[9], 4);
  }
}

TEST(MoeDispatch, InactiveTokensGoNowhere) {
  for (const Way& way : kWays) {
    Case c(1);
    way.dispatch(c.out);
    EXPECT_EQ(c.Counts(), (std::vector<int>{1, 0, 1}));
    EXPECT_EQ(std::ranges::count(c.Routes(), kUntouched), 10);
    Case none(0);
    way.dispatch(none.out);
    EXPECT_EQ(none.Counts(), (std::vector<int>{0, 0, 0}));
    Case more(9);  // than there are
    way.dispatch(more.out);
    EXPECT_EQ(more.Counts(), (std::vector<int>{3, 1, 4}));
  }
}

// Every row goes back to the route that it came by; the routes of the inactive token stay.
TEST(MoeDispatch, ReturnsRowsToTheirRoutes) {
  for (const Way& way : kWays) {
    Case c(3);
    way.dispatch(c.out);
    for (std::size_t i = 0; i < c.recv_y.size(); ++i) {
      c.recv_y[i] = golden::Bf16Rne(c.recv_weights[i / 2] + (i % 2 == 0 ? 0 : 0.5f));
    }
    way.back(c.back);
    for (std::size_t r = 0; r < 6; ++r) {
      EXPECT_EQ(golden::ToFloat(c.routed_y[2 * r]), c.weights[r]) << r;
      EXPECT_EQ(golden::ToFloat(c.routed_y[2 * r + 1]), c.weights[r] + 0.5f) << r;
    }
    for (std::size_t i = 12; i < 16; ++i) EXPECT_EQ(c.routed_y[i].bits, 0xffff) << i;
  }
}

TEST(MoeDispatch, GoldenRefusesMoreRowsThanFit) {
  Case c(4, 3);
  EXPECT_THROW(MoeDispatchGolden(c.out), std::out_of_range);
}

}  // namespace
}  // namespace kernels
