#include "kernels/qkv_proj_rope/qkv_rules.h"

#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "kernels/qkv_proj_rope/qkv_proj_rope_golden.h"
#include "tests/kernels/qkv_proj_rope/qkv_case.h"

namespace kernels {
namespace {

using tilesmith::DType;

// A case of which one side holds what the golden wrote, the other what a variant might have.
class Outcome : public tilesmith::Outcome {
 public:
  Outcome(QkvCase& expected, QkvCase& actual) : expected_(expected), actual_(actual) {}
  std::int64_t Dim(std::string_view) const override {
    throw std::logic_error("no dimension asked");
  }
  double Scalar(std::string_view) const override { throw std::logic_error("no scalar asked"); }
  tilesmith::Finding Under(const tilesmith::Comparator&, std::string_view) const override {
    throw std::logic_error("no plain rule asked");
  }

 private:
  std::pair<const void*, std::size_t> Find(Side side, std::string_view name, DType) const override {
    QkvCase& of = side == Side::kActual ? actual_ : expected_;
    const auto all = [](auto& operand) {
      return std::pair<const void*, std::size_t>(operand.data(), operand.size());
    };
    if (name == "q") return all(of.q);
    if (name == "qr") return all(of.qr);
    if (name == "qr_scale") return all(of.qr_scale);
    if (name == "wq_b") return all(of.wq_b);
    if (name == "wq_b_scale") return all(of.wq_b_scale);
    if (name == "rope_cos") return all(of.cos);
    if (name == "rope_sin") return all(of.sin);
    throw std::logic_error("no such operand: " + std::string(name));
  }

  QkvCase& expected_;
  QkvCase& actual_;
};

struct Rules : testing::Test {
  Rules() : expected(4, 32, 200, 1), actual(4, 32, 200, 1) {
    expected.Outputs(&QkvProjRopeGolden);
    actual.Outputs(&QkvProjRopeGolden);
  }

  tilesmith::Finding Queries() {
    return QueriesOfEmittedCodes(&AnglesOfRows).rule(Outcome(expected, actual));
  }
  tilesmith::Finding Codes() { return FewCodesFlip().rule(Outcome(expected, actual)); }

  // The other way from the code's own sign, so that it stays a code.
  void Flip(std::size_t token, std::size_t code, int by = 1) {
    std::int8_t& value = actual.qr[token * 200 + code];
    value = static_cast<std::int8_t>(value > 0 ? value - by : value + by);
  }
  // What a variant that emitted these codes would compute.
  void RecomputeQueries(std::size_t token) {
    const std::vector<bf16> q = QueriesOfCodes(
        actual.qr.all().subspan(token * 200, 200), actual.qr_scale[token], actual.wq_b.all(),
        actual.wq_b_scale.all(), actual.cos.all().subspan(token * 64).first<32>(),
        actual.sin.all().subspan(token * 64).first<32>());
    std::copy(q.begin(), q.end(), actual.q.begin() + token * 512);
  }

  QkvCase expected, actual;
};

TEST_F(Rules, AcceptTheGoldenItself) {
  EXPECT_EQ(Queries().message, "");
  EXPECT_EQ(Codes().message, "");
}

TEST_F(Rules, QueriesFollowTheEmittedCodes) {
  for (std::size_t i = 0; i < 20; ++i) Flip(2, i, 40);  // far more than the tolerance hides
  EXPECT_NE(Queries().message, "");                     // q is still that of the golden's codes
  RecomputeQueries(2);
  EXPECT_EQ(Queries().message, "");
}

TEST_F(Rules, QueriesOfUnflippedCodesAreTheGoldens) {
  for (std::size_t i = 0; i < 20; ++i) actual.q[i] = golden::Bf16Rne(9);
  const tilesmith::Finding found = Queries();
  EXPECT_NE(found.message.find("token 0"), std::string::npos) << found.message;
  EXPECT_GT(found.error_share, 1);
}

TEST_F(Rules, NoRatioExcusesWhatIsNoNumber) {
  actual.q[700] = golden::Bf16Rne(9);  // one of 2048 may miss
  EXPECT_EQ(Queries().message, "");
  actual.q[700] = golden::Bf16Rne(std::numeric_limits<float>::quiet_NaN());
  EXPECT_NE(Queries().message, "");
}

TEST_F(Rules, OneCodeOfARowOf200MayFlip) {
  Flip(1, 7);
  EXPECT_EQ(Codes().message, "");
  Flip(1, 8);
  EXPECT_NE(Codes().message, "");
}

TEST_F(Rules, NoCodeIsTwoOff) {
  Flip(1, 7, 2);
  const tilesmith::Finding found = Codes();
  EXPECT_NE(found.message.find("token 1, code 7"), std::string::npos) << found.message;
}

}  // namespace
}  // namespace kernels
