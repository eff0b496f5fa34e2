// Recursive descent, one function per level of Python's grammar from the loosest to the tightest:
//
//   conditional:  or [ "if" or "else" conditional ]
//   or:           and { "or" and }
//   and:          not { "and" not }
//   not:          "not" not | comparison
//   comparison:   sum { ( < <= > >= == != in "not in" ) sum }
//   sum, product: left-associative
//   sign:         ( + | - ) sign | power              so that -2 ** 2 is -(2 ** 2)
//   power:        atom [ "**" sign ]                  right-associative, 2 ** -1 allowed
#include "tuner/space/expression_parser.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "results/error.h"
#include "results/suggest.h"
#include "tuner/space/expression_lexer.h"

namespace tilesmith {
namespace {

using Node = std::unique_ptr<const ExpressionNode>;
using Kind = ExpressionNode::Kind;
using Spelling = std::pair<std::string_view, Operator>;

constexpr std::array<Spelling, 2> kSums = {{{"+", Operator::kAdd}, {"-", Operator::kSubtract}}};
constexpr std::array<Spelling, 4> kProducts = {{{"*", Operator::kMultiply},
                                                {"/", Operator::kDivide},
                                                {"//", Operator::kFloorDivide},
                                                {"%", Operator::kModulo}}};
constexpr std::array<Spelling, 7> kComparisons = {{{"<", Operator::kLess},
                                                   {"<=", Operator::kLessEqual},
                                                   {">", Operator::kGreater},
                                                   {">=", Operator::kGreaterEqual},
                                                   {"==", Operator::kEqual},
                                                   {"!=", Operator::kNotEqual},
                                                   {"in", Operator::kIn}}};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), tokens_(Tokenize(text)) {}

  Node Run() {
    Node node = Conditional();
    if (Next().kind != Token::Kind::kEnd) Fail(Trailing());
    return node;
  }

 private:
  const Token& Next() const { return tokens_[position_]; }
  bool At(std::string_view word) const {
    const Token& token = Next();
    return (token.kind == Token::Kind::kSymbol || token.kind == Token::Kind::kName) &&
           token.text == word;
  }
  bool Accept(std::string_view word) {
    if (!At(word)) return false;
    ++position_;
    return true;
  }
  void Expect(std::string_view word, std::string_view opened_by) {
    if (!Accept(word)) Fail(fmt::format("expected '{}' after {}", word, opened_by));
  }
  [[noreturn]] void Fail(const std::string& what) const { FailAt(Next().column, what, text_); }

  std::string Trailing() const {
    if (At("=")) return "'=' assigns; equality is '=='";
    return fmt::format("expected an operator before '{}'", Next().text);
  }

  // Counts one level of recursion; parentheses and signs leave no trace in the tree's depth.
  class Level {
   public:
    explicit Level(Parser* parser) : parser_(parser) {
      if (++parser_->level_ > Expression::kMaxDepth) parser_->Fail("nested too deeply");
    }
    ~Level() { --parser_->level_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Parser* parser_;
  };

  // A long left-associative chain is a deep tree without any recursion here, hence the check.
  Node Finish(ExpressionNode node) const {
    for (const Node& child : node.children) node.depth = std::max(node.depth, child->depth + 1);
    if (node.depth > Expression::kMaxDepth) Fail("nested too deeply");
    return std::make_unique<const ExpressionNode>(std::move(node));
  }
  template <typename... Children>
  Node Make(ExpressionNode node, Children... children) const {
    (node.children.push_back(std::move(children)), ...);
    return Finish(std::move(node));
  }
  static ExpressionNode Of(Kind kind) {
    ExpressionNode node;
    node.kind = kind;
    return node;
  }
  static ExpressionNode Of(Kind kind, Operator op) {
    ExpressionNode node = Of(kind);
    node.op = op;
    return node;
  }

  Node Conditional() {
    const Level level(this);
    Node value = Or();
    if (!Accept("if")) return value;
    Node condition = Or();
    Expect("else", "'if'");
    Node otherwise = Conditional();
    return Make(Of(Kind::kConditional), std::move(value), std::move(condition),
                std::move(otherwise));
  }

  Node Or() {
    Node left = And();
    while (Accept("or")) left = Make(Of(Kind::kOr), std::move(left), And());
    return left;
  }

  Node And() {
    Node left = Not();
    while (Accept("and")) left = Make(Of(Kind::kAnd), std::move(left), Not());
    return left;
  }

  Node Not() {
    const Level level(this);
    if (Accept("not")) return Make(Of(Kind::kUnary, Operator::kNot), Not());
    return Comparison();
  }

  Node Comparison() {
    Node first = Sum();
    std::optional<Operator> op = AcceptComparison();
    if (!op) return first;
    ExpressionNode node = Of(Kind::kCompare);
    node.children.push_back(std::move(first));
    for (; op; op = AcceptComparison()) {
      if (node.children.back()->kind == Kind::kList) Fail("a list cannot be compared further");
      node.comparisons.push_back(*op);
      const bool membership = *op == Operator::kIn || *op == Operator::kNotIn;
      node.children.push_back(membership && AtList() ? List() : Sum());
    }
    return Finish(std::move(node));
  }

  std::optional<Operator> AcceptComparison() {
    if (At("not") && tokens_[position_ + 1].text == "in") {
      position_ += 2;
      return Operator::kNotIn;
    }
    return AcceptOneOf(kComparisons);
  }

  // A parenthesis opens a tuple when a comma of its own follows, and a plain value otherwise.
  bool AtList() const {
    if (At("[")) return true;
    if (!At("(")) return false;
    int open = 0;
    for (std::size_t i = position_; tokens_[i].kind != Token::Kind::kEnd; ++i) {
      if (tokens_[i].kind != Token::Kind::kSymbol) continue;
      const std::string_view symbol = tokens_[i].text;
      if (symbol == "(" || symbol == "[") ++open;
      if ((symbol == ")" || symbol == "]") && --open == 0) return false;
      if (symbol == "," && open == 1) return true;
    }
    return false;
  }

  Node List() {
    const std::string_view close = Accept("[") ? "]" : (Accept("("), ")");
    ExpressionNode node = Of(Kind::kList);
    while (!Accept(close)) {
      node.children.push_back(Conditional());
      if (!Accept(",") && !At(close)) Fail(fmt::format("expected ',' or '{}'", close));
    }
    return Finish(std::move(node));
  }

  template <std::size_t kCount>
  std::optional<Operator> AcceptOneOf(const std::array<Spelling, kCount>& spellings) {
    for (const auto& [spelling, op] : spellings) {
      if (Accept(spelling)) return op;
    }
    return std::nullopt;
  }

  Node Sum() {
    Node left = Product();
    while (const std::optional<Operator> op = AcceptOneOf(kSums)) {
      left = Make(Of(Kind::kBinary, *op), std::move(left), Product());
    }
    return left;
  }

  Node Product() {
    Node left = Sign();
    while (const std::optional<Operator> op = AcceptOneOf(kProducts)) {
      left = Make(Of(Kind::kBinary, *op), std::move(left), Sign());
    }
    return left;
  }

  Node Sign() {
    const Level level(this);
    if (Accept("-")) return Make(Of(Kind::kUnary, Operator::kNegate), Sign());
    if (Accept("+")) return Make(Of(Kind::kUnary, Operator::kPlus), Sign());
    Node base = Atom();
    if (!Accept("**")) return base;
    return Make(Of(Kind::kBinary, Operator::kPower), std::move(base), Sign());
  }

  Node Atom() {
    const Token& token = Next();
    if (token.kind == Token::Kind::kLiteral) return Literal(token.value);
    if (Accept("True")) return Literal(true);
    if (Accept("False")) return Literal(false);
    if (Accept("(")) {
      Node inner = Conditional();
      Expect(")", "'('");
      return inner;
    }
    if (token.kind != Token::Kind::kName || !IsName(token.text)) Fail(MissingValue());
    ++position_;
    return At("(") ? Call(token) : Name(token);
  }

  Node Literal(Value value) {
    if (Next().kind == Token::Kind::kLiteral) ++position_;
    ExpressionNode node = Of(Kind::kLiteral);
    node.literal = std::move(value);
    return Finish(std::move(node));
  }

  Node Name(const Token& token) const {
    ExpressionNode node = Of(Kind::kName);
    node.name = std::string(token.text);
    return Finish(std::move(node));
  }

  std::string MissingValue() const {
    if (At("[")) return "a list can only stand after 'in'";
    if (position_ == 0) return "expected a value";
    return fmt::format("expected a value after '{}'", tokens_[position_ - 1].text);
  }

  Node Call(const Token& token) {
    const FunctionInfo& info = Find(token);
    Expect("(", "a function");
    ExpressionNode node = Of(Kind::kCall);
    node.function = info.function;
    while (!Accept(")")) {
      node.children.push_back(Conditional());
      if (!Accept(",") && !At(")")) Fail("expected ',' or ')'");
    }
    const int count = static_cast<int>(node.children.size());
    if (count < info.least || (info.most >= 0 && count > info.most)) {
      FailAt(token.column,
             fmt::format("{} takes {}{} argument{}, not {},", info.name,
                         info.most < 0 ? "at least " : "", info.least, info.least == 1 ? "" : "s",
                         count),
             text_);
    }
    return Finish(std::move(node));
  }

  const FunctionInfo& Find(const Token& token) const {
    std::vector<std::string> known;
    for (const FunctionInfo& info : Functions()) {
      if (info.name == token.text) return info;
      known.emplace_back(info.name);
    }
    FailAt(token.column, fmt::format("no function '{}'{}", token.text, Suggest(token.text, known)),
           text_);
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t position_ = 0;
  int level_ = 0;
};

}  // namespace

Node ParseExpression(std::string_view text) { return Parser(text).Run(); }

}  // namespace tilesmith
