#include "sluice/fs/places.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "sluice/sync.hpp"
#include "sluice/system.hpp"
#include "temp_tree.hpp"

namespace {

using namespace sluice;
using sluice_test::temp_tree;

/// A chain of places d/d/d/... below the tree's root.
struct chain {
  temp_tree tree;
  dir here = sluice::system().current_dir();
  std::vector<std::unique_ptr<place>> places;

  explicit chain(int depth) {
    std::string path;
    for (int i = 0; i < depth; ++i) path += "d/";
    tree.directory(path);
    places.push_back(std::make_unique<place>(here, tree.root()));
    for (int i = 0; i < depth; ++i) places.push_back(std::make_unique<place>(*places.back(), "d"));
  }
  /// As a walk does: tells what each of them is.
  void expect_all() {
    for (const auto& p : places) {
      auto s = sluice::sync(here.stat(p->path()));
      p->expect(s->device, s->inode);
    }
  }
};

task<void> pin_each(open_places& open, chain& c, bool backwards) {
  for (std::size_t i = 0; i < c.places.size(); ++i) {
    place& p = *c.places[backwards ? c.places.size() - 1 - i : i];
    auto pinning = open.pin(p);
    auto pinned = co_await std::move(pinning);
    EXPECT_TRUE(pinned.has_value()) << i;
    if (!pinned) continue;
    auto found = co_await (*pinned)->stat();
    EXPECT_TRUE(found.has_value());
    open.unpin(p);
  }
}

TEST(Places, OpenAgainWhatWasClosed) {
  chain c(300);
  c.expect_all();
  open_places open(2);
  sluice::sync(pin_each(open, c, false));
  sluice::sync(pin_each(open, c, true));
  sluice::sync(pin_each(open, c, false));
}

/// One work makes a link from a directory, or opens what is below, as another leaves it.
task<void> forget_while_pinned(open_places& open, place& used, place& other) {
  auto pinning = open.pin(used);
  auto pinned = co_await std::move(pinning);
  EXPECT_TRUE(pinned.has_value());
  if (!pinned) co_return;
  auto pinning_other = open.pin(other);
  auto unused = co_await std::move(pinning_other);
  EXPECT_TRUE(unused.has_value());
  if (unused) open.unpin(other);
  auto forgetting = open.forget(used);
  co_await std::move(forgetting);
  auto found = co_await (*pinned)->stat();
  EXPECT_TRUE(found.has_value());
  open.unpin(used);
  auto forgetting_now = open.forget(used);
  co_await std::move(forgetting_now);
}

TEST(Places, AreNotForgottenWhilePinned) {
  chain c(8);
  c.expect_all();
  open_places open(2);
  sluice::sync(forget_while_pinned(open, *c.places[1], *c.places[2]));
  sluice::sync(pin_each(open, c, true));
  sluice::sync(pin_each(open, c, false));
}

task<result<void>> pin_once(open_places& open, place& p) {
  auto pinning = open.pin(p);
  auto pinned = co_await std::move(pinning);
  if (!pinned) co_return std::unexpected(pinned.error());
  open.unpin(p);
  co_return result<void>();
}

TEST(Places, NoticeAReplacedDirectory) {
  chain c(6);
  c.expect_all();
  open_places open(2);
  place& third = *c.places[3];
  EXPECT_TRUE(sluice::sync(pin_once(open, third)).has_value());
  sluice::sync(pin_each(open, c, false));
  sluice::sync(pin_once(open, *c.places[6]));
  sluice::sync(pin_once(open, *c.places[0]));
  std::filesystem::rename(third.path(), c.tree / "moved");
  std::filesystem::create_directory(third.path());
  const auto again = sluice::sync(pin_once(open, third));
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().portable(), errc::not_found);
}

TEST(Places, FollowNoLinkOnTheWayBack) {
  chain c(6);
  c.expect_all();
  open_places open(2);
  sluice::sync(pin_each(open, c, false));
  sluice::sync(pin_once(open, *c.places[0]));
  std::filesystem::rename(c.places[2]->path(), c.tree / "moved");
  std::filesystem::create_symlink(c.tree / "moved", c.places[2]->path());
  EXPECT_FALSE(sluice::sync(pin_once(open, *c.places[5])).has_value());
}

TEST(Places, NoticeAReplacedDirectoryOnTheWay) {
  chain c(4);
  c.expect_all();
  open_places open(2);
  std::filesystem::rename(c.places[2]->path(), c.tree / "moved");
  std::filesystem::create_directories(c.places[4]->path());
  const auto pinned = sluice::sync(pin_once(open, *c.places[4]));
  ASSERT_FALSE(pinned.has_value());
  EXPECT_EQ(pinned.error().portable(), errc::not_found);
}

TEST(Places, InsistFromTheFirstTime) {
  chain c(2);
  open_places open(2);
  place& last = *c.places[2];
  const auto other = sluice::sync(c.here.stat(c.places[0]->path()));
  last.insist(other->device, other->inode);
  const auto pinned = sluice::sync(pin_once(open, last));
  ASSERT_FALSE(pinned.has_value());
  EXPECT_EQ(pinned.error().portable(), errc::not_found);
}

task<result<void>> pin_and_sync(open_places& open, place& p) {
  auto pinning = open.pin(p);
  auto pinned = co_await std::move(pinning);
  if (!pinned) co_return std::unexpected(pinned.error());
  auto synced = co_await (*pinned)->sync();
  open.unpin(p);
  co_return synced;
}

/// One that is only a location on the way makes no mere location of what is below.
TEST(Places, AreOpenedAsEachIsMeant) {
  chain c(2);
  open_places open(2);
  place way(*c.places[0], "d", open_mode::location | open_mode::no_follow);
  place last(way, "d");
  EXPECT_TRUE(sluice::sync(pin_and_sync(open, last)).has_value());
  EXPECT_FALSE(sluice::sync(pin_and_sync(open, way)).has_value()) << "a location has nothing to sync";
}

task<void> pin_while_others_come(open_places& open, chain& c) {
  auto pinning = open.pin(*c.places[1]);
  auto pinned = co_await std::move(pinning);
  EXPECT_TRUE(pinned.has_value());
  if (!pinned) co_return;
  auto each = pin_each(open, c, true);
  co_await std::move(each);
  auto found = co_await (*pinned)->stat();
  EXPECT_TRUE(found && found->inode == c.places[1]->inode());
  open.unpin(*c.places[1]);
}

TEST(Places, StayOpenWhilePinned) {
  chain c(8);
  c.expect_all();
  open_places open(2);
  sluice::sync(pin_while_others_come(open, c));
}

/// What is pinned is open, and the right one, whoever closes others meanwhile.
task<std::size_t> pin_among_others(open_places& open, chain& c, unsigned first) {
  std::size_t right = 0;
  for (unsigned n = 0; n < 2000; ++n) {
    place& p = *c.places[(first + n * 7) % c.places.size()];
    auto pinning = open.pin(p);
    auto pinned = co_await std::move(pinning);
    if (!pinned) continue;
    std::this_thread::yield();  // others come in between
    auto found = co_await (*pinned)->stat();
    if (found && found->inode == p.inode()) ++right;
    open.unpin(p);
    if (n % 3 != 0) continue;
    auto forgetting = open.forget(p);
    co_await std::move(forgetting);
  }
  co_return right;
}

TEST(Places, AreSharedByThreads) {
  struct {
    std::size_t limit;
    unsigned shelves;
    int depth;
  } const cases[] = {{2, 1, 6}, {5, 4, 6}, {64, 1, 6}, {256, 4, 6}, {256, 4, 100}};
  for (const auto& [limit, shelves, depth] : cases) {
    chain c(depth);
    c.expect_all();
    open_places open(limit, shelves);
    std::size_t right[4] = {};
    {
      std::vector<std::jthread> threads;
      for (unsigned t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] { right[t] = sluice::sync(pin_among_others(open, c, t)); });
      }
    }
    for (const std::size_t each : right) EXPECT_EQ(each, 2000u) << limit << ", " << shelves;
  }
}

task<void> come_and_go(open_places& open, place& above, bool forgets) {
  for (unsigned n = 0; n < 2000; ++n) {
    const auto p = std::make_unique<place>(above, "d");
    auto pinning = open.pin(*p);
    auto pinned = co_await std::move(pinning);
    EXPECT_TRUE(pinned.has_value());
    if (!pinned) co_return;
    open.unpin(*p);
    if (!forgets) continue;
    auto forgetting = open.forget(*p);
    co_await std::move(forgetting);
  }
}

/// Whoever makes room may be about to close what its owner has done with.
TEST(Places, EndWhileOthersMakeRoom) {
  chain c(1);
  open_places open(2);
  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] { sluice::sync(come_and_go(open, *c.places[0], t % 2 == 0)); });
  }
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// Whatever shelf they are on, no more are open than may be.
TEST(Places, KeepToTheLimitOnManyShelves) {
  chain c(300);
  c.expect_all();
  for (const unsigned shelves : {1u, 3u}) {
    open_places open(200, shelves);
    const std::size_t before = open_descriptors();
    sluice::sync(pin_each(open, c, false));
    const std::size_t more = open_descriptors() - before;
    EXPECT_EQ(more, 200 / shelves) << "all were found by one thread";
    sluice::sync(pin_each(open, c, true));
  }
}

TEST(Places, TellTheirPath) {
  const dir here = sluice::system().current_dir();
  place root(here, "/");
  place below(root, "a");
  place last(below, "b");
  EXPECT_EQ(last.path(), "/a/b");
  EXPECT_EQ(root.path_of("x"), "/x");
  EXPECT_EQ(last.path_of(""), "/a/b");
}

}  // namespace
