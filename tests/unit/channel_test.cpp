#include <memory>
#include <vector>

#include "unit/support.hpp"

namespace {

using namespace unit;
using sluice::channel;
using sluice::result;

template <class T, std::size_t N>
task<result<void>> send(channel<T, N>& c, T value) {
  auto sent = co_await c.send(std::move(value));
  co_return sent;
}
template <class T, std::size_t N>
task<result<T>> receive(channel<T, N>& c) {
  auto got = co_await c.receive();
  co_return got;
}

task<void> send_all(channel<int, 3>& c, int n) {
  for (int i = 0; i < n; ++i) {
    auto sent = co_await c.send(i);
    EXPECT_TRUE(sent);
    EXPECT_LE(c.size(), 3u);
  }
  c.close();
}
task<std::vector<int>> receive_all(channel<int, 3>& c) {
  std::vector<int> got;
  for (;;) {
    auto n = co_await c.receive();
    if (!n) {
      EXPECT_EQ(n.error(), errc::end_of_file);
      co_return got;
    }
    got.push_back(*n);
    if (*n % 7 == 0) co_await sluice::yield();
  }
}

TEST(Channel, KeepsTheOrderAndEndsWhenClosed) {
  loop l;
  channel<int, 3> c;
  auto r = l.run(sluice::when_all(send_all(c, 1000), receive_all(c)));
  const auto& got = std::get<1>(r);
  ASSERT_EQ(got.size(), 1000u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(got[static_cast<std::size_t>(i)], i);
}

TEST(Channel, AFullOneMakesSendersWait) {
  loop l;
  channel<int, 2> c;
  EXPECT_TRUE(l.run(send(c, 1)));
  EXPECT_TRUE(l.run(send(c, 2)));
  begun<result<void>> third(l, send(c, 3));
  begun<result<void>> fourth(l, send(c, 4));
  settle(l);
  EXPECT_FALSE(third.done);
  EXPECT_EQ(l.run(receive(c)).value(), 1);
  EXPECT_TRUE(third.finish(l));
  EXPECT_FALSE(fourth.done);
  for (int i = 2; i <= 4; ++i) EXPECT_EQ(l.run(receive(c)).value(), i);
  EXPECT_TRUE(fourth.finish(l));
}

TEST(Channel, CloseTellsThoseWhoWaitAndKeepsWhatWasSent) {
  loop l;
  channel<int, 1> c;
  EXPECT_TRUE(l.run(send(c, 1)));
  begun<result<void>> waits(l, send(c, 2));
  settle(l);
  c.close();
  auto refused = waits.finish(l);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), errc::broken_pipe);
  EXPECT_EQ(l.run(send(c, 3)).error(), errc::broken_pipe);
  EXPECT_EQ(l.run(receive(c)).value(), 1);
  EXPECT_EQ(l.run(receive(c)).error(), errc::end_of_file);

  channel<int, 1> empty;
  begun<result<int>> reader(l, receive(empty));
  settle(l);
  empty.close();
  EXPECT_EQ(reader.finish(l).error(), errc::end_of_file);
}

TEST(Channel, HandsOverToWhoWaitsLongest) {
  loop l;
  channel<int, 1> c;
  begun<result<int>> first(l, receive(c));
  begun<result<int>> second(l, receive(c));
  settle(l);
  begun<result<void>> s(l, send(c, 1));
  begun<result<int>> late(l, receive(c));  // comes after the value was given to `first`
  settle(l);
  EXPECT_TRUE(first.done);
  EXPECT_FALSE(second.done);
  EXPECT_FALSE(late.done);
  EXPECT_EQ(first.finish(l).value(), 1);
  EXPECT_TRUE(l.run(send(c, 2)));
  EXPECT_EQ(second.finish(l).value(), 2);
  EXPECT_TRUE(l.run(send(c, 3)));
  EXPECT_EQ(late.finish(l).value(), 3);
  EXPECT_TRUE(s.finish(l));
}

TEST(Channel, AStoppedSenderHasNotSent) {
  loop l;
  channel<int, 1> c;
  sluice::stop_source stop(l);
  EXPECT_TRUE(l.run(send(c, 1)));
  begun<result<void>> waits(l, send(c, 2), &stop);
  settle(l);
  stop.request_stop();
  EXPECT_EQ(waits.finish(l).error(), errc::canceled);
  EXPECT_EQ(l.run(receive(c)).value(), 1);
  EXPECT_EQ(c.size(), 0u);
}

TEST(Channel, AStoppedReceiverTakesNothing) {
  loop l;
  channel<int, 1> c;
  sluice::stop_source stop(l);
  begun<result<int>> waits(l, receive(c), &stop);
  settle(l);
  stop.request_stop();
  EXPECT_TRUE(l.run(send(c, 1)));
  EXPECT_EQ(waits.finish(l).error(), errc::canceled);
  EXPECT_EQ(l.run(receive(c)).value(), 1);
}

TEST(Channel, AReceiverThatIsStoppedTooLateKeepsItsValue) {
  loop l;
  channel<std::unique_ptr<int>, 1> c;
  sluice::stop_source stop(l);
  begun<result<std::unique_ptr<int>>> waits(l, receive(c), &stop);
  settle(l);
  struct stop_now : sluice::job {
    sluice::stop_source* of = nullptr;
  } job;
  job.of = &stop;
  job.run = [](sluice::job& j) noexcept { static_cast<stop_now&>(j).of->request_stop(); };
  begun<result<void>> s(l, send(c, std::make_unique<int>(9)));
  l.schedule(job);  // runs between the hand-over and the receiver
  EXPECT_EQ(*waits.finish(l).value(), 9);
  EXPECT_TRUE(s.finish(l));
}

TEST(Channel, DestroysWhatNobodyReceived) {
  loop l;
  auto p = std::make_shared<int>(1);
  {
    channel<std::shared_ptr<int>, 4> c;
    EXPECT_TRUE(l.run(send(c, p)));
    EXPECT_TRUE(l.run(send(c, p)));
    EXPECT_EQ(p.use_count(), 3);
  }
  EXPECT_EQ(p.use_count(), 1);
}

}  // namespace
