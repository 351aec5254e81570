#include <thread>
#include <vector>

#include "unit/support.hpp"

namespace {

using namespace unit;

struct listener : sluice::stop_slot {
  int heard = 0;
  listener() {
    requested = [](sluice::stop_slot& s) noexcept { ++static_cast<listener&>(s).heard; };
  }
};

TEST(StopSource, TellsEveryListenerOnce) {
  loop l;
  sluice::stop_source stop(l);
  std::vector<listener> all(10);
  for (auto& one : all) stop.link(one);
  all[0].unlink();  // the oldest, one in the middle, the newest
  all[5].unlink();
  all[9].unlink();
  all[9].unlink();
  stop.request_stop();
  stop.request_stop();
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].heard, i == 0 || i == 5 || i == 9 ? 0 : 1) << i;
    EXPECT_FALSE(all[i].linked());
  }
}

TEST(StopSource, GoesFromParentToChildNotBack) {
  loop l;
  sluice::stop_source parent(l);
  sluice::stop_source child(l, &parent);
  sluice::stop_source grandchild(l, &child);
  {
    sluice::stop_source short_lived(l, &parent);
  }
  listener ear;
  grandchild.link(ear);
  child.request_stop();
  EXPECT_FALSE(parent.stop_requested());
  EXPECT_TRUE(grandchild.stop_requested());
  EXPECT_EQ(ear.heard, 1);
  parent.request_stop();
  EXPECT_EQ(ear.heard, 1);
  sluice::stop_source late(l, &parent);
  EXPECT_TRUE(late.stop_requested());
}

TEST(StopSource, AListenerMayUnlinkAnother) {
  loop l;
  sluice::stop_source stop(l);
  struct pair : sluice::stop_slot {
    pair* other = nullptr;
    int heard = 0;
  } a, b;
  a.other = &b;
  b.other = &a;
  a.requested = b.requested = [](sluice::stop_slot& s) noexcept {
    auto& self = static_cast<pair&>(s);
    ++self.heard;
    self.other->unlink();
  };
  stop.link(a);
  stop.link(b);
  stop.request_stop();
  EXPECT_EQ(a.heard + b.heard, 1);
}

task<sluice::error> sleep_for_ever() {
  auto slept = co_await sluice::system().sleep(sluice::never);
  co_return slept ? sluice::error() : slept.error();
}

class StopFromOutside : public on_backend {};
ON_EVERY_BACKEND(StopFromOutside);

TEST_P(StopFromOutside, ARequestFromAnotherThreadArrives) {
  loop l(options());
  sluice::stop_source stop(l);
  begun<sluice::error> b(l, sleep_for_ever(), &stop);
  std::thread other([&] { stop.post_stop(); });
  EXPECT_EQ(b.finish(l), errc::canceled);
  other.join();
}

task<sluice::error> sleep_under(sluice::stop_source& mine) {
  auto slept = co_await sluice::system().sleep(sluice::never).stop_with(mine);
  co_return slept ? sluice::error() : slept.error();
}

TEST_P(StopFromOutside, AnOperationMayHaveASourceOfItsOwn) {
  loop l(options());
  sluice::stop_source outer(l), mine(l);
  begun<sluice::error> b(l, sleep_under(mine), &outer);
  settle(l);
  outer.request_stop();
  settle(l);
  EXPECT_FALSE(b.done);
  mine.request_stop();
  EXPECT_EQ(b.finish(l), errc::canceled);
}

TEST_P(StopFromOutside, NothingBeginsAfterIt) {
  loop l(options());
  sluice::stop_source stop(l);
  stop.request_stop();
  begun<sluice::error> b(l, sleep_for_ever(), &stop);
  EXPECT_EQ(b.finish(l), errc::canceled);
}

task<sluice::result<std::size_t>> read_some(sluice::stream& from, std::span<std::byte> into) {
  auto n = co_await from.read_some(into);
  co_return n;
}

TEST_P(StopFromOutside, ReadsThatWaitAreCancelledAndLoseNothing) {
  loop l(options());
  auto ends = make_pipe();
  for (int round = 0; round < 200; ++round) {
    sluice::stop_source stop(l);
    std::byte buffer[8];
    begun<sluice::result<std::size_t>> b(l, read_some(ends.reader, buffer), &stop);
    settle(l);
    const std::byte sent[1] = {std::byte(round)};
    ASSERT_TRUE(sluice::sync(ends.writer.write_some(sent)));
    stop.request_stop();
    auto n = b.finish(l);
    if (!n) {
      EXPECT_EQ(n.error(), errc::canceled);
      n = sluice::sync(ends.reader.read_some(buffer));
    }
    ASSERT_EQ(n.value(), 1u);
    EXPECT_EQ(buffer[0], std::byte(round));
  }
}

}  // namespace
