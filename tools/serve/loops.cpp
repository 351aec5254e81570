// Event loops: one worker for each, and any number of connections in it.
#include <sched.h>

#include <algorithm>
#include <deque>
#include <thread>

#include "clock.hpp"
#include "models.hpp"
#include "sluice/cores.hpp"

namespace sluice::serve {

namespace {

constexpr time_point_ns tick = 100'000'000;  // how often deadlines are looked at

class loop_worker final : public worker {
 public:
  loop_worker(const service& s, worker_numbers& n, std::span<const listener> listeners) noexcept
      : worker(s, n), listeners_(listeners) {}

  /// Until it drains, and then until the last connection has ended.
  task<void> run();

 private:
  task<void> accept_from(const listener& at, scope& clients);
  task<void> look_after(scope& accepting);
  static void end_talk(connection_watch& c) noexcept;

  std::span<const listener> listeners_;
  bool over_ = false;
};

task<void> loop_worker::run() {
  const auto here = co_await this_task();
  scope clients(here);
  scope accepting(here);
  scope looking(here);
  for (const listener& l : listeners_) accepting.spawn(accept_from(l, clients));
  looking.spawn(look_after(accepting));
  co_await accepting.join();
  co_await clients.join();
  over_ = true;
  co_await looking.join();
}

task<void> loop_worker::accept_from(const listener& at, scope& clients) {
  auto arriving = at.all();
  while (!draining()) {
    auto next = co_await arriving.next();
    if (next) {
      // Without memory for its task this connection ends here, and perhaps the next one fares better.
      try {
        clients.spawn(serve_connection(*this, std::move(*next)));
      } catch (const std::bad_alloc&) {
        count.accept_failures.add();
      }
      continue;
    }
    if (next.error() == errc::canceled) break;
    if (next.error() == errc::connection_reset) continue;
    // Out of descriptors, for example: it stays in line until some are free.
    count.accept_failures.add();
    const auto slept = co_await system().sleep(tick);
    if (!slept) break;
  }
  co_await arriving.end();
}

task<void> loop_worker::look_after(scope& accepting) {
  time_point_ns last_call = never;
  while (!over_) {
    const auto slept = co_await system().sleep(tick);
    if (!slept) break;
    const time_point_ns now = monotonic_now();
    if (draining() && last_call == never) {
      accepting.stop();
      last_call = now + of.settings.drain_seconds * one_second;
    }
    const time_point_ns late = now >= last_call ? never : now;
    const time_point_ns patience = of.settings.send_seconds * one_second;
    connections.end_some(late, patience, draining(), end_talk);
  }
}

void loop_worker::end_talk(connection_watch& c) noexcept {
  if (c.lent) abort_connection(c.socket);
  c.talk.stop();
}

class loops final : public running {
 public:
  loops(const service& s, std::span<const listener> listeners) : cores_(options(s.settings)) {
    for (unsigned i = 0; i < cores_.size(); ++i) {
      worker& w = workers_.emplace_back(s, s.board.workers()[i], listeners);
      cores_.spawn(i, static_cast<loop_worker&>(w).run());
    }
  }
  void join() override { cores_.join(); }

 private:
  static cores_options options(const settings& s) noexcept {
    cores_options o;
    o.count = s.workers;
    if (s.model == model::uring) o.loop.backend = backend_choice::uring;
    if (s.model == model::epoll) o.loop.backend = backend_choice::epoll;
    return o;
  }

  std::deque<loop_worker> workers_;
  cores cores_;
};

}  // namespace

std::unique_ptr<running> start_loops(const service& s, std::span<const listener> listeners) {
  return std::make_unique<loops>(s, listeners);
}

unsigned default_workers(model m) noexcept {
  cpu_set_t allowed;
  const bool known = ::sched_getaffinity(0, sizeof allowed, &allowed) == 0;
  const unsigned cores = known ? static_cast<unsigned>(CPU_COUNT(&allowed)) : 1;
  const bool blocks = m == model::processes || m == model::threads;
  return blocks ? std::max(16u, 8 * cores) : cores;
}

}  // namespace sluice::serve
