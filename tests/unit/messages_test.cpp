// How other threads wake a loop that sleeps: by a message to its ring, or through an eventfd.
#include <atomic>
#include <thread>
#include <vector>

#include "backend/uring/ring.hpp"
#include "unit/support.hpp"

namespace {

using namespace unit;

struct counting_job : sluice::job {
  std::atomic<int>* count = nullptr;
  counting_job() {
    run = [](sluice::job& j) noexcept { static_cast<counting_job&>(j).count->fetch_add(1); };
  }
};

class Messages : public on_backend {};
ON_EVERY_BACKEND(Messages);

/// A loop that has slept once more is woken once more: not seldomer, and hardly more often.
TEST_P(Messages, OneWakeupForEachSleep) {
  loop l(options());
  constexpr int rounds = 500;
  std::atomic<int> count = 0;
  std::vector<counting_job> jobs(rounds);
  for (auto& j : jobs) j.count = &count;
  std::thread poster([&] {
    for (int i = 0; i < rounds; ++i) {
      l.post(jobs[static_cast<std::size_t>(i)]);
      while (count.load() <= i) std::this_thread::yield();
    }
  });
  while (count.load() < rounds) l.run_once();
  poster.join();
  const auto s = l.statistics();
  EXPECT_LE(s.wakeups, static_cast<unsigned>(rounds) + 1);
  EXPECT_LE(s.kernel_entries, 3u * rounds + 10) << "few turns were for nothing";
}

/// Four loops post to each other and sleep in between; whoever is not woken hangs.
TEST_P(Messages, NoneIsLostAmongLoopsThatSleep) {
  constexpr std::size_t loops = 4;
  constexpr int laps = 500;
  std::vector<std::unique_ptr<loop>> all;
  for (std::size_t i = 0; i < loops; ++i) all.push_back(std::make_unique<loop>(options()));
  struct baton : sluice::job {
    std::vector<std::unique_ptr<loop>>* around = nullptr;
    std::size_t at = 0;
    int left = loops * laps;
    std::atomic<bool>* done = nullptr;
  } b;
  std::atomic<bool> done = false;
  b.around = &all;
  b.done = &done;
  b.run = [](sluice::job& j) noexcept {
    auto& self = static_cast<baton&>(j);
    if (--self.left == 0) return self.done->store(true);
    self.at = (self.at + 1) % loops;
    (*self.around)[self.at]->post(self);
  };
  std::vector<std::thread> threads;
  for (auto& l : all) threads.emplace_back([&l] { l->run(); });
  all[0]->post(b);
  while (!done) std::this_thread::yield();
  for (auto& l : all) l->stop();
  for (auto& t : threads) t.join();
  EXPECT_EQ(b.left, 0);
}

/// Posts before the loop has ever run: its ring belongs to nobody, and takes no messages.
TEST_P(Messages, ALoopThatHasNotRunYetIsReached) {
  for (int i = 0; i < 100; ++i) {
    loop l(options());
    std::atomic<int> count = 0;
    counting_job j;
    j.count = &count;
    std::thread runner([&] {
      while (count.load() == 0) l.run_once();
    });
    if (i % 2 == 0) std::this_thread::yield();
    l.post(j);
    runner.join();
    ASSERT_EQ(count, 1);
  }
}

/// Jobs that always make more of themselves ready do not keep the kernel and the clock waiting.
TEST_P(Messages, JobsWithoutEndLeaveTheOthersTheirTurn) {
  loop l(options());
  struct endless : sluice::job {
    loop* on = nullptr;
    bool by_post = false;
    long times = 0;
  } scheduled, posted;
  for (endless* e : {&scheduled, &posted}) {
    e->on = &l;
    e->by_post = e == &posted;
    e->run = [](sluice::job& j) noexcept {
      auto& self = static_cast<endless&>(j);
      ++self.times;
      self.by_post ? self.on->post(self) : self.on->schedule(self);
    };
    l.schedule(*e);
  }
  auto ends = make_pipe();
  std::thread writer([&] {
    const std::byte one[1] = {};
    EXPECT_TRUE(sluice::sync(ends.writer.write_some(one)));
  });
  auto others = [](sluice::stream& from) -> task<bool> {
    std::byte buffer[1];
    auto n = co_await from.read_some(buffer);
    auto slept = co_await sluice::system().sleep(ms);
    co_return n.has_value() && slept.has_value();
  };
  EXPECT_TRUE(l.run(others(ends.reader)));
  writer.join();
  EXPECT_GT(scheduled.times, 0);
  EXPECT_GT(posted.times, 0);
  for (endless* e : {&scheduled, &posted}) e->run = [](sluice::job&) noexcept {};
  settle(l);
}

TEST(Ring, RefusesMessagesUntilItIsSomebodys) {
  sluice::ring r;
  if (!r.set_up(8).empty()) GTEST_SKIP() << "no io_uring here";
  EXPECT_FALSE(r.send_message(3));
  r.enable();
  if (!r.send_message(3)) GTEST_SKIP() << "the kernel sends no messages without a ring";
  io_uring_cqe* c = nullptr;
  ASSERT_EQ(io_uring_wait_cqe(&r.raw, &c), 0);
  EXPECT_EQ(c->user_data, 3u);
  io_uring_cqe_seen(&r.raw, c);
}

}  // namespace
