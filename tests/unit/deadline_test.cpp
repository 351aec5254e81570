#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "unit/support.hpp"

namespace {

using namespace unit;
using sluice::result;

class Deadline : public on_backend {};
ON_EVERY_BACKEND(Deadline);

task<result<std::size_t>> read_within(sluice::stream& from, std::span<std::byte> into,
                                      sluice::time_point_ns limit) {
  auto n = co_await from.read_some(into).within(limit);
  co_return n;
}
task<result<std::size_t>> read_before(sluice::stream& from, std::span<std::byte> into,
                                      sluice::time_point_ns when) {
  auto n = co_await from.read_some(into).before(when);
  co_return n;
}

TEST_P(Deadline, EndsAReadThatWaits) {
  loop l(options());
  auto ends = make_pipe();
  std::byte buffer[8];
  const auto begin = l.now();
  EXPECT_EQ(l.run(read_within(ends.reader, buffer, 5 * ms)).error(), errc::timed_out);
  EXPECT_GE(l.now() - begin, 5 * ms);
  EXPECT_EQ(l.run(read_before(ends.reader, buffer, l.now() + 2 * ms)).error(), errc::timed_out);
  EXPECT_EQ(l.run(read_before(ends.reader, buffer, l.now() - ms)).error(), errc::timed_out);
}

TEST_P(Deadline, IsForgottenWhenTheOperationIsInTime) {
  loop l(options());
  auto ends = make_pipe();
  const std::byte one[1] = {};
  std::byte buffer[8];
  for (sluice::time_point_ns limit : {1000 * ms, sluice::never, sluice::never - 1}) {
    ASSERT_TRUE(sluice::sync(ends.writer.write_some(one)));
    EXPECT_EQ(l.run(read_within(ends.reader, buffer, limit)).value(), 1u);
  }
  settle(l);
  EXPECT_EQ(l.next_deadline(), sluice::never);
}

task<sluice::transfer_result> exact_within(sluice::stream& from, std::span<std::byte> into,
                                           sluice::time_point_ns limit) {
  auto t = co_await from.read_exact(into).within(limit);
  co_return t;
}

TEST_P(Deadline, OfAnExactReadTellsWhatArrived) {
  loop l(options());
  auto ends = make_pipe();
  const std::byte three[3] = {};
  std::byte buffer[8];
  ASSERT_TRUE(sluice::sync(ends.writer.write_some(three)));
  const auto t = l.run(exact_within(ends.reader, buffer, 5 * ms));
  EXPECT_FALSE(t);
  EXPECT_EQ(t.done, 3u);
  EXPECT_EQ(t.total, 8u);
  EXPECT_EQ(t.first_error, errc::timed_out);
  EXPECT_FALSE(t.end);
}

task<result<void>> lock_within(sluice::file& f, sluice::time_point_ns limit) {
  auto locked = co_await f.lock(sluice::lock_kind::exclusive, true).within(limit);
  co_return locked;
}

/// A lock that has begun to wait can't be cancelled: it completes late, and says what happened.
TEST_P(Deadline, OfWhatCannotBeCancelledCompletesLateWithTheTruth) {
  loop l(options());
  char name[] = "/tmp/sluice-deadline-XXXXXX";
  const int first = ::mkstemp(name);
  const int second = ::open(name, O_RDWR | O_CLOEXEC);
  ::unlink(name);
  auto holder = sluice::system().adopt_descriptor<sluice::file>(first);
  auto waiter = sluice::system().adopt_descriptor<sluice::file>(second);
  ASSERT_TRUE(sluice::sync(holder.lock(sluice::lock_kind::exclusive, true)));
  std::thread unlocks([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_TRUE(sluice::sync(holder.lock(sluice::lock_kind::unlock, true)));
  });
  const auto begin = l.now();
  EXPECT_TRUE(l.run(lock_within(waiter, 20 * ms)));
  EXPECT_GE(l.now() - begin, 40 * ms);
  unlocks.join();
}

/// More waiting reads than the ring has entries: deadlines hit those that are still in line.
TEST_P(Deadline, ReachesTheBacklog) {
  sluice::loop_options o = options();
  o.ring_entries = 8;
  loop l(o);
  auto ends = make_pipe();
  std::vector<std::unique_ptr<begun<result<std::size_t>>>> all;
  std::vector<std::byte> buffer(100);
  for (std::size_t i = 0; i < buffer.size(); ++i) {
    const auto limit = i % 2 == 0 ? 0 : 3 * ms;
    all.push_back(std::make_unique<begun<result<std::size_t>>>(
        l, read_within(ends.reader, std::span(buffer).subspan(i, 1), limit)));
  }
  for (auto& one : all) EXPECT_EQ(one->finish(l).error(), errc::timed_out);
}

task<result<void>> sleep_for(sluice::time_point_ns t) {
  auto r = co_await sluice::system().sleep(t);
  co_return r;
}

TEST_P(Deadline, ThousandsOfSleepsEndInOrder) {
  loop l(options());
  std::vector<std::unique_ptr<begun<result<void>>>> all;
  for (int i = 0; i < 3000; ++i) {
    all.push_back(std::make_unique<begun<result<void>>>(l, sleep_for((i * 37 % 3000) * 1000)));
  }
  for (auto& one : all) EXPECT_TRUE(one->finish(l));
  EXPECT_EQ(l.next_deadline(), sluice::never);
}

}  // namespace
