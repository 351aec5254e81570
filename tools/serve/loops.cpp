// Event loops: one worker for each, and any number of connections in it.
#include <sched.h>

#include <algorithm>
#include <deque>
#include <thread>

#include "clock.hpp"
#include "descriptors.hpp"
#include "models.hpp"
#include "site.hpp"
#include "sluice/cores.hpp"

namespace sluice::serve {

namespace {

constexpr time_point_ns tick = 100'000'000;  // how often deadlines are looked at

class loop_worker final : public worker {
 public:
  /// `with_room` counts the loops that can take more connections.
  loop_worker(const service& s, worker_numbers& n, std::span<const listener> listeners,
              const loop_limits& most, std::atomic<unsigned>& with_room) noexcept
      : worker(s, n, most.counted ? most.answers : no_limit),
        listeners_(listeners),
        counted_(most.counted),
        places_(most.connections),
        with_room_(with_room) {}

  /// Until it drains, and then until the last connection has ended.
  task<void> run();

  /// Of those who have a place, each leaves after its answer while others wait for one.
  bool others_wait() noexcept override { return places_.awaited(); }
  void await_request(connection_watch& c, wire& from) noexcept override;

 private:
  task<void> accept_all(const listener& at, scope& clients);
  task<void> accept_counted(const listener& at, scope& clients);
  task<bool> until_needed();
  task<bool> goes_on_after(error why);
  task<void> in_place(task<void> talking);
  void tell_room() noexcept;
  task<void> look_after(scope& accepting);
  static void end_talk(connection_watch& c) noexcept;

  std::span<const listener> listeners_;
  bool over_ = false;
  const bool counted_;  // places, which are then taken by all connections
  limiter places_;
  bool has_room_ = true;
  std::atomic<unsigned>& with_room_;
};

task<void> loop_worker::run() {
  const auto here = co_await this_task();
  scope clients(here);
  scope accepting(here);
  scope looking(here);
  for (const listener& l : listeners_)
    accepting.spawn(counted_ ? accept_counted(l, clients) : accept_all(l, clients));
  looking.spawn(look_after(accepting));
  co_await accepting.join();
  co_await clients.join();
  over_ = true;
  co_await looking.join();
}

task<void> loop_worker::accept_all(const listener& at, scope& clients) {
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
    const bool goes_on = co_await goes_on_after(next.error());
    if (!goes_on) break;
  }
  co_await arriving.end();
}

/// Takes no more than there are descriptors for, so one at a time: the system would give all there are.
/// One that is accepted when there is no place waits here, and the others in the listener's line.
task<void> loop_worker::accept_counted(const listener& at, scope& clients) {
  while (!draining()) {
    const bool needed = co_await until_needed();
    if (!needed) break;
    auto next = co_await at.accept();
    if (!next) {
      const bool goes_on = co_await goes_on_after(next.error());
      if (!goes_on) break;
      continue;
    }
    if (places_.full()) connections.end_idlest();
    const auto entered = co_await places_.enter();
    if (!entered) break;
    tell_room();
    try {
      clients.spawn(in_place(serve_connection(*this, std::move(*next))));
    } catch (const std::bad_alloc&) {
      count.accept_failures.add();
      places_.leave();
      tell_room();
    }
  }
}

/// While this loop is full and another one is not, that one takes who comes. False: it is to end.
task<bool> loop_worker::until_needed() {
  while (places_.full() && with_room_.load(std::memory_order_relaxed) > 0) {
    const auto slept = co_await system().sleep(tick);
    if (!slept) co_return false;
  }
  co_return true;
}

/// What could not be accepted, for lack of something of the whole system for example, stays in line.
task<bool> loop_worker::goes_on_after(error why) {
  if (why == errc::canceled) co_return false;
  if (why == errc::connection_reset) co_return true;
  count.accept_failures.add();
  const auto slept = co_await system().sleep(tick);
  co_return slept.has_value();
}

task<void> loop_worker::in_place(task<void> talking) {
  co_await std::move(talking);
  places_.leave();
  tell_room();
}

void loop_worker::tell_room() noexcept {
  const bool now = !places_.full();
  if (std::exchange(has_room_, now) != now) with_room_.fetch_add(now ? 1u : -1u, std::memory_order_relaxed);
}

void loop_worker::await_request(connection_watch& c, wire&) noexcept {
  if (c.answered && places_.awaited()) c.ask_to_leave();
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
  loops(const service& s, std::span<const listener> listeners)
      : with_room_(s.settings.workers), cores_(options(s.settings)) {
    const loop_limits most = share_descriptors(s.settings, s.site.most_open());
    for (unsigned i = 0; i < cores_.size(); ++i) {
      worker& w = workers_.emplace_back(s, s.board.workers()[i], listeners, most, with_room_);
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

  std::atomic<unsigned> with_room_;
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
