// Blocking operations inside tasks, where a space has less room than is asked for.
#include "sluice/space/cache.hpp"
#include "sluice/space/fragment.hpp"
#include "sluice/space/trace.hpp"
#include "unit/filters.hpp"
#include "unit/shaky_space.hpp"

namespace {

using namespace sluice;

task<error> read_once(const file& f) {
  std::byte into[8];
  const auto n = co_await f.read_at(into, 0);
  co_return n ? error() : n.error();
}
task<error> read_parts(const file& f) {
  std::byte into[8];
  each_segment told([](const landed_segment&) {});
  const auto r = co_await f.read_segments_at(into, 0, told);
  co_return r.first_error;
}
task<error> blocking(task<error> (*what)(const file&), const file& f) {
  co_return sync(what(f));
}
task<error> blocking_call(const file& f) {
  std::byte into[8];
  const auto n = sync(f.read_at(into, 0));
  co_return n ? error() : n.error();
}
task<error> twice_blocking(const file& f) {
  co_return sync(blocking_call(f));
}

/// A space with room for one operation, over one that ends them when the test says so.
template <class Options>
Options one() {
  Options o;
  o.slab = 1;
  return o;
}
struct traced {
  unit::parking_space inner;
  trace_space over{inner, one<trace_options>()};
};
struct cut {
  unit::parking_space inner;
  fragment_space over{inner, one<fragment_options>()};
};

template <class Room>
struct Nested : testing::Test {
  loop l;
  Room room;
  file f{adopt, room.over, 1};

  void let_one_go() { room.inner.complete_first(); }
  ~Nested() override { f.detach(); }
};
using rooms = testing::Types<traced, cut>;
TYPED_TEST_SUITE(Nested, rooms);

TYPED_TEST(Nested, SaysSoWhereTheLoopAroundHasAllTheRoom) {
  unit::begun first(this->l, read_once(this->f));
  unit::settle(this->l);
  ASSERT_EQ(this->room.inner.parked.size(), 1u);
  EXPECT_EQ(this->l.run(blocking_call(this->f)), errc::would_deadlock);
  EXPECT_EQ(this->l.run(blocking(read_once, this->f)), errc::would_deadlock);
  EXPECT_EQ(this->l.run(blocking(read_parts, this->f)), errc::would_deadlock);
  EXPECT_EQ(this->l.run(twice_blocking(this->f)), errc::would_deadlock);
  EXPECT_FALSE(first.done);
  this->let_one_go();
  EXPECT_EQ(first.finish(this->l), errc::none);
  unit::begun next(this->l, read_once(this->f));
  unit::settle(this->l);
  ASSERT_EQ(this->room.inner.parked.size(), 1u) << "the room is there again";
  this->let_one_go();
  EXPECT_EQ(next.finish(this->l), errc::none);
}

/// What the one in line gets could only be given back by a loop that stands still.
TYPED_TEST(Nested, GoesBeforeWhatStandsStill) {
  unit::hand_driver elsewhere;
  std::byte into[8];
  call<ops::read_at> has_it(this->room.over, handle_id{1}, std::span<std::byte>(into), 0);
  bool ended = false;
  has_it.waiter = &ended;
  const auto end = [](job& j) noexcept {
    *static_cast<bool*>(static_cast<operation&>(j).waiter) = true;
  };
  ASSERT_FALSE(has_it.begin(elsewhere, nullptr, end));
  unit::begun in_line(this->l, read_once(this->f));
  unit::settle(this->l);
  ASSERT_EQ(this->room.inner.came, 1u);

  struct gives_back {
    static task<error> work(Nested<TypeParam>& t, unit::hand_driver& elsewhere) {
      t.let_one_go();
      elsewhere.settle();
      while (t.room.inner.parked.empty())
        co_await sluice::yield();
      t.let_one_go();
      co_return error();
    }
    static task<error> both(Nested<TypeParam>& t, unit::hand_driver& elsewhere) {
      auto reading = when_all(read_once(t.f), work(t, elsewhere));
      const auto r = sync(std::move(reading));
      co_return std::get<0>(r);
    }
  };
  EXPECT_EQ(this->l.run(gives_back::both(*this, elsewhere)), errc::none);
  EXPECT_TRUE(ended);
  EXPECT_FALSE(in_line.done);
  unit::settle(this->l);
  this->let_one_go();
  EXPECT_EQ(in_line.finish(this->l), errc::none);
}

task<error> close_twice_blocking(file& f) {
  const auto close = [](file& its) -> task<error> {
    const auto closed = sync(its.close());
    co_return closed ? error() : closed.error();
  };
  co_return sync(close(f));
}

TEST(NestedClose, OfWhatALoopFurtherOutHasUnderWaySaysSo) {
  loop l;
  cut room;
  file f(adopt, room.over, 1);
  file same(adopt, room.over, 1);
  unit::begun reading(l, read_once(f));
  unit::settle(l);
  EXPECT_EQ(l.run(close_twice_blocking(same)), errc::would_deadlock);
  EXPECT_TRUE(same);
  EXPECT_FALSE(reading.done);
  room.inner.complete_first();
  EXPECT_EQ(reading.finish(l), errc::none);
  f.detach();
  same.detach();
}

/// A block that the loop around has begun to load comes too late: its bytes are read past the
/// cache.
TEST(NestedCache, ReadsWhatTheLoopAroundIsLoading) {
  loop l;
  unit::shaky_space members(1);
  members.files[0].bytes.assign(100, std::byte{7});
  members.holds = members.whole = true;
  cache_space caches;
  file f = caches.make(members.handle(0));
  unit::begun loading(l, read_once(f));
  unit::settle(l);
  ASSERT_EQ(members.held.size(), 1u);
  members.swift = true;
  EXPECT_EQ(l.run(blocking_call(f)), errc::none);
  EXPECT_EQ(l.run(blocking(read_once, f)), errc::none);
  EXPECT_EQ(members.reads, 3u);
  EXPECT_FALSE(loading.done);
  members.let_go();
  EXPECT_EQ(loading.finish(l), errc::none);
  EXPECT_TRUE(sync(f.close()).has_value());
}

}  // namespace
