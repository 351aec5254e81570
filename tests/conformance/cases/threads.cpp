// Handles are tied to no loop, and loops take messages from all threads.
#include <algorithm>
#include <atomic>
#include <thread>

#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

/// A loop of its own thread, that runs one task.
class worker {
 public:
  worker(const place& p, task<void> work)
      : thread_([loop_made = p.another_loop(), w = std::move(work)]() mutable {
          loop_made->run(std::move(w));
        }) {}
  ~worker() { thread_.join(); }
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

 private:
  std::thread thread_;
};

task<void> open_there(place& p, file& into) {
  auto f = co_await p.root.open("f", open_mode::read_write);
  REQUIRE_GOOD(f);
  into = std::move(*f);
}

task<void> read_there(place& p, const file& f, std::string expected) {
  bytes buffer(expected.size());
  const auto read = co_await f.read_exact_at(buffer, 0);
  CHECK_SAME(show(read), std::to_string(expected.size()) + " of " + std::to_string(expected.size()));
  CHECK_SAME(as_text(buffer), expected);
}

task<void> close_there(place& p, file& f) {
  const auto closed = co_await f.close();
  CHECK_GOOD(closed);
}

SLUICE_THREADS_CASE(opened_here_read_there_closed_elsewhere, open) {
  const auto made = co_await make_file(p.root, "f", as_bytes("passed around"));
  REQUIRE_GOOD(made);
  file f;
  { const worker a(p, open_there(p, f)); }
  REQUIRE_THAT(static_cast<bool>(f));
  {
    const worker b(p, read_there(p, f, "passed around"));
    const worker c(p, read_there(p, f, "passed around"));
  }
  { const worker d(p, close_there(p, f)); }
  CHECK_THAT(!f);
}

struct parked_read {
  explicit parked_read(stream& s) : from(s) {}
  stream& from;
  std::atomic<stop_source*> stopper = nullptr;
  std::atomic<bool> reading = false;
  result<std::size_t> outcome = std::unexpected(error(errc::other));
};

task<void> read_until_stopped(parked_read& r) {
  auto here = co_await this_task();
  stop_source stop(*here.home);
  r.stopper = &stop;
  r.reading = true;
  bytes buffer(10);
  r.outcome = co_await r.from.read_some(buffer).stop_with(stop);
}

SLUICE_THREADS_CASE(a_stop_from_another_thread, read) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  parked_read there(ends->reader);
  {
    const worker b(p, read_until_stopped(there));
    while (!there.reading) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    there.stopper.load()->post_stop();
  }
  CHECK_FAILS(there.outcome, canceled);
  co_await one_byte_through_a_pipe(p);
}

task<void> read_parked(parked_read& r) {
  r.reading = true;
  bytes buffer(10);
  r.outcome = co_await r.from.read_some(buffer);
}

SLUICE_THREADS_CASE(a_close_ends_a_read_on_another_loop, read, close) {
  auto ends = p.make_pipe();
  REQUIRE_GOOD(ends);
  parked_read there(ends->reader);
  stream closing(adopt, ends->reader.in(), ends->reader.id());
  {
    const worker b(p, read_parked(there));
    while (!there.reading) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const auto closed = co_await closing.close();
    CHECK_GOOD(closed);
  }
  ends->reader.detach();
  CHECK_FAILS(there.outcome, canceled);
  co_await one_byte_through_a_pipe(p);
}

struct counted : job {
  int* count = nullptr;
};

task<void> wait_for(const int& count, int wanted) {
  while (count < wanted) co_await yield();
}

SLUICE_THREADS_CASE(two_thousand_posts_from_many_threads, open) {
  std::vector<counted> jobs(2000);
  int count = 0;
  for (counted& j : jobs) {
    j.count = &count;
    j.run = [](job& me) noexcept { ++*static_cast<counted&>(me).count; };
  }
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 8; ++t) {
    threads.emplace_back([&p, &jobs, t] {
      for (std::size_t i = t * 250; i < (t + 1) * 250; ++i) p.home().post(jobs[i]);
    });
  }
  co_await wait_for(count, 2000);
  for (std::thread& t : threads) t.join();
  CHECK_SAME(count, 2000);
  const auto still_works = co_await p.root.open(".", open_mode::read);
  CHECK_GOOD(still_works);
}

SLUICE_THREADS_CASE(a_post_wakes_a_loop_that_sleeps, sleep) {
  counted j;
  int count = 0;
  j.count = &count;
  j.run = [](job& me) noexcept { ++*static_cast<counted&>(me).count; };
  auto other = p.another_loop();
  std::thread sleeper([&] {
    while (count == 0) other->run_once();
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  other->post(j);
  sleeper.join();
  CHECK_SAME(count, 1);
  const auto slept = co_await system().sleep(1);
  CHECK_GOOD(slept);
}

task<void> read_many(place& p, const file& f, const bytes& data) {
  int good = 0;
  for (std::size_t i = 0; i < 200; ++i) {
    bytes buffer(500);
    const auto read = co_await f.read_exact_at(buffer, i * 100);
    good += read.whole() && std::ranges::equal(buffer, std::span(data).subspan(i * 100, 500));
  }
  CHECK_SAME(good, 200);
}

SLUICE_THREADS_CASE(four_loops_read_one_file, open, read_at) {
  const bytes data = pattern(30'000);
  const auto f = co_await make_file(p.root, "f", data);
  REQUIRE_GOOD(f);
  {
    const worker a(p, read_many(p, *f, data));
    const worker b(p, read_many(p, *f, data));
    const worker c(p, read_many(p, *f, data));
    const worker d(p, read_many(p, *f, data));
  }
  co_await read_many(p, *f, data);
}

}  // namespace
}  // namespace sluice::conformance
