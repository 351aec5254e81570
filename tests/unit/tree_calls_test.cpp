// Trees in one call, between spaces of any kind.
#include <atomic>
#include <mutex>
#include <set>

#include "sluice/fs/tree.hpp"
#include "sluice/space/memory.hpp"
#include "unit/support.hpp"
#include "unit/temp_tree.hpp"

namespace {

using namespace unit;
using sluice::dir;
using sluice::fs::walked;
using sluice_test::temp_tree;

std::set<std::string> names_in(const dir& base, const std::string& root) {
  std::mutex mutex;
  std::set<std::string> names;
  const auto problems = sluice::fs::walk(base, root, [&](const walked& w) {
    const std::lock_guard lock(mutex);
    const bool sized = w.status.type != sluice::file_type::directory;  // what a directory takes differs
    names.insert(std::to_string(w.depth()) + w.path() + ":" + std::to_string(sized ? w.status.size : 0));
    return true;
  });
  EXPECT_TRUE(problems.empty());
  return names;
}

void fill(temp_tree& t) {
  t.directory("tree/a/deep");
  t.file("tree/one", 1);
  t.file("tree/a/two", 2);
  t.file("tree/a/deep/three", 3);
  std::filesystem::create_hard_link(t / "tree/one", t / "tree/a/again");
  std::filesystem::create_symlink("one", t / "tree/link");
}

const std::set<std::string> files = {"1x/link:3", "1x/one:1", "2x/a/again:1", "2x/a/two:2",
                                     "3x/a/deep/three:3"};

std::set<std::string> only_files(const std::set<std::string>& all, const std::string& root) {
  std::set<std::string> some;
  for (std::string name : all) {
    name.replace(1, root.size(), "x");
    if (!name.ends_with(":0")) some.insert(name);
  }
  return some;
}

TEST(TreeCalls, CopyFromTheSystemToMemoryAndBack) {
  temp_tree t;
  fill(t);
  sluice::memory_space memory;
  const dir here = sluice::system().current_dir(), there = memory.root();
  const auto into = sluice::fs::copy_tree(here, t / "tree", there, "inside");
  EXPECT_TRUE(into.empty()) << into.size() << ": " << sluice::describe(into[0].why);
  EXPECT_EQ(only_files(names_in(there, "inside"), "inside"), files);
  const auto back = sluice::fs::copy_tree(there, "inside", here, t / "back");
  EXPECT_TRUE(back.empty());
  EXPECT_EQ(only_files(names_in(here, t / "back"), t / "back"), files);
  EXPECT_TRUE(std::filesystem::equivalent(t / "back/one", t / "back/a/again")) << "still one file";
}

TEST(TreeCalls, CopyTellsWhatItCouldNotDo) {
  temp_tree t;
  fill(t);
  const dir here = sluice::system().current_dir();
  t.directory("other/tree/one");
  const auto problems = sluice::fs::copy_tree(here, t / "tree", here, t / "other/tree");
  ASSERT_FALSE(problems.empty());
  EXPECT_TRUE(problems[0].failure);
  EXPECT_EQ(problems[0].target, t / "other/tree/one");
  EXPECT_TRUE(std::filesystem::exists(t / "other/tree/a/two")) << "the rest is copied";
  const auto none = sluice::fs::copy_tree(here, t / "nothing", here, t / "copy");
  ASSERT_EQ(none.size(), 1u);
  EXPECT_EQ(none[0].why, errc::not_found);
}

TEST(TreeCalls, WalkKeepsOutOfWhatIsNotWanted) {
  temp_tree t;
  fill(t);
  std::atomic<int> seen = 0;
  const dir here = sluice::system().current_dir();
  const auto problems = sluice::fs::walk(here, t / "tree", [&](const walked& w) {
    ++seen;
    return std::string_view(w.name.c_str()) != "a";
  });
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(seen, 4) << "the root, a, one, link";
  seen = 0;
  EXPECT_TRUE(sluice::fs::walk(here, t / "tree/one", [&](const walked&) { return ++seen > 0; }).empty());
  EXPECT_EQ(seen, 1) << "a file is a tree of one";
}

TEST(TreeCalls, WalkFollowsLinksAndNotInCircles) {
  temp_tree t;
  fill(t);
  std::filesystem::create_directory_symlink("a", t / "tree/again");
  std::filesystem::create_directory_symlink("..", t / "tree/a/deep/back");
  std::atomic<int> seen = 0;
  const dir here = sluice::system().current_dir();
  sluice::walk_options how;
  how.follow = true;
  const auto count = [&](const walked&) { return ++seen > 0; };
  const auto problems = sluice::fs::walk(here, t / "tree", count, how);
  EXPECT_EQ(seen, 1 + 2 + 2 * 5) << "the root, one and link, and a under both of its names";
  ASSERT_EQ(problems.size(), 2u);
  for (const auto& p : problems) EXPECT_EQ(p.why, errc::too_many_links) << p.path;
}

TEST(TreeCalls, WalkTellsAndThrows) {
  temp_tree t;
  fill(t);
  const dir here = sluice::system().current_dir();
  const auto missing = sluice::fs::walk(here, t / "nothing", [](const walked&) { return true; });
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_EQ(missing[0].step, sluice::walk_step::stat);
  EXPECT_EQ(missing[0].path, t / "nothing");
  const auto thrower = [](const walked& w) -> bool {
    if (w.depth() == 2) throw std::runtime_error("seen enough");
    return true;
  };
  EXPECT_THROW(sluice::fs::walk(here, t / "tree", thrower), std::runtime_error);
}

}  // namespace
