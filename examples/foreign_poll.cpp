// Sluice inside somebody else's event loop: here a plain poll(2) loop that has a timer of its own.
//
// Output: 5 ticks inside a loop that went on turning
#include <sluice/sluice.hpp>

#include <poll.h>

#include <cstdio>

constexpr sluice::time_point_ns millisecond = 1'000'000;

sluice::task<void> work(int& ticks, bool& done) {
  for (int i = 0; i < 5; ++i) {
    auto slept = co_await sluice::system().sleep(10 * millisecond);
    if (!slept) break;
    ++ticks;
  }
  done = true;
}

int wait_for(const sluice::time_point_ns next, const sluice::time_point_ns now, int at_most) {
  if (next == sluice::never) return at_most;
  const auto left = next <= now ? 0 : (next - now + millisecond - 1) / millisecond;
  return left < at_most ? static_cast<int>(left) : at_most;
}

int main() {
  sluice::loop loop;
  int ticks = 0, own_turns = 0;
  bool done = false;

  // A task that is begun and not waited for: a scope would be the way inside of another task.
  auto task = work(ticks, done);
  loop.schedule(task.prepare(loop, nullptr, nullptr, [](sluice::promise_base&) noexcept {}));

  pollfd watched{loop.native_handle(), POLLIN, 0};
  loop.run_once(0);  // before waiting for the first time
  while (!done) {
    ::poll(&watched, 1, wait_for(loop.next_deadline(), loop.now(), 4));
    loop.run_once(0);
    ++own_turns;  // what the foreign loop does besides
  }
  std::printf("%d ticks inside a loop that went on turning\n", ticks);
  return ticks == 5 && own_turns >= 5 ? 0 : 1;
}
