// Waits for a signal, but not for ever: the first of two tasks wins, the other is stopped.
#include <sluice/sluice.hpp>

#include <signal.h>
#include <unistd.h>

#include <cstdio>

sluice::task<sluice::result<int>> next_signal(sluice::signal_stream& from) {
  auto got = co_await from.next();
  if (!got) co_return std::unexpected(got.error());
  co_return got->number;
}

sluice::task<void> timeout(sluice::time_point_ns after) {
  [[maybe_unused]] auto slept = co_await sluice::system().sleep(after);
}

sluice::task<int> wait_for_signal(sluice::signal_stream& from, sluice::time_point_ns limit) {
  auto race = sluice::when_any(next_signal(from), timeout(limit));
  auto first = co_await std::move(race);
  const auto& number = std::get<0>(first.results);
  // Who lost may still have got its signal: its result says so, and no signal is dropped.
  co_return number ? *number : 0;
}

int main() {
  if (!sluice::block_signals({SIGUSR1, SIGTERM})) return 1;
  auto listening = sluice::system().signals({SIGUSR1, SIGTERM});
  if (!listening) return 1;
  sluice::loop loop;

  const int nothing = loop.run(wait_for_signal(*listening, 20'000'000));
  ::kill(::getpid(), SIGUSR1);
  const int something = loop.run(wait_for_signal(*listening, 10'000'000'000));
  std::printf("first %s, then %s\n", nothing == 0 ? "the timeout" : "a signal",
              something == SIGUSR1 ? "SIGUSR1" : "something else");
  return nothing == 0 && something == SIGUSR1 ? 0 : 1;
}
