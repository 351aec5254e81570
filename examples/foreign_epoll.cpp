// Sluice inside an epoll loop that has descriptors of its own: the outer loop's timer makes
// messages, a Sluice task reads them from a pipe and writes them to a file.
//
// Output: 5 messages through a pipe into a file, 10 bytes; the outer loop slept between them
#include <sluice/sluice.hpp>

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cstdio>

constexpr sluice::time_point_ns millisecond = 1'000'000;
constexpr int messages = 5;

sluice::task<std::uint64_t> store(sluice::stream& from, sluice::dir& in) {
  std::uint64_t stored = 0;
  auto file = co_await in.open("foreign_epoll.tmp", sluice::open_mode::create | sluice::open_mode::write);
  while (file) {
    std::byte block[16];
    auto n = co_await from.read_some(block);
    if (!n || *n == 0) break;
    auto written = co_await file->write_all_at(std::span(block, *n), stored);
    if (!written) break;
    stored += *n;
  }
  auto removed = co_await in.unlink("foreign_epoll.tmp");
  co_return removed ? stored : 0;
}

// How long the outer loop may sleep, in its own unit.
int timeout_of(sluice::loop& inner) {
  const sluice::time_point_ns next = inner.next_deadline();
  if (next == sluice::never) return -1;
  const sluice::time_point_ns left = next - inner.now();
  return left <= 0 ? 0 : static_cast<int>((left + millisecond - 1) / millisecond);
}

void watch(int outer, int fd) {
  epoll_event wanted{EPOLLIN, {.fd = fd}};
  if (::epoll_ctl(outer, EPOLL_CTL_ADD, fd, &wanted) != 0) std::perror("epoll_ctl");
}

int main() {
  sluice::loop inner;
  sluice::dir here = sluice::system().current_dir();
  int ends[2];
  if (::pipe(ends) != 0) return 1;
  auto reader = sluice::system().adopt_descriptor<sluice::stream>(ends[0]);

  const int outer = ::epoll_create1(EPOLL_CLOEXEC);
  const int ticks = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  const itimerspec every{{0, 2 * millisecond}, {0, 2 * millisecond}};
  ::timerfd_settime(ticks, 0, &every, nullptr);
  watch(outer, ticks);
  watch(outer, inner.native_handle());

  bool ended = false;
  auto task = store(reader, here);
  inner.schedule(task.prepare(inner, nullptr, &ended, [](sluice::promise_base& p) noexcept {
    *static_cast<bool*>(p.owner) = true;
  }));
  inner.run_once(0);  // once before the first wait
  int sent = 0, turns = 0;
  for (; !ended; ++turns) {
    epoll_event event{};
    const int n = ::epoll_wait(outer, &event, 1, timeout_of(inner));
    std::uint64_t passed;
    if (n == 1 && event.data.fd == ticks && ::read(ticks, &passed, sizeof passed) > 0 && sent < messages) {
      if (::write(ends[1], "m\n", 2) != 2) return 1;
      if (++sent == messages) ::close(ends[1]);  // the end of the stream
    }
    inner.run_once(0);
  }
  const auto stored = task.take();
  ::close(ticks);
  ::close(outer);
  // A loop that did not sleep would have turned thousands of times in these milliseconds.
  std::printf("%d messages through a pipe into a file, %llu bytes; the outer loop %s between them\n", sent,
              static_cast<unsigned long long>(stored), turns < 1000 ? "slept" : "span");
  return stored == 2 * messages ? 0 : 1;
}
