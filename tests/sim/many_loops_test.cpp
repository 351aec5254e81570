// Code for several loops, all on this thread: messages, handles that are passed on, stops and closes
// from elsewhere, work that is stolen.
#include <set>

#include "sim/support.hpp"

namespace sluice::sim_tests {
namespace {

/// Goes round the loops; each passes it on.
struct token : job {
  std::vector<loop*> loops;
  std::size_t at = 0;
  std::vector<std::size_t> seen;
  int left = 0;
  bool home = false;

  static void arrive(job& j) noexcept {
    auto& t = static_cast<token&>(j);
    t.seen.push_back(t.at);
    if (port::current_driver() != t.loops[t.at]) t.seen.push_back(999);
    if (t.left-- == 0) {
      t.home = true;
      return;
    }
    t.at = (t.at + 1) % t.loops.size();
    t.loops[t.at]->post(t);
  }
};

TEST(ManyLoops, PassMessagesOn) {
  each_world(200, [](std::uint64_t seed, findings& found) {
    sim::world w(options_for(seed, found));
    token t;
    for (int i = 0; i < 3; ++i) t.loops.push_back(&w.make_loop());
    t.run = token::arrive;
    t.left = 30;
    t.loops[0]->post(t);
    while (!t.home && w.step()) {
    }
    found.check(t.seen.size() == 31, "a message was lost, or came to the wrong loop");
    for (std::size_t i = 0; i < t.seen.size(); ++i) found.check(t.seen[i] == i % 3, "their order");
  });
}

struct passed {
  explicit passed(findings& f) : found(f) {}
  findings& found;
  file f;
  bool open = false;
};

task<void> open_here(passed& p) {
  auto f = co_await system().current_dir().open("passed", create, 0600);
  if (!f) co_return;
  p.f = std::move(*f);
  const auto put = co_await p.f.write_all_at(bytes_of("passed around"), 0);
  p.open = put.whole();
}

task<void> read_there(passed& p) {
  while (!p.open) {
    const auto slept = co_await system().sleep(1000);
    static_cast<void>(slept);
  }
  bytes b(13);
  const auto got = co_await p.f.read_exact_at(b, 0);
  p.found.check(got.whole() && text_of(b) == "passed around", "what another loop wrote");
}

task<void> close_elsewhere(passed& p) {
  const auto closed = co_await p.f.close();
  p.found.check(closed.has_value(), "what another loop opened is closed");
}

TEST(ManyLoops, ShareHandles) {
  each_world(300, [](std::uint64_t seed, findings& found) {
    sim::world_options o = options_for(seed, found);
    o.faults.io = o.faults.no_space = o.faults.too_many_files = 0;
    sim::world w(o);
    passed p(found);
    w.start(w.make_loop(), open_here(p));
    w.start(w.make_loop(), read_there(p));
    w.start(w.make_loop(), read_there(p));
    w.run_all();
    w.start(w.make_loop(), close_elsewhere(p));
    w.run_all();
    found.check(w.count().open_handles == 0, "and then none is open");
  });
}

struct parked {
  std::optional<pipe_ends> ends;
  stop_source* stopper = nullptr;
  std::optional<result<std::size_t>> outcome;
};

task<void> make_pipe(parked& p) {
  auto made = system().make_pipe();
  if (made) p.ends.emplace(std::move(*made));
  co_return;
}

task<void> read_until_stopped(parked& p) {
  auto here = co_await this_task();
  stop_source stop(*here.home);
  p.stopper = &stop;
  bytes b(10);
  p.outcome = co_await p.ends->reader.read_some(b).stop_with(stop);
  p.stopper = nullptr;
}

task<void> stop_it(parked& p) {
  while (p.stopper == nullptr && !p.outcome) {
    const auto slept = co_await system().sleep(100'000);
    static_cast<void>(slept);
  }
  if (p.stopper != nullptr) p.stopper->post_stop();
}

task<void> close_it(parked& p) {
  stream closing = std::move(p.ends->reader);
  const auto slept = co_await system().sleep(1'000'000);
  static_cast<void>(slept);
  const auto closed = co_await closing.close();
  EXPECT_TRUE(closed.has_value());
}

TEST(ManyLoops, StopWhatWaitsOnAnother) {
  each_world(200, [](std::uint64_t seed, findings& found) {
    sim::world w({.seed = seed});
    parked p;
    w.run(make_pipe(p));
    w.start(w.make_loop(), read_until_stopped(p));
    w.start(w.make_loop(), stop_it(p));
    w.run_all();
    found.check(p.outcome && !*p.outcome && p.outcome->error() == errc::canceled, "stopped");
  });
}

task<void> read_parked(parked& p, handle_id id) {
  bytes b(10);
  stream reader(adopt, system(), id);
  p.outcome = co_await reader.read_some(b);
  reader.detach();
}

TEST(ManyLoops, ACloseEndsWhatIsInFlightOnAnother) {
  each_world(200, [](std::uint64_t seed, findings& found) {
    sim::world w({.seed = seed});
    parked p;
    w.run(make_pipe(p));
    w.start(w.make_loop(), read_parked(p, p.ends->reader.id()));
    w.start(w.make_loop(), close_it(p));
    w.run_all();
    found.check(p.outcome && !*p.outcome && p.outcome->error() == errc::canceled, "canceled");
  });
}

/// Adds two halves of itself until there is one left.
class halves final : public work {
 public:
  halves(std::vector<int>& done, int n) : done_(done), n_(n) {}
  task<void> run(worker& on) override {
    ++done_[on.index()];
    const int below = n_ - 1;
    if (below > 0) on.of().add(on, std::make_unique<halves>(done_, (below + 1) / 2));
    if (below > 1) on.of().add(on, std::make_unique<halves>(done_, below / 2));
    const auto slept = co_await system().sleep(n_ % 5 * 10'000);
    static_cast<void>(slept);
  }

 private:
  std::vector<int>& done_;
  int n_;
};

TEST(ManyLoops, StealWork) {
  std::set<std::vector<int>> shares;
  each_world(100, [&](std::uint64_t seed, findings& found) {
    sim::world w({.seed = seed});
    std::vector<int> done(4);
    crew c(w.crew(4));
    c.run(std::make_unique<halves>(done, 300));
    int all = 0;
    int took_part = 0;
    for (const int n : done) {
      all += n;
      took_part += n > 0 ? 1 : 0;
    }
    found.check(all == 300, "each piece of work is done once, not " + std::to_string(all));
    found.check(took_part == 4, "all take part");
    shares.insert(done);
  });
  if (!sim::wanted_seed()) {
    EXPECT_GT(shares.size(), 10u) << "who does what follows from the seed";
  }
}

class waiter final : public work {
 public:
  explicit waiter(const stream& from) : from_(from) {}
  task<void> run(worker&) override {
    bytes b(1);
    const auto got = co_await from_.read_some(b);
    static_cast<void>(got);
  }

 private:
  const stream& from_;
};

TEST(ManyLoops, WorkThatWaitsForNobodyIsADeadEnd) {
  sim::world w;
  parked p;
  w.run(make_pipe(p));
  crew c(w.crew(2));
  EXPECT_THROW(c.run(std::make_unique<waiter>(p.ends->reader)), sim::dead_end);
}

class thrower final : public work {
 public:
  task<void> run(worker&) override {
    const auto slept = co_await system().sleep(1000);
    static_cast<void>(slept);
    throw std::runtime_error("from work");
  }
};

TEST(ManyLoops, WhatWorkThrowsComesOut) {
  sim::world w;
  crew c(w.crew(2));
  EXPECT_THROW(c.run(std::make_unique<thrower>()), std::runtime_error);
}

}  // namespace
}  // namespace sluice::sim_tests
