// A Sluice loop inside an epoll loop that belongs to somebody else.
#include <sluice/sluice.hpp>

#include <sys/epoll.h>
#include <unistd.h>

#include <cstdio>

constexpr sluice::time_point_ns millisecond = 1'000'000;

// How long the outer loop may sleep, in its own unit.
int timeout_of(sluice::loop& inner) {
  const sluice::time_point_ns next = inner.next_deadline();
  if (next == sluice::never) return -1;
  const sluice::time_point_ns left = next - inner.now();
  return left <= 0 ? 0 : static_cast<int>((left + millisecond - 1) / millisecond);
}

sluice::task<void> work(sluice::dir& here, int& done) {
  for (int i = 0; i < 3; ++i) {
    auto slept = co_await sluice::system().sleep(2 * millisecond);
    auto status = co_await here.stat(".");
    if (slept && status) ++done;
  }
}

int main() {
  sluice::loop inner;
  sluice::dir here = sluice::system().current_dir();
  int done = 0;
  bool ended = false;

  const int outer = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event wanted{EPOLLIN, {.ptr = &inner}};
  if (::epoll_ctl(outer, EPOLL_CTL_ADD, inner.native_handle(), &wanted) != 0) return 1;

  auto task = work(here, done);
  inner.schedule(task.prepare(inner, nullptr, &ended, [](sluice::promise_base& p) noexcept {
    *static_cast<bool*>(p.owner) = true;
  }));
  inner.run_once(0);  // once before the first wait
  while (!ended) {
    epoll_event event;
    ::epoll_wait(outer, &event, 1, timeout_of(inner));
    inner.run_once(0);
  }
  task.take();  // its result, or what it threw
  ::close(outer);
  std::printf("%d of 3\n", done);
  return done == 3 ? 0 : 1;
}
