#include "processes.hpp"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bind.hpp"
#include "housekeeper.hpp"
#include "sluice/describe.hpp"
#include "sluice/sync.hpp"

namespace sluice::serve {

namespace {

/// A child does not outlive the one that began it.
void tie_to(pid_t parent) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
}

int work(const service& s, std::span<const listener> listeners, std::size_t i) noexcept {
  try {
    const housekeeper keeps(s);
    start_threads(s, listeners, i, 1)->join();
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "sluice serve: %s\n", e.what());
    return 1;
  }
}

class family {
 public:
  family(const service& s, std::span<const listener> listeners, const std::function<void()>& metrics)
      : of_(s), listeners_(listeners), metrics_(metrics), workers_(s.board.workers().size()) {
    for (std::size_t i = 0; i < workers_.size(); ++i) begin_worker(i);
    if (metrics_) begin_metrics();
  }

  /// Somebody has ended. Replaces it, unless all are to end.
  void reap() {
    for (pid_t ended; (ended = ::waitpid(-1, nullptr, WNOHANG)) > 0;) {
      if (ended == metrics_worker_) metrics_worker_ = 0;
      for (pid_t& w : workers_) {
        if (w == ended) lose(w);
      }
    }
  }
  void replace() {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      if (workers_[i] == 0) begin_worker(i);
    }
    if (metrics_ && metrics_worker_ == 0) begin_metrics();
  }
  bool working() const noexcept {
    for (const pid_t w : workers_) {
      if (w != 0) return true;
    }
    return false;
  }
  void end_metrics() noexcept {
    if (metrics_worker_ == 0) return;
    ::kill(metrics_worker_, SIGKILL);
    ::waitpid(metrics_worker_, nullptr, 0);
  }

 private:
  void begin_worker(std::size_t i) {
    workers_[i] = begin([this, i] { ::_exit(work(of_, listeners_, i)); });
  }
  void begin_metrics() {
    metrics_worker_ = begin([this] {
      metrics_();
      for (;;) ::pause();
    });
  }
  template <class Body>
  static pid_t begin(const Body& body) {
    const pid_t parent = ::getpid();
    const pid_t made = ::fork();
    if (made < 0) return 0;  // tried again at the next occasion
    if (made > 0) return made;
    tie_to(parent);
    body();
    ::_exit(1);
  }

  /// It can't tell any more what it held.
  void lose(pid_t& w) noexcept {
    const auto i = static_cast<std::size_t>(&w - workers_.data());
    w = 0;
    worker_numbers& n = of_.board.workers()[i];
    common_numbers& common = of_.board.common();
    const auto held = n.open.value();
    n.open.subtract(held);
    common.clients.fetch_sub(static_cast<int>(held));
    if (n.free.exchange(false)) common.free_workers[i % listeners_.size()].fetch_sub(1);
  }

  const service& of_;
  std::span<const listener> listeners_;
  const std::function<void()>& metrics_;
  std::vector<pid_t> workers_;
  pid_t metrics_worker_ = 0;
};

}  // namespace

int serve_processes(const service& s, std::span<const listener> listeners,
                    const std::function<void()>& metrics) {
  auto signals = system().signals({SIGTERM, SIGINT, SIGHUP, SIGCHLD});
  if (!signals) throw std::runtime_error(describe(signals.error(), "signals", ""));
  common_numbers& common = s.board.common();
  family children(s, listeners, metrics);
  while (!common.draining || children.working()) {
    const auto next = sync(signals->next());
    if (!next) continue;
    if (next->number == SIGCHLD) {
      children.reap();
      if (common.draining) continue;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));  // one that can't live can't spin
      children.replace();
    } else if (next->number == SIGHUP) {
      common.generation.fetch_add(1);
    } else {
      common.draining = true;
      stop_listening(listeners);
    }
  }
  children.end_metrics();
  return 0;
}

}  // namespace sluice::serve
