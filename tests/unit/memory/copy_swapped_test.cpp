// A directory becomes another one between two operands that go into it.
#include <gtest/gtest.h>

#include <functional>

#include "sluice/space/memory.hpp"
#include "unit/memory/copying.hpp"

namespace memory_test {
namespace {

/// Does something as soon as the first thing has been made.
struct acting_listener final : copy_listener {
  std::function<void()> act;
  std::vector<std::string> made, problems;
  void copying(const std::string&, const std::string& target, const std::string&) override {
    made.push_back(target);
    if (act) std::exchange(act, nullptr)();
  }
  void failed(const copy_problem& p) override {
    problems.push_back(sluice::describe(p.why, p.source, p.target));
  }
  void removed(const std::string&) override {}
  bool wants_names() const noexcept override { return true; }
};

class CopySwapped : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* d : {"from", "from/t", "to", "to/t", "elsewhere", "elsewhere/t", "elsewhere/from"}) {
      ASSERT_TRUE(sync(root_.mkdir(d)));
    }
    for (const char* f : {"from/a", "from/b", "from/t/c"}) {
      ASSERT_TRUE(sync(root_.open(f, open_mode::write | open_mode::create)));
    }
    options_.recursive = true;
    options_.preserve_times = true;
  }

  /// `which` becomes a link, or a directory of the same name, beside a moved one.
  void swap(const char* which, bool by_link) {
    ASSERT_TRUE(sync(root_.rename(which, root_, "moved")));
    if (by_link) {
      ASSERT_TRUE(sync(root_.symlink("/elsewhere", which)));
    } else {
      ASSERT_TRUE(sync(root_.rename("elsewhere", root_, which)));
    }
    elsewhere_ = sync(root_.open_dir(which)).value();
    before_ = describe_tree(elsewhere_);
  }

  void copy_and_swap(std::span<const copy_operand> operands, const char* which, bool by_link) {
    acting_listener heard;
    heard.act = [=, this] { swap(which, by_link); };
    crew_options one;
    one.workers = 1;
    crew workers(one);
    constexpr std::size_t few = 2;
    EXPECT_TRUE(copy_trees(workers, root_, root_, operands, options_, few, heard));
    EXPECT_TRUE(heard.problems.empty()) << heard.problems.front();
    EXPECT_EQ(describe_tree(elsewhere_), before_);
    made_ = heard.made;
  }
  void expect_made(std::initializer_list<const char*> names) {
    for (const char* n : names) EXPECT_TRUE(sync(root_.stat(n))) << n;
  }

  memory_space space_;
  dir root_ = space_.root();
  dir elsewhere_;
  std::string before_;
  copy_options options_;
  std::vector<std::string> made_;
};

TEST_F(CopySwapped, OperandsStayTogether) {
  const copy_operand operands[] = {{"from/a", "to/a"}, {"from/b", "to/b"}, {"from/t", "to/t"}};
  copy_and_swap(operands, "to", true);
  expect_made({"moved/a", "moved/b", "moved/t/c"});
  EXPECT_EQ(made_, (std::vector<std::string>{"to/a", "to/b", "to/t/c"}));
}

TEST_F(CopySwapped, ADirectoryIsNotTakenForAnother) {
  const copy_operand operands[] = {{"from/a", "to//a"}, {"from/b", "to//b"}, {"from/t", "to//t"}};
  copy_and_swap(operands, "to", false);
  expect_made({"moved/a", "moved/b", "moved/t/c"});
  EXPECT_EQ(made_, (std::vector<std::string>{"to//a", "to//b", "to//t/c"}));
}

TEST_F(CopySwapped, ParentsAreTheSame) {
  const copy_operand operands[] = {{"from/a", "to/from/a", 3}, {"from/t/c", "to/from/t/c", 3}};
  copy_and_swap(operands, "to", true);
  expect_made({"moved/from/a", "moved/from/t/c"});
}

}  // namespace
}  // namespace memory_test
