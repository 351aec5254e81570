// Directories that are asked for their status when they are open.
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>

#include "sluice/fs/tree_size.hpp"
#include "sluice/space/fault.hpp"
#include "sluice/space/memory.hpp"
#include "sluice/sync.hpp"

namespace {

using namespace sluice;

class sizing final : public tree_size {
 public:
  sizing() : tree_size(size_options()) {}
  std::vector<std::pair<std::string, walk_step>> failures;
  std::vector<std::string> directories;

 private:
  void left(sized_dir& d) override { directories.push_back(d.where.path()); }
  void failed(const std::string& path, walk_step step, const error&) override {
    failures.emplace_back(path, step);
  }
};

struct small_tree {
  memory_space memory;
  dir root = memory.root();

  small_tree() {
    for (const char* name : {"top", "top/a", "top/a/b1", "top/a/b2"}) make_dir(name);
    for (const char* name : {"top/f", "top/a/f", "top/a/b1/f", "top/a/b2/f"}) make_file(name);
  }
  void make_dir(const char* name) { EXPECT_TRUE(sluice::sync(root.mkdir(name)).has_value()); }
  void make_file(const char* name) {
    auto f = sluice::sync(root.open(name, open_mode::write | open_mode::create));
    ASSERT_TRUE(f.has_value());
    EXPECT_TRUE(sluice::sync(f->truncate(1000)).has_value());
  }
};

/// A walk by one worker, who looks at `top`, what is in it, in `a`, and below, in this order.
size_totals size_with(small_tree& t, std::span<const fault_rule> rules, sizing& s) {
  fault_space broken(t.memory, {rules});
  const dir root = broken.attach(t.memory.root());
  const tree_limits limits = limits_for_trees(1);
  crew one(limits.crew);
  const std::string top = "top";
  return s.run(limits, one, root, std::span(&top, 1));
}

using failures = std::vector<std::pair<std::string, walk_step>>;

TEST(LateStatus, CountsWhatCanNotBeOpened) {
  small_tree t;
  sizing all;
  const size_totals whole = size_with(t, {}, all);
  EXPECT_EQ(whole.entries, 8u);
  EXPECT_EQ(all.directories.size(), 4u);
  fault_rule closed{op_kind::open};
  closed.failure = errc::permission_denied;
  closed.after = 2;  // top and a
  sizing s;
  const size_totals sum = size_with(t, std::span(&closed, 1), s);
  EXPECT_EQ(sum.entries, 6u) << "b1 and b2, but not what is in them";
  EXPECT_EQ(whole.apparent - sum.apparent, 2000u);
  std::ranges::sort(s.failures);
  EXPECT_EQ(s.failures, (failures{{"top/a/b1", walk_step::open}, {"top/a/b2", walk_step::open}}));
  EXPECT_EQ(s.directories.size(), 4u);
}

TEST(LateStatus, PassesOverWhatIsGone) {
  small_tree t;
  fault_rule gone[] = {{op_kind::open}, {op_kind::stat}};
  gone[0].failure = gone[1].failure = errc::not_found;
  gone[0].after = 2;
  gone[1].after = 4;  // top, its names, and in a the file
  sizing s;
  const size_totals sum = size_with(t, gone, s);
  EXPECT_EQ(sum.entries, 4u) << "without b1 and b2";
  std::ranges::sort(s.failures);
  EXPECT_EQ(s.failures, (failures{{"top/a/b1", walk_step::stat}, {"top/a/b2", walk_step::stat}}));
  EXPECT_EQ(s.directories.size(), 2u);
}

}  // namespace
