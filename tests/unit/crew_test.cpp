#include "sluice/crew.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <stdexcept>

#include "loop/thread_host.hpp"
#include "sluice/system.hpp"

namespace {

using namespace sluice;

struct tally {
  std::atomic<int> done = 0;
  std::atomic<int> at_once = 0;
  std::atomic<int> most_at_once = 0;
  std::mutex mutex;
  std::set<unsigned> workers;
};

/// Adds two halves of itself until there is one left.
class halves final : public work {
 public:
  halves(tally& t, int n) : tally_(t), n_(n) {}
  task<void> run(worker& on) override {
    ++tally_.done;
    const int below = n_ - 1;
    if (below > 0) on.of().add(on, std::make_unique<halves>(tally_, (below + 1) / 2));
    if (below > 1) on.of().add(on, std::make_unique<halves>(tally_, below / 2));
    co_return;
  }

 private:
  tally& tally_;
  int n_;
};

class Crew : public testing::TestWithParam<unsigned> {
 protected:
  crew_options options() const {
    crew_options o;
    o.workers = GetParam();
    return o;
  }
};

TEST_P(Crew, LosesNothing) {
  crew c(options());
  tally t;
  c.run(std::make_unique<halves>(t, 100'000));
  EXPECT_EQ(t.done, 100'000);
  EXPECT_LE(c.loops(), GetParam());
}

TEST_P(Crew, RunsAgain) {
  crew c(options());
  tally t;
  for (int i = 1; i <= 50; ++i) {
    c.run(std::make_unique<halves>(t, 100));
    EXPECT_EQ(t.done, 100 * i);
  }
}

/// Waits for the kernel in the middle, so that several are under way on each worker.
class sleeper final : public work {
 public:
  explicit sleeper(tally& t, int more) : tally_(t), more_(more) {}
  task<void> run(worker& on) override {
    for (int i = 0; i < more_; ++i) on.of().add(on, std::make_unique<sleeper>(tally_, 0));
    {
      const std::lock_guard lock(tally_.mutex);
      tally_.workers.insert(on.index());
    }
    const int now = ++tally_.at_once;
    int most = tally_.most_at_once;
    while (most < now && !tally_.most_at_once.compare_exchange_weak(most, now)) {
    }
    auto slept = co_await sluice::system().sleep(2'000'000);
    EXPECT_TRUE(slept.has_value());
    --tally_.at_once;
    ++tally_.done;
  }

 private:
  tally& tally_;
  int more_;
};

TEST_P(Crew, KeepsAsManyUnderWayAsItMay) {
  crew_options o = options();
  o.works_in_flight = 3;
  crew c(o);
  tally t;
  c.run(std::make_unique<sleeper>(t, 300));
  EXPECT_EQ(t.done, 301);
  EXPECT_LE(t.most_at_once, static_cast<int>(3 * GetParam()));
  EXPECT_GE(t.most_at_once, 3);
  if (GetParam() > 1) {
    EXPECT_GT(t.workers.size(), 1u) << "nobody helped";
  }
}

class thrower final : public work {
 public:
  explicit thrower(tally& t) : tally_(t) {}
  task<void> run(worker& on) override {
    for (int i = 0; i < 1000; ++i) on.of().add(on, std::make_unique<halves>(tally_, 10));
    co_await yield();
    throw std::runtime_error("on purpose");
  }

 private:
  tally& tally_;
};

TEST_P(Crew, TellsWhatWasThrownWhenAllHasEnded) {
  crew c(options());
  tally t;
  EXPECT_THROW(c.run(std::make_unique<thrower>(t)), std::runtime_error);
  EXPECT_EQ(t.done, 10'000);
  c.run(std::make_unique<halves>(t, 5));  // and goes on
  EXPECT_EQ(t.done, 10'005);
}

TEST(CrewOfMany, StartsNoThreadForOnePiece) {
  crew_options o;
  o.workers = 8;
  crew c(o);
  tally t;
  c.run(std::make_unique<halves>(t, 1));
  EXPECT_EQ(c.loops(), 1u);
}

/// One that gives way now and then, and is ready to go on.
class busy final : public work {
 public:
  busy(tally& t, int more) : tally_(t), more_(more) {}
  task<void> run(worker& on) override {
    for (int i = 0; i < more_; ++i) on.of().add(on, std::make_unique<busy>(tally_, 0));
    const int now = ++tally_.at_once;
    tally_.most_at_once = std::max(tally_.most_at_once.load(), now);
    for (int i = 0; i < 100; ++i) co_await yield();
    --tally_.at_once;
  }

 private:
  tally& tally_;
  int more_;
};

TEST(CrewOfMany, LeavesToOthersWhatItNeedNotBeginYet) {
  crew_options o;
  o.workers = 1;
  crew c(o);
  tally t;
  c.run(std::make_unique<busy>(t, 40));
  EXPECT_LE(t.most_at_once, 4) << "none of them waited";
}

/// On a machine with so many cores, where a second thread may not be to be had.
class counted_cores final : public crew_host {
 public:
  explicit counted_cores(unsigned n, bool threads = false) : cores_(n), may_start_(threads) {}
  void run(const loop_options& options, body& b) noexcept override { threads_.run(options, b); }
  void start(const loop_options& options, body& b) override {
    if (!may_start_) throw std::runtime_error("no more");
    threads_.start(options, b);
  }
  void join() override { threads_.join(); }
  unsigned cores() const noexcept override { return cores_; }

 private:
  thread_host threads_;
  unsigned cores_;
  bool may_start_;
};

unsigned most_workers(unsigned cores, unsigned spare, unsigned workers = 0) {
  counted_cores host(cores);
  crew_options o;
  o.host = &host;
  o.spare = spare;
  o.workers = workers;
  return crew(o).size();
}

TEST(CrewOfMany, HasSpareWorkersOnlyBesideSeveralCores) {
  EXPECT_EQ(most_workers(4, 0), 4u);
  EXPECT_EQ(most_workers(4, 1), 5u);
  EXPECT_EQ(most_workers(1, 1), 1u);
  EXPECT_EQ(most_workers(4, 1, 2), 2u) << "as many as were asked for";
}

TEST(CrewOfMany, AloneDoesTheWorkOfAll) {
  counted_cores host(4);
  crew_options o;
  o.host = &host;
  o.spare = 1;
  crew c(o);
  tally t;
  c.run(std::make_unique<halves>(t, 100));
  EXPECT_EQ(t.done, 100);
  EXPECT_EQ(c.size(), 1u) << "no second thread was to be had";
}

/// One that waits, and adds others.
class waiting final : public work {
 public:
  explicit waiting(int more) : more_(more) {}
  task<void> run(worker& on) override {
    for (int i = 0; i < more_; ++i) on.of().add(on, std::make_unique<waiting>(0));
    [[maybe_unused]] auto slept = co_await system().sleep(1'000'000);
    // Once more than a few wait, whoever is spare is wanted for what is added then.
    for (int i = 0; i < more_; ++i) on.of().add(on, std::make_unique<waiting>(0));
  }

 private:
  int more_;
};

TEST(CrewOfMany, WantsSpareWorkersWhenTheOthersWait) {
  const auto loops = [](std::unique_ptr<work> first, bool when_waiting) {
    counted_cores host(2, true);
    crew_options o;
    o.host = &host;
    o.spare = 2;
    o.spare_when_waiting = when_waiting;
    crew c(o);
    EXPECT_EQ(c.size(), 4u) << "so many at most";
    c.run(std::move(first));
    return c.loops();
  };
  tally t;
  EXPECT_EQ(loops(std::make_unique<busy>(t, 100), true), 2u) << "nobody waited";
  EXPECT_EQ(loops(std::make_unique<busy>(t, 100), false), 4u);
  EXPECT_EQ(loops(std::make_unique<waiting>(100), true), 4u);
}

INSTANTIATE_TEST_SUITE_P(Workers, Crew, testing::Values(1u, 2u, 5u, 16u));

}  // namespace
