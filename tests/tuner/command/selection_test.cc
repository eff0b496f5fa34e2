#include "tuner/command/selection.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/error.h"

namespace tilesmith {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string ErrorOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

// A kernel that is only ever listed.
const KernelSpec& Listed(const std::string& name, const std::string& space_file) {
  if (const KernelSpec* known = Registry::Get().Find(name)) return *known;
  KernelSpec spec;
  spec.name = name;
  spec.function = "f";
  spec.golden = [](const void*) {};
  spec.space_file = space_file;
  spec.dims.push_back({"N", {}});
  Operand output;
  output.name = "y";
  output.direction = Direction::kOutput;
  spec.operands.push_back(std::move(output));
  return Registry::Get().Add(std::move(spec));
}

std::string SpaceText(const std::string& kernel, const std::string& problem,
                      const std::string& dim = "N") {
  return "kernel = '" + kernel +
         "'\n[tiles]\nA_TILE = [1, 2, 4]\n[default]\nA_TILE = 2\n[[problem]]\n" + "name = '" +
         problem + "'\n" + dim + " = 64\n[[ragged]]\n" + dim + " = 7\n";
}

class SelectionTest : public testing::Test {
 protected:
  SelectionTest()
      : alpha_(Listed("zz_alpha", Write("zz_alpha", SpaceText("zz_alpha", "small")))),
        beta_(Listed("zz_beta", Write("zz_beta", SpaceText("zz_beta", "large")))) {}

  static std::string Write(const std::string& name, const std::string& text) {
    const std::string path = testing::TempDir() + name + ".toml";
    std::ofstream(path) << text;
    return path;
  }
  static std::vector<std::string> Names(const std::vector<const KernelSpec*>& kernels) {
    std::vector<std::string> names;
    for (const KernelSpec* kernel : kernels) names.push_back(kernel->name);
    return names;
  }

  const KernelSpec& alpha_;
  const KernelSpec& beta_;
};

TEST(MatchesGlob, Words) {
  EXPECT_TRUE(MatchesGlob("hc_post", "hc_post"));
  EXPECT_FALSE(MatchesGlob("hc_post", "hc_post2"));
  EXPECT_FALSE(MatchesGlob("hc_post2", "hc_post"));
  EXPECT_TRUE(MatchesGlob("", ""));
  EXPECT_FALSE(MatchesGlob("", "a"));
}

TEST(MatchesGlob, Wildcards) {
  EXPECT_TRUE(MatchesGlob("*", ""));
  EXPECT_TRUE(MatchesGlob("*", "anything"));
  EXPECT_TRUE(MatchesGlob("hc_*", "hc_"));
  EXPECT_TRUE(MatchesGlob("*_post", "hc_post"));
  EXPECT_TRUE(MatchesGlob("*o*t", "hc_post"));
  EXPECT_TRUE(MatchesGlob("a*ab", "aaab"));  // the star must give back what it took
  EXPECT_FALSE(MatchesGlob("a*ab", "aaac"));
  EXPECT_TRUE(MatchesGlob("h?_post", "hc_post"));
  EXPECT_FALSE(MatchesGlob("h?_post", "h_post"));
  EXPECT_FALSE(MatchesGlob("?", ""));
}

TEST_F(SelectionTest, KernelsByNameAndGlobAreEachTakenOnce) {
  EXPECT_THAT(Names(SelectKernels({"zz_beta"})), ElementsAre("zz_beta"));
  EXPECT_THAT(Names(SelectKernels({"zz_beta", "zz_*", "zz_beta"})),
              ElementsAre("zz_alpha", "zz_beta"));
  EXPECT_EQ(SelectKernels({"all"}).size(), Registry::Get().kernels().size());
}

TEST_F(SelectionTest, UnknownKernelIsAnsweredWithTheNearest) {
  EXPECT_THAT(ErrorOf([] { SelectKernels({"zz_alpah"}); }),
              AllOf(HasSubstr("unknown kernel 'zz_alpah'"), HasSubstr("did you mean 'zz_alpha'?")));
  EXPECT_THAT(ErrorOf([] {
                SelectKernels({"zz_alpha", "qq*"});
              }),
              HasSubstr("unknown kernel 'qq*'"));
}

TEST_F(SelectionTest, QuestionsOfAllProblems) {
  const auto questions = SelectQuestions({&alpha_, &beta_}, {});
  ASSERT_EQ(questions.size(), 2u);
  EXPECT_EQ(questions[0].problems.front().name, "small");
  EXPECT_EQ(questions[1].problems.front().name, "large");
}

TEST_F(SelectionTest, KernelsWithoutTheProblemAreLeftOut) {
  const auto questions = SelectQuestions({&alpha_, &beta_}, {"large"});
  ASSERT_EQ(questions.size(), 1u);
  EXPECT_EQ(questions[0].kernel, &beta_);
}

TEST_F(SelectionTest, UnknownProblemIsAnsweredWithTheNearest) {
  EXPECT_THAT(ErrorOf([&] {
                SelectQuestions({&alpha_, &beta_}, {"smal"});
              }),
              AllOf(HasSubstr("unknown problem 'smal'"), HasSubstr("'small'")));
}

TEST_F(SelectionTest, SpaceFileOfAnotherKernelIsRefused) {
  const std::string path = Write("zz_other", SpaceText("zz_beta", "small"));
  EXPECT_THAT(ErrorOf([&] { LoadSpace(alpha_, path); }),
              AllOf(HasSubstr(path), HasSubstr("is the space of kernel 'zz_beta'")));
}

TEST_F(SelectionTest, SpaceFileOfOtherDimensionsIsRefused) {
  const std::string path = Write("zz_dims", SpaceText("zz_alpha", "small", "M"));
  EXPECT_THAT(ErrorOf([&] { LoadSpace(alpha_, path); }), HasSubstr("has no dimension 'M'"));
}

TEST_F(SelectionTest, DimensionBeyondItsMemberIsRefused) {
  const std::string path = Write("zz_large", SpaceText("zz_narrow", "small"));
  KernelSpec spec = Listed("zz_narrow", path);
  spec.dims.front().largest = 63;  // the problem is N = 64, the ragged one 7
  EXPECT_THAT(ErrorOf([&] { LoadSpace(spec, path); }),
              AllOf(HasSubstr("problem 'small': N = 64"), HasSubstr("at most 63")));
  spec.dims.front().largest = 64;
  EXPECT_EQ(ErrorOf([&] { LoadSpace(spec, path); }), "no error");
}

class CompleteConfigTest : public testing::Test {
 protected:
  CompleteConfigTest() {
    space_.kernel = "k";
    space_.tiles = {{"T_TILE", {1, 2}}, {"D_TILE", {256, 512}}};
    space_.default_config = Config::Parse("T_TILE=2,D_TILE=512");
  }
  SpaceDefinition space_;
};

TEST_F(CompleteConfigTest, TakesTheRestFromTheDefaultInTheSpacesOrder) {
  EXPECT_EQ(CompleteConfig(space_, "D_TILE=256").ToString(), "T_TILE=2,D_TILE=256");
  EXPECT_EQ(CompleteConfig(space_, "D_TILE=256,T_TILE=1").ToString(), "T_TILE=1,D_TILE=256");
  EXPECT_EQ(CompleteConfig(space_, "T_TILE=3").ToString(), "T_TILE=3,D_TILE=512");
}

TEST_F(CompleteConfigTest, UnknownTileIsAnsweredWithTheNearest) {
  EXPECT_THAT(ErrorOf([&] { CompleteConfig(space_, "T_TIEL=1"); }),
              AllOf(HasSubstr("kernel 'k' has no tile 'T_TIEL'"), HasSubstr("'T_TILE'")));
}

TEST_F(CompleteConfigTest, NonsenseIsAnError) {
  EXPECT_THROW(CompleteConfig(space_, "T_TILE"), UserError);
  EXPECT_THROW(CompleteConfig(space_, "T_TILE=one"), UserError);
}

}  // namespace
}  // namespace tilesmith
