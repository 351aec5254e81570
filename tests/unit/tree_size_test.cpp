#include "sluice/fs/tree_size.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "sluice/space/memory.hpp"
#include "sluice/sync.hpp"
#include "sluice/system.hpp"
#include "temp_tree.hpp"

namespace {

using namespace sluice;
using sluice_test::temp_tree;

class sizing final : public tree_size {
 public:
  using tree_size::tree_size;
  std::mutex mutex;
  std::vector<std::string> directories, failures;
  std::size_t files = 0;

 private:
  void counted(sized_dir&, const std::string&, const size_totals&) override { ++files; }
  void left(sized_dir& d) override {
    const std::lock_guard lock(mutex);
    directories.push_back(d.where.path());
  }
  void failed(const std::string& path, walk_step, const error&) override {
    const std::lock_guard lock(mutex);
    failures.push_back(path);
  }
};

struct sized {
  size_totals sum;
  std::vector<std::string> directories, failures;
  std::size_t files;
};

sized size_in(const dir& base, const std::vector<std::string>& operands, size_options o = {},
              unsigned jobs = 4) {
  const tree_limits limits = limits_for_trees(jobs);
  crew workers(limits.crew);
  sizing s(o);
  const size_totals sum = s.run(limits, workers, base, operands);
  return {sum, std::move(s.directories), std::move(s.failures), s.files};
}

sized size_of(const std::vector<std::string>& operands, size_options o = {}) {
  const dir here = sluice::system().current_dir();
  return size_in(here, operands, o);
}

/// Two directories, four files in a and one in b, one of them with a name in each.
struct linked_tree : temp_tree {
  linked_tree() {
    directory("a/in");
    directory("b");
    for (const char* name : {"a/1", "a/2", "a/in/3", "b/4"}) file(name, 1000);
    std::filesystem::create_hard_link(*this / "a/1", *this / "b/1");
  }
};

TEST(TreeSize, CountsEachFileOnce) {
  const linked_tree t;
  size_options o;
  o.order = size_order::names;
  o.told_depth = 9;
  o.tell_files = true;
  const sized once = size_of({t.root()}, o);
  EXPECT_EQ(once.sum.entries, 4u + 4);  // the root, a, a/in, b; and the files
  EXPECT_EQ(once.files, 4u);
  o.every_link = true;
  const sized twice = size_of({t.root()}, o);
  EXPECT_EQ(twice.sum.entries, 9u);
  EXPECT_EQ(twice.sum.apparent - once.sum.apparent, 1000u);
}

TEST(TreeSize, OperandsMayOverlap) {
  const linked_tree t;
  const std::string a = t / "a", in = t / "a/in", single = t / "a/2", linked = t / "b/1";
  const auto entries = [](const std::vector<std::string>& operands) {
    size_options o;
    o.order = size_order::operands;
    const sized in_order = size_of(operands, o);
    EXPECT_EQ(size_of(operands).sum.entries, in_order.sum.entries);
    return in_order.sum.entries;
  };
  EXPECT_EQ(entries({a}), 5u);
  EXPECT_EQ(entries({a, a}), 5u);
  EXPECT_EQ(entries({a, in}), 5u);
  EXPECT_EQ(entries({in, a}), 5u);
  EXPECT_EQ(entries({single, a}), 5u);
  EXPECT_EQ(entries({a, single}), 5u);
  EXPECT_EQ(entries({a, linked}), 5u);
  EXPECT_EQ(entries({linked, a}), 5u);
  EXPECT_EQ(entries({linked, t / "a/1"}), 1u);
}

TEST(TreeSize, InOrderFinishesOneOperandFirst) {
  temp_tree t;
  std::vector<std::string> operands;
  for (int i = 0; i < 50; ++i) {
    const std::string name = "d" + std::to_string(i);
    for (int j = 0; j < 5; ++j) t.directory(name + "/" + std::to_string(j));
    operands.push_back(t / name);
  }
  size_options o;
  o.order = size_order::operands;
  const sized s = size_of(operands, o);
  ASSERT_EQ(s.directories.size(), 300u);
  for (std::size_t i = 0; i < 300; ++i) {
    EXPECT_TRUE(s.directories[i].starts_with(operands[i / 6])) << i << ' ' << s.directories[i];
  }
  EXPECT_EQ(size_of(operands).sum.entries, 300u);
}

TEST(TreeSize, MissingOperandsAreToldAndPassedOver) {
  const linked_tree t;
  for (const size_order order : {size_order::none, size_order::operands, size_order::names}) {
    size_options o;
    o.order = order;
    const sized s = size_of({t / "no", t / "a", t / "neither"}, o);
    EXPECT_EQ(s.failures, (std::vector<std::string>{t / "no", t / "neither"}));
    EXPECT_EQ(s.sum.entries, 5u);
  }
  EXPECT_EQ(size_of({t / "no"}).sum.entries, 0u);
}

/// The same engine where there is no operating system behind the handles.
TEST(TreeSize, WorksOnAnySpace) {
  memory_space memory;
  const dir root = memory.root();
  const std::string text(1234, 'x');
  for (int i = 0; i < 20; ++i) {
    const std::string name = "d" + std::to_string(i);
    ASSERT_TRUE(sluice::sync(root.mkdir(name)).has_value());
    for (int j = 0; j < 100; ++j) {
      auto f = sluice::sync(root.open(name + "/f" + std::to_string(j),
                                      open_mode::write | open_mode::create));
      ASSERT_TRUE(f.has_value());
      ASSERT_TRUE(sluice::sync(f->write_all_at(std::as_bytes(std::span(text)), 0)).whole());
    }
  }
  for (const unsigned jobs : {1u, 4u}) {
    const sized all = size_in(root, {"."}, {}, jobs);
    EXPECT_EQ(all.sum.entries, 1u + 20 + 2000);
    EXPECT_GE(all.sum.apparent, 2000u * 1234);
    EXPECT_EQ(all.directories.size(), 21u);
    EXPECT_TRUE(all.failures.empty());
    const sized some = size_in(root, {"d3", "d3/f7", "d4/f1", "no"}, {}, jobs);
    EXPECT_EQ(some.sum.entries, 1u + 100 + 1);
    EXPECT_EQ(some.failures, std::vector<std::string>{"no"});
  }
}

TEST(LinkSet, EachIsNewToOneThreadOnly) {
  link_set met;
  std::atomic<int> fresh = 0;
  std::vector<std::thread> threads;
  for (int n = 0; n < 4; ++n) {
    threads.emplace_back([&] {
      for (std::uint64_t i = 0; i < 50'000; ++i) {
        if (met.insert(i % 3, i / 3)) ++fresh;
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(fresh, 50'000);
  EXPECT_TRUE(met.contains(0, 0));
  EXPECT_TRUE(met.contains(2, 49'999 / 3 - 1));
  EXPECT_FALSE(met.contains(3, 0));
}

}  // namespace
