#include "interruption.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>

#include "sluice/sync.hpp"

namespace sluice::tool {

namespace {

constexpr int none = SIGURG;  // stands for one that is ignored: nobody sends it, and it ends nothing

int unless_ignored(int number) noexcept {
  struct sigaction now{};
  const bool ignored = ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
  return ignored ? none : number;
}

/// As if the signal had never been looked at.
void end_by(int number) noexcept {
  ::signal(number, SIG_DFL);
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, number);
  ::kill(::getpid(), number);
  ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
}

}  // namespace

interruption::interruption(copy_stopper& stop) : stop_(stop) {
  const std::initializer_list<int> numbers = {unless_ignored(SIGINT), unless_ignored(SIGTERM),
                                              unless_ignored(SIGHUP)};
  auto opened = system().signals(numbers);
  over_ = ::eventfd(0, EFD_CLOEXEC);
  if (!opened || over_ < 0) return;  // then they take their usual way
  const auto blocked = block_signals(numbers);
  if (!blocked) return;
  signals_ = std::move(*opened);
  watcher_ = std::thread([this] { watch(); });
}

interruption::~interruption() {
  if (watcher_.joinable()) {
    const std::uint64_t one = 1;
    const auto told = ::write(over_, &one, sizeof one);
    static_cast<void>(told);  // it can't fail: the counter is at 0
    watcher_.join();
  }
  if (over_ >= 0) ::close(over_);
  const int number = came_.load();
  if (number == 0) return;
  std::fflush(stdout);
  end_by(number);
}

/// The next signal's number; 0 when the copy is over, -1 when the time is.
int interruption::wait(int milliseconds) noexcept {
  pollfd both[] = {{system_space::descriptor(signals_), POLLIN, 0}, {over_, POLLIN, 0}};
  while (::poll(both, 2, milliseconds) < 0) {
  }
  if (both[0].revents != 0) {
    const auto next = sync(signals_.next());
    if (next && next->number != none) return next->number;
  }
  return both[1].revents != 0 ? 0 : -1;
}

void interruption::watch() noexcept {
  int number = -1;
  while (number < 0) number = wait(-1);
  if (number == 0) return;
  came_.store(number);
  stop_.request();
  constexpr int patience = 500;  // milliseconds for what is under way
  const int then = wait(asking_.load() ? 0 : patience);
  if (then == 0) return;
  // It waits for something that may never come; or somebody can't wait.
  if (then < 0) stop_.remove_unfinished();
  end_by(then > 0 ? then : number);
}

}  // namespace sluice::tool
