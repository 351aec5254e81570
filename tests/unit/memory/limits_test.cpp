// What is memory's own: its limit, and locks that are waited for without a thread.
#include <gtest/gtest.h>

#include <thread>

#include "sluice/space/memory.hpp"
#include "unit/support.hpp"

namespace {

using namespace sluice;

constexpr std::uint64_t block = 4096;
constexpr auto create = open_mode::read_write | open_mode::create;

memory_options limited_to(std::uint64_t bytes) {
  memory_options o;
  o.byte_limit = bytes;
  return o;
}

file make(const dir& in, const char* name) { return sync(in.open(name, create)).value(); }

TEST(MemoryLimit, WritesEndWhereTheRoomDoes) {
  memory_space space(limited_to(4 * block + 100));
  const dir root = space.root();
  const file f = make(root, "f");
  const std::vector<std::byte> data(6 * block, std::byte{1});
  const auto written = sync(f.write_at(data, 10));
  ASSERT_TRUE(written);
  EXPECT_EQ(*written, 4 * block - 10) << "what fits, and no error";
  EXPECT_EQ(sync(f.write_at(data, 4 * block)).error(), errc::no_space);
  const auto all = sync(f.write_all_at(data, 0));
  EXPECT_EQ(all.done, 4 * block);
  EXPECT_EQ(all.first_error, errc::no_space);
  EXPECT_EQ(sync(f.stat())->size, 4 * block);
  const auto inside = sync(f.write_at(std::span(data).first(100), 50));
  EXPECT_TRUE(inside) << "what is there can be written again";
  const io_slice slices[] = {{const_cast<std::byte*>(data.data()), 10},
                             {const_cast<std::byte*>(data.data()), block}};
  const auto cut = sync(f.write_at(slices, 4 * block - 10));
  ASSERT_TRUE(cut);
  EXPECT_EQ(*cut, 10u);
}

TEST(MemoryLimit, RoomComesBack) {
  memory_space space(limited_to(4 * block));
  const dir root = space.root();
  const std::vector<std::byte> data(4 * block, std::byte{1});
  file f = make(root, "f");
  const file g = make(root, "g");
  const auto fill = [&] { return sync(g.write_all_at(data, 0)).done; };
  ASSERT_TRUE(sync(f.write_all_at(data, 0)));
  EXPECT_EQ(fill(), 0u);
  ASSERT_TRUE(sync(f.truncate(3 * block)));
  EXPECT_EQ(fill(), block);
  ASSERT_TRUE(sync(f.allocate(allocate_mode::punch_hole, 0, block)));
  EXPECT_EQ(fill(), 2 * block);
  ASSERT_TRUE(sync(root.unlink("f")));
  EXPECT_EQ(fill(), 2 * block) << "an open file keeps its room";
  ASSERT_TRUE(sync(f.close()));
  EXPECT_EQ(fill(), 4 * block);
  const auto about = sync(root.stat_fs());
  ASSERT_TRUE(about);
  EXPECT_EQ(about->blocks, 4u);
  EXPECT_EQ(about->blocks_free, 0u);
}

TEST(MemoryLimit, ReservingAndCloningAreWholeOrNothing) {
  memory_space space(limited_to(4 * block));
  const dir root = space.root();
  const file f = make(root, "f");
  const file g = make(root, "g");
  const std::vector<std::byte> data(3 * block, std::byte{1});
  ASSERT_TRUE(sync(f.write_all_at(data, 0)));
  EXPECT_EQ(sync(g.allocate(allocate_mode::extend, 0, 2 * block)).error(), errc::no_space);
  EXPECT_EQ(sync(g.clone(f)).error(), errc::no_space);
  EXPECT_EQ(sync(g.stat())->allocated, 0u);
  EXPECT_EQ(sync(g.stat())->size, 0u);
  ASSERT_TRUE(sync(g.allocate(allocate_mode::keep_size, 0, block)));
  EXPECT_EQ(sync(f.write_at(data, 3 * block)).error(), errc::no_space) << "it is taken";
  EXPECT_EQ(*sync(g.write_at(data, 0)), block) << "by its owner";
  EXPECT_EQ(sync(g.allocate(allocate_mode::extend, 0, 1ull << 60)).error(), errc::no_space);
}

TEST(MemoryClone, CopiesHolesAndAll) {
  memory_space space;
  const dir root = space.root();
  const file f = make(root, "f");
  const file g = make(root, "g");
  const std::vector<std::byte> data(100, std::byte{1});
  ASSERT_TRUE(sync(f.write_all_at(data, 10 * block)));
  ASSERT_TRUE(sync(g.clone(f)));
  EXPECT_EQ(sync(g.stat())->allocated, block);
  EXPECT_EQ(*sync(g.seek_data(0)), 10 * block);
  ASSERT_TRUE(sync(f.write_all_at(std::vector<std::byte>(100), 10 * block)));
  std::vector<std::byte> back(100);
  EXPECT_EQ(*sync(g.read_at(back, 10 * block)), 100u);
  EXPECT_EQ(back, data) << "the copy is its own";
  ASSERT_TRUE(sync(g.truncate(20 * block)));
  EXPECT_EQ(sync(g.clone(f)).error(), errc::invalid) << "as where blocks are shared";
}

class MemoryLock : public unit::on_backend {};

task<void> wait_for_lock(const file& f, result<void>& outcome, time_point_ns limit) {
  outcome = co_await f.lock(lock_kind::exclusive, true).within(limit);
}

TEST_P(MemoryLock, IsGivenUpAtAStopADeadlineAndAClose) {
  loop l(options());
  memory_space space;
  const dir root = space.root();
  const file holder = make(root, "f");
  ASSERT_TRUE(sync(holder.lock(lock_kind::exclusive, false)));
  const file late = make(root, "f");
  result<void> timed = {};
  unit::begun limited(l, wait_for_lock(late, timed, 5 * unit::ms));
  limited.finish(l);
  EXPECT_EQ(timed.error(), errc::timed_out);

  const file stopped = make(root, "f");
  result<void> outcome = {};
  stop_source stop(l);
  unit::begun waits(l, wait_for_lock(stopped, outcome, never), &stop);
  unit::settle(l);
  EXPECT_FALSE(waits.done);
  stop.request_stop();
  waits.finish(l);
  EXPECT_EQ(outcome.error(), errc::canceled);

  file closing = make(root, "f");
  unit::begun left(l, wait_for_lock(closing, outcome, never));
  unit::settle(l);
  EXPECT_FALSE(left.done);
  ASSERT_TRUE(sync(closing.close()));
  left.finish(l);
  EXPECT_EQ(outcome.error(), errc::canceled);
}

TEST_P(MemoryLock, GoesToWhoWaitsWhenItsHolderEnds) {
  loop l(options());
  memory_space space;
  const dir root = space.root();
  const file next = make(root, "f");
  result<void> outcome = {};
  file holder = make(root, "f");
  ASSERT_TRUE(sync(holder.lock(lock_kind::exclusive, false)));
  unit::begun waits(l, wait_for_lock(next, outcome, never));
  unit::settle(l);
  EXPECT_FALSE(waits.done);
  holder = file();
  waits.finish(l);
  EXPECT_TRUE(outcome);
  const file third = make(root, "f");
  EXPECT_EQ(sync(third.lock(lock_kind::shared, false)).error(), errc::again);
}

task<void> doze(space& in, time_point_ns duration, result<void>& outcome) {
  call<ops::sleep> asleep(in, duration);
  outcome = co_await asleep;
}

/// A space that is asked to sleep does not ask the system for it.
TEST_P(MemoryLock, SleepIsAsLongAsAsked) {
  loop l(options());
  memory_space space;
  result<void> outcome = std::unexpected(error(errc::other));
  const time_point_ns begun = l.now();
  l.run(doze(space, 3 * unit::ms, outcome));
  EXPECT_TRUE(outcome);
  EXPECT_GE(l.now() - begun, 3 * unit::ms);
  stop_source stop(l);
  unit::begun sleeps(l, doze(space, never, outcome), &stop);
  unit::settle(l);
  stop.request_stop();
  sleeps.finish(l);
  EXPECT_EQ(outcome.error(), errc::canceled);
}

TEST(MemoryLockAlone, IsWaitedForWithoutALoop) {
  memory_space space;
  const dir root = space.root();
  const file a = make(root, "f");
  const file b = make(root, "f");
  ASSERT_TRUE(sync(a.lock(lock_kind::exclusive, false)));
  result<void> outcome = std::unexpected(error(errc::other));
  std::thread other([&] { outcome = sync(b.lock(lock_kind::exclusive, true)); });
  ASSERT_TRUE(sync(a.lock(lock_kind::unlock, false)));
  other.join();
  EXPECT_TRUE(outcome);
}

ON_EVERY_BACKEND(MemoryLock);

}  // namespace
