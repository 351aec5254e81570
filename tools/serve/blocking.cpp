// Threads that block: each serves one connection at a time.
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <thread>

#include "clock.hpp"
#include "models.hpp"
#include "sluice/sync.hpp"

namespace sluice::serve {

namespace {

constexpr int tick_ms = 100;

void pause() noexcept { std::this_thread::sleep_for(std::chrono::milliseconds(tick_ms)); }

/// Serves what comes to one listener. Blocked in accept, exactly one of many wakes for a connection.
class blocking_worker final : public worker {
 public:
  blocking_worker(const service& s, worker_numbers& n, std::span<const listener> listeners, std::size_t i)
      : worker(s, n),
        from_(listeners[i % listeners.size()]),
        free_workers_(s.board.common().free_workers[i % listeners.size()]) {
    be_free(true);
  }

  void run() noexcept;
  bool others_wait() noexcept override;
  void await_request(connection_watch& c, wire& from) noexcept override;

 private:
  void serve_next() noexcept;
  void be_free(bool yes) noexcept {
    count.free.store(yes);
    free_workers_.fetch_add(yes ? 1 : -1);
  }
  bool all_busy() const noexcept { return free_workers_.load(std::memory_order_relaxed) <= 0; }

  const listener& from_;
  std::atomic<int>& free_workers_;
};

void blocking_worker::run() noexcept {
  while (!draining()) serve_next();
  be_free(false);
}

void blocking_worker::serve_next() noexcept {
  auto next = sync(from_.accept());
  if (!next) {
    if (draining() || next.error() == errc::connection_reset) return;
    count.accept_failures.add();  // out of descriptors, for example: it stays in line
    pause();
    return;
  }
  be_free(false);
  try {
    sync(serve_connection(*this, std::move(*next)));
  } catch (const std::exception&) {
    count.broken.add();
  }
  be_free(true);
}

bool blocking_worker::others_wait() noexcept {
  if (draining() || !all_busy()) return false;  // at the end nobody is accepted any more
  pollfd line{system_space::descriptor(from_), POLLIN, 0};
  return ::poll(&line, 1, 0) > 0;
}

/// Waits for the client, and for others who want this worker: then a connection that had its answer is
/// asked to leave.
void blocking_worker::await_request(connection_watch& c, wire& from) noexcept {
  if (from.has_pending()) return;
  pollfd both[] = {{system_space::descriptor(c.socket), POLLIN, 0},
                   {system_space::descriptor(from_), POLLIN, 0}};
  for (;;) {
    // While another worker is free, that one takes what comes; look now and then whether it still is.
    const bool wanted = c.answered && all_busy();
    if (::poll(both, wanted ? 2 : 1, wanted ? -1 : tick_ms) > 0) break;
  }
  if (both[0].revents == 0) c.ask_to_leave();
}

class threads final : public running {
 public:
  threads(const service& s, std::span<const listener> listeners, std::size_t first, std::size_t count)
      : of_(s), listeners_(listeners) {
    for (std::size_t i = first; i < first + count; ++i)
      workers_.emplace_back(s, s.board.workers()[i], listeners, i);
    for (blocking_worker& w : workers_) threads_.emplace_back([&w] { w.run(); });
    watcher_ = std::thread([this] { watch(); });
  }

  void join() override {
    for (std::thread& t : threads_) t.join();
    over_ = true;
    watcher_.join();
  }

 private:
  /// A blocked call has no deadline; but it ends when its connection does.
  void watch() noexcept {
    time_point_ns last_call = never;
    while (!over_) {
      pause();
      const bool draining = of_.board.common().draining;
      const time_point_ns now = monotonic_now();
      if (draining && last_call == never)
        last_call = now + of_.settings.drain_seconds * one_second;
      const time_point_ns late = now >= last_call ? never : now;
      const time_point_ns patience = of_.settings.send_seconds * one_second;
      for (blocking_worker& w : workers_) {
        w.connections.end_some(late, patience, draining, [](connection_watch& c) {
          ::shutdown(system_space::descriptor(c.socket), SHUT_RDWR);
        });
      }
    }
  }

  const service& of_;
  std::span<const listener> listeners_;
  std::deque<blocking_worker> workers_;
  std::vector<std::thread> threads_;
  std::thread watcher_;
  std::atomic<bool> over_ = false;
};

}  // namespace

std::unique_ptr<running> start_threads(const service& s, std::span<const listener> listeners,
                                       std::size_t first, std::size_t count) {
  return std::make_unique<threads>(s, listeners, first, count);
}

}  // namespace sluice::serve
