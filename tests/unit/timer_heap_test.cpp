#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <vector>

#include "sluice/core/job.hpp"
#include "sluice/core/timer_heap.hpp"

namespace {

using sluice::timer;

struct recorded : timer {
  std::vector<recorded*>* fired = nullptr;
};

/// The heap and a multimap go through the same random life; they must tell the same times.
TEST(TimerHeap, AgreesWithAMultimap) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    sluice::timer_heap heap;
    std::multimap<sluice::time_point_ns, recorded*> model;
    std::vector<recorded*> fired;
    std::vector<recorded> timers(1000);
    for (auto& t : timers) {
      t.fired = &fired;
      t.fire = [](timer& me) noexcept {
        auto& self = static_cast<recorded&>(me);
        self.fired->push_back(&self);
      };
    }
    const auto forget = [&](recorded& t) {
      auto [at, end] = model.equal_range(t.when);
      while (at != end && at->second != &t) ++at;
      ASSERT_NE(at, end);
      model.erase(at);
    };
    for (int step = 0; step < 20'000; ++step) {
      recorded& t = timers[random() % timers.size()];
      const unsigned what = random() % 8;
      if (what < 4 && !t.armed()) {
        t.when = random() % 500;
        heap.arm(t);
        model.emplace(t.when, &t);
      } else if (what < 7 && t.armed()) {
        forget(t);
        heap.disarm(t);
      } else if (what == 7 && random() % 16 == 0) {
        const sluice::time_point_ns now = random() % 100;
        fired.clear();
        heap.expire(now);
        sluice::time_point_ns before = 0;
        for (recorded* f : fired) {
          EXPECT_LE(before, f->when);
          EXPECT_FALSE(f->armed());
          before = f->when;
          forget(*f);
        }
        EXPECT_TRUE(model.empty() || model.begin()->first > now);
      }
      ASSERT_EQ(heap.next(), model.empty() ? sluice::never : model.begin()->first);
    }
    for (auto& t : timers) heap.disarm(t);
    EXPECT_EQ(heap.next(), sluice::never);
  }
}

TEST(TimerHeap, ATimerMayBeArmedAgainWhileItFires) {
  struct again : timer {
    sluice::timer_heap* heap = nullptr;
    int left = 5;
  } t;
  sluice::timer_heap heap;
  t.heap = &heap;
  t.when = 1;
  t.fire = [](timer& me) noexcept {
    auto& self = static_cast<again&>(me);
    if (--self.left == 0) return;
    ++self.when;
    self.heap->arm(self);
  };
  heap.arm(t);
  heap.expire(3);
  EXPECT_EQ(t.left, 2);
  heap.expire(100);
  EXPECT_EQ(t.left, 0);
}

TEST(JobQueue, IsFirstInFirstOutAndLetsGoOfTheMiddle) {
  sluice::job jobs[6];
  sluice::job_queue q;
  EXPECT_TRUE(q.empty());
  EXPECT_EQ(q.pop(), nullptr);
  for (auto& j : jobs) q.push(j);
  EXPECT_TRUE(q.remove(jobs[5]));  // the last: the next push must find the new end
  EXPECT_FALSE(q.remove(jobs[5]));
  EXPECT_TRUE(q.remove(jobs[0]));
  EXPECT_TRUE(q.remove(jobs[2]));
  q.push(jobs[5]);
  q.push_front(jobs[0]);
  for (int i : {0, 1, 3, 4, 5}) EXPECT_EQ(q.pop(), &jobs[i]);
  EXPECT_TRUE(q.empty());
  q.push_front(jobs[1]);
  q.push(jobs[2]);
  EXPECT_TRUE(q.remove(jobs[2]));
  EXPECT_TRUE(q.remove(jobs[1]));
  q.push(jobs[3]);
  EXPECT_EQ(q.front(), &jobs[3]);
}

TEST(JobQueue, AppendsAndEmptiesTheOther) {
  sluice::job a, b, c;
  sluice::job_queue one, two;
  one.append(two);
  EXPECT_TRUE(one.empty());
  two.push(a);
  two.push(b);
  one.append(two);
  EXPECT_TRUE(two.empty());
  two.push(c);
  one.append(two);
  EXPECT_EQ(one.pop(), &a);
  EXPECT_EQ(one.pop(), &b);
  EXPECT_EQ(one.pop(), &c);
  EXPECT_EQ(one.pop(), nullptr);
}

}  // namespace
