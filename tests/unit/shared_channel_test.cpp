// Values that go from loop to loop.
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "unit/support.hpp"

namespace {

using namespace unit;
using sluice::result;
using sluice::shared_channel;

class SharedChannel : public on_backend {};
ON_EVERY_BACKEND(SharedChannel);

template <std::size_t N>
using numbers = shared_channel<std::unique_ptr<long>, N>;

template <std::size_t N>
task<int> produce(numbers<N>& into, long from, long to) {
  int sent = 0;
  for (long i = from; i < to; ++i) {
    auto r = co_await into.send(std::make_unique<long>(i));
    if (r) ++sent;
  }
  co_return sent;
}

struct received {
  long sum = 0;
  int count = 0;
  bool in_order = true;  // of each producer
};

template <std::size_t N>
task<received> consume(numbers<N>& from, long per_producer) {
  received got;
  std::vector<long> last(16, -1);
  for (;;) {
    auto n = co_await from.receive();
    if (!n) {
      EXPECT_EQ(n.error(), errc::end_of_file);
      co_return got;
    }
    long& before = last[static_cast<std::size_t>(**n / per_producer)];
    if (**n <= before) got.in_order = false;
    before = **n;
    got.sum += **n;
    ++got.count;
  }
}

/// Producers and consumers, each on a thread and a loop of its own.
template <std::size_t N>
void through(const sluice::loop_options& o, int producers, int consumers, long each) {
  numbers<N> values;
  std::vector<std::thread> sending, receiving;
  std::atomic<int> sent = 0, count = 0;
  std::atomic<long> sum = 0;
  for (int c = 0; c < consumers; ++c) {
    receiving.emplace_back([&] {
      loop l(o);
      const received got = l.run(consume(values, each));
      count += got.count;
      sum += got.sum;
      EXPECT_TRUE(got.in_order);
    });
  }
  for (int p = 0; p < producers; ++p) {
    sending.emplace_back([&, p] {
      loop l(o);
      sent += l.run(produce(values, p * each, (p + 1) * each));
    });
  }
  for (auto& t : sending) t.join();
  values.close();
  for (auto& t : receiving) t.join();
  const long all = producers * each;
  EXPECT_EQ(sent, all);
  EXPECT_EQ(count, all);
  EXPECT_EQ(sum, all * (all - 1) / 2);
}

TEST_P(SharedChannel, ManyToOneLosesNothing) { through<8>(options(), 4, 1, 3000); }
TEST_P(SharedChannel, OneToMany) { through<8>(options(), 1, 4, 6000); }
TEST_P(SharedChannel, ManyToManyThroughOnePlace) { through<1>(options(), 3, 3, 1500); }

TEST_P(SharedChannel, ThreadsWithoutALoopTakePart) {
  numbers<4> values;
  std::thread other([&] {
    EXPECT_EQ(sluice::sync(produce(values, 0, 1000)), 1000);
    values.close();
  });
  loop l(options());
  EXPECT_EQ(l.run(consume(values, 1000)).count, 1000);
  other.join();
}

task<sluice::error> receive_one(shared_channel<int, 2>& from) {
  auto r = co_await from.receive();
  co_return r ? sluice::error() : r.error();
}

task<sluice::error> send_one(shared_channel<int, 2>& into) {
  auto r = co_await into.send(7);
  co_return r ? sluice::error() : r.error();
}

TEST_P(SharedChannel, AStopEndsTheWaitAndLosesNothing) {
  loop l(options());
  shared_channel<int, 2> c;
  {
    sluice::stop_source stop(l);
    begun<sluice::error> waits(l, receive_one(c), &stop);
    settle(l);
    ASSERT_FALSE(waits.done);
    stop.request_stop();
    EXPECT_EQ(waits.finish(l), errc::canceled);
    begun<sluice::error> late(l, receive_one(c), &stop);
    EXPECT_EQ(late.finish(l), errc::canceled);
  }
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(l.run(send_one(c)));
  {
    sluice::stop_source stop(l);
    begun<sluice::error> waits(l, send_one(c), &stop);
    settle(l);
    ASSERT_FALSE(waits.done);
    stop.request_stop();
    EXPECT_EQ(waits.finish(l), errc::canceled);
  }
  EXPECT_EQ(c.size(), 2u) << "what was not sent is not there";
}

TEST_P(SharedChannel, ClosingTellsThoseWhoWait) {
  loop l(options());
  shared_channel<int, 2> full, empty;
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(l.run(send_one(full)));
  begun<sluice::error> a(l, send_one(full)), b(l, receive_one(empty)), d(l, receive_one(empty));
  settle(l);
  std::thread other([&] {
    full.close();
    empty.close();
  });
  EXPECT_EQ(a.finish(l), errc::broken_pipe);
  EXPECT_EQ(b.finish(l), errc::end_of_file);
  EXPECT_EQ(d.finish(l), errc::end_of_file);
  other.join();
  EXPECT_EQ(l.run(send_one(full)), errc::broken_pipe);
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(l.run(receive_one(full))) << "sent before the close";
  EXPECT_EQ(l.run(receive_one(full)), errc::end_of_file);
}

/// Each value is received once or still there, whichever of the stop and the value was first.
TEST_P(SharedChannel, AStopRacesWithAValue) {
  loop l(options());
  for (int i = 0; i < 300; ++i) {
    shared_channel<int, 2> c;
    sluice::stop_source stop(l);
    begun<sluice::error> waits(l, receive_one(c), &stop);
    settle(l);
    std::thread other([&] { EXPECT_FALSE(sluice::sync(send_one(c))); });
    if (i % 3 == 0) std::this_thread::yield();
    stop.request_stop();
    const sluice::error why = waits.finish(l);
    other.join();
    ASSERT_EQ(c.size(), why ? 1u : 0u) << i;
  }
}

task<void> count_turns(long& turns, const bool& done) {
  while (!done) {
    ++turns;
    co_await sluice::yield();
  }
}

/// A channel that never makes its receiver wait does not keep its loop from the other tasks.
TEST_P(SharedChannel, OthersGetTheirTurn) {
  loop l(options());
  shared_channel<int, 2> c;
  bool done = false;
  long turns = 0;
  auto shuttle = [](shared_channel<int, 2>& on, bool& ended) -> task<void> {
    for (int i = 0; i < 100'000; ++i) {
      auto sent = co_await on.send(i);
      auto got = co_await on.receive();
      EXPECT_TRUE(sent && got && *got == i);
    }
    ended = true;
  };
  begun<void> others(l, count_turns(turns, done));
  begun<void> busy(l, shuttle(c, done));
  busy.finish(l);
  others.finish(l);
  EXPECT_GT(turns, 200);
}

}  // namespace
