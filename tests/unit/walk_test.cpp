#include "sluice/fs/walk.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <utility>

#include "sluice/sync.hpp"
#include "sluice/system.hpp"
#include "temp_tree.hpp"

namespace {

using namespace sluice;
using sluice_test::temp_tree;

struct node final : walk_dir {
  using walk_dir::walk_dir;
  std::atomic<int> children_left = 0;
  std::atomic<bool> left = false;
};

/// Notes everything, and checks that what is below a directory is over before it is left.
class recorder : public tree_visitor {
 public:
  std::mutex mutex;
  std::multiset<std::string> seen, entered, left_dirs;
  std::map<std::string, std::pair<walk_step, errc>> failures;
  std::atomic<std::size_t> without_status = 0;

  task<bool> enter(walk_dir& d, dir& open, worker&) override {
    EXPECT_TRUE(static_cast<bool>(open));
    note(entered, d.where.path());
    co_return true;
  }
  task<void> entries(walk_dir& d, dir&, std::span<const walk_entry> some, worker&) override {
    on_entries(d, some);
    co_return;
  }
  std::shared_ptr<walk_dir> descend(walk_dir& d, const walk_entry& e) override {
    ++static_cast<node&>(d).children_left;
    return std::make_shared<node>(d, std::string(e.name.c_str()), *e.status);
  }
  task<void> leave(walk_dir& d, worker&) override {
    auto& n = static_cast<node&>(d);
    EXPECT_EQ(n.children_left, 0) << d.where.path();
    EXPECT_FALSE(n.left.exchange(true));
    if (d.parent) --static_cast<node&>(*d.parent).children_left;
    note(left_dirs, d.where.path());
    co_return;
  }
  void failed(walk_dir& d, path_ref name, walk_step step, const error& why) override {
    const std::lock_guard lock(mutex);
    failures[d.where.path_of(name)] = {step, why.portable()};
  }

 protected:
  virtual void on_entries(walk_dir& d, std::span<const walk_entry> some) {
    for (const walk_entry& e : some) {
      note(seen, d.where.path_of(e.name));
      if (e.status == nullptr) ++without_status;
    }
  }
  void note(std::multiset<std::string>& where, std::string path) {
    const std::lock_guard lock(mutex);
    where.insert(std::move(path));
  }
};

struct settings {
  unsigned workers;
  std::size_t open_directories;
};

class Walk : public testing::TestWithParam<settings> {
 protected:
  static void walk(recorder& to, const std::vector<std::string>& roots, walk_options o = {}) {
    crew_options c;
    c.workers = GetParam().workers;
    crew workers(c);
    o.open_directories = GetParam().open_directories;
    walker w(workers, to, o);
    const dir here = sluice::system().current_dir();
    std::vector<std::shared_ptr<walk_dir>> nodes;
    for (const std::string& r : roots) {
      auto status = sluice::sync(here.stat(r));
      ASSERT_TRUE(status.has_value()) << r;
      nodes.push_back(std::make_shared<node>(here, r, open_mode::read, *status));
    }
    w.run(nodes);
    for (const auto& n : nodes) EXPECT_TRUE(static_cast<node&>(*n).left);
  }
};

std::multiset<std::string> all_below(const temp_tree& t) {
  std::multiset<std::string> found;
  for (const auto& e : std::filesystem::recursive_directory_iterator(t.root())) {
    found.insert(e.path());
  }
  return found;
}

constexpr int many = 2500;

/// Made once: it takes longer than walking it.
const temp_tree& wide_tree() {
  static temp_tree t;
  static bool made = false;
  if (std::exchange(made, true)) return t;
  for (int i = 0; i < 12; ++i) {
    const std::string name = "d" + std::to_string(i);
    for (int j = 0; j < 12; ++j) {
      t.directory(name + "/e" + std::to_string(j));
      t.file(name + "/e" + std::to_string(j) + "/f", 10);
    }
  }
  t.directory("many");
  for (int i = 0; i < many; ++i) t.file("many/file-" + std::to_string(i));
  t.directory("empty");
  std::filesystem::create_symlink("many", t / "link");
  return t;
}

TEST_P(Walk, SeesEverythingOnce) {
  const temp_tree& t = wide_tree();
  recorder r;
  walk(r, {t.root()});
  EXPECT_EQ(r.seen, all_below(t));
  EXPECT_EQ(r.entered.size(), 1u + 12 + 144 + 2);
  EXPECT_EQ(r.entered, r.left_dirs);
  EXPECT_EQ(r.without_status, 0u);
  EXPECT_TRUE(r.failures.empty());
}

TEST_P(Walk, AsksForLessWhenLessIsWanted) {
  const temp_tree& t = wide_tree();
  recorder r;
  walk_options o;
  o.status_of_all = false;
  walk(r, {t.root()}, o);
  EXPECT_EQ(r.seen, all_below(t));
  EXPECT_GE(r.without_status, std::size_t{many}) << "if the file system tells types";
}

TEST_P(Walk, TakesSeveralRoots) {
  const temp_tree& t = wide_tree();
  recorder r;
  walk(r, {t / "d0", t / "d1", t / "many", t / "empty"});
  EXPECT_EQ(r.seen.size(), 2u * 24 + many);
}

TEST_P(Walk, GoesDeeperThanPathsAreLong) {
  temp_tree t;
  std::string path;
  const std::string name(100, 'n');
  // Made from the inside out, since no path reaches the bottom.
  for (int i = 0; i < 100; ++i) {
    const std::string inner = t / "inner";
    if (i > 0) std::filesystem::rename(t / name, inner);
    t.directory(name);
    if (i > 0) std::filesystem::rename(inner, t / (name + "/" + name));
  }
  recorder r;
  walk(r, {t.root()});
  EXPECT_EQ(r.seen.size(), 100u);
  EXPECT_EQ(r.left_dirs.size(), 101u);
  EXPECT_TRUE(r.failures.empty());
}

/// Takes away what is told to be there before anybody looks.
class remover final : public recorder {
 public:
  explicit remover(const temp_tree& t) : tree_(t) {}

 protected:
  void on_entries(walk_dir& d, std::span<const walk_entry> some) override {
    recorder::on_entries(d, some);
    const std::lock_guard lock(mutex);
    if (done_ || d.depth != 1) return;
    done_ = true;
    std::filesystem::remove_all(tree_ / "a/gone");
    for (const walk_entry& e : some) spared_.insert(e.name.c_str());
    for (int i = 0; i < 500; ++i) {
      const std::string name = "file-" + std::to_string(i);
      if (!spared_.contains(name)) std::filesystem::remove(tree_ / ("a/" + name));
    }
  }

 private:
  const temp_tree& tree_;
  bool done_ = false;
  std::set<std::string> spared_;
};

TEST_P(Walk, TellsWhatFailedAndGoesOn) {
  temp_tree t;
  t.directory("a/gone");
  t.directory("a/stays");
  for (int i = 0; i < 500; ++i) t.file("a/file-" + std::to_string(i));
  t.directory("b");
  remover r(t);
  walk(r, {t.root()});
  EXPECT_EQ(r.entered.count(t / "b"), 1u);
  EXPECT_EQ(r.entered.count(t / "a/stays"), 1u);
  std::size_t vanished_files = 0;
  for (const auto& [path, what] : r.failures) {
    EXPECT_EQ(what.second, errc::not_found) << path;
    if (what.first == walk_step::stat) ++vanished_files;
    if (what.first == walk_step::open) {
      EXPECT_EQ(path, t / "a/gone");
      EXPECT_EQ(r.left_dirs.count(path), 1u) << "left, though it could not be opened";
    }
  }
  EXPECT_GT(vanished_files, 0u);  // the other workers may have been quick
}

TEST_P(Walk, AFileIsNoDirectory) {
  temp_tree t;
  t.file("f");
  recorder r;
  walk(r, {t / "f"});
  ASSERT_EQ(r.failures.size(), 1u);
  EXPECT_EQ(r.failures.begin()->second.second, errc::not_directory);
}

/// How many workers of two take part where there is only one directory.
unsigned taking_part(int files) {
  temp_tree t;
  for (int i = 0; i < files; ++i) t.file(std::to_string(i));
  crew_options c;
  c.workers = 2;
  crew workers(c);
  recorder r;
  walker w(workers, r, {});
  const dir here = sluice::system().current_dir();
  auto status = sluice::sync(here.stat(t.root().c_str()));
  EXPECT_TRUE(status.has_value());
  const std::shared_ptr<walk_dir> root =
      std::make_shared<node>(here, t.root().string(), open_mode::read, status.value_or(file_status()));
  w.run(std::span(&root, 1));
  EXPECT_EQ(r.seen, all_below(t));
  return workers.loops();
}

TEST(WalkOfOneDirectory, IsSharedWhereItIsLarge) {
  EXPECT_EQ(taking_part(many), 2u);
  EXPECT_EQ(taking_part(100), 1u) << "a thread takes longer to start";
}

INSTANTIATE_TEST_SUITE_P(Limits, Walk,
                         testing::Values(settings{1, 64}, settings{1, 2}, settings{2, 2},
                                         settings{4, 8}, settings{4, 1000}),
                         [](const auto& p) {
                           return std::to_string(p.param.workers) + "Workers" +
                                  std::to_string(p.param.open_directories) + "Open";
                         });

}  // namespace
