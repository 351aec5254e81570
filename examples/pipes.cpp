// Two tasks, a pipe and a channel: one reads numbers from the pipe and hands them over, the other
// adds them up. The channel holds eight; when it is full, the reader waits.
#include <sluice/sluice.hpp>

#include <cstdio>
#include <cstring>
#include <tuple>

using numbers = sluice::channel<int, 8>;

sluice::task<void> produce(sluice::stream& into, int count) {
  for (int i = 1; i <= count; ++i) {
    std::byte raw[sizeof i];
    std::memcpy(raw, &i, sizeof i);
    auto written = co_await into.write_all(raw);
    if (!written) co_return;
  }
  [[maybe_unused]] auto closed = co_await into.close();
}

sluice::task<void> hand_over(sluice::stream& from, numbers& to) {
  for (;;) {
    int n = 0;
    std::byte raw[sizeof n];
    auto got = co_await from.read_exact(raw);
    if (!got) break;
    std::memcpy(&n, raw, sizeof n);
    auto sent = co_await to.send(n);
    if (!sent) break;
  }
  to.close();
}

sluice::task<long> add_up(numbers& from) {
  long sum = 0;
  for (;;) {
    auto n = co_await from.receive();
    if (!n) co_return sum;  // closed and empty
    sum += *n;
  }
}

int main() {
  auto ends = sluice::system().make_pipe();
  if (!ends) return 1;
  numbers between;
  sluice::loop loop;
  constexpr int count = 10'000;
  auto all = sluice::when_all(produce(ends->writer, count), hand_over(ends->reader, between),
                              add_up(between));
  const auto results = loop.run(std::move(all));
  const long sum = std::get<2>(results);
  std::printf("sum of 1 to %d: %ld\n", count, sum);
  return sum == count * (count + 1L) / 2 ? 0 : 1;
}
