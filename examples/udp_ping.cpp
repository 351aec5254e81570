// Ping over UDP: `udp_ping 127.0.0.1:7777` answers; `udp_ping 127.0.0.1:7777 5` asks five times. Messages
// may be lost: an answer has a second to come. Without arguments it asks itself.
// Output: 5 of 5 answered
#include <sluice/sluice.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>

constexpr sluice::time_point_ns second = 1'000'000'000;

sluice::task<void> answer(const sluice::datagram& socket) {
  std::byte message[64];
  const sluice::io_slice whole[] = {{message, sizeof message}};
  for (;;) {
    sluice::address from;
    auto came = co_await socket.receive_from(whole, from);
    if (!came) co_return;
    const sluice::io_slice same[] = {{message, came->size}};
    auto sent = co_await socket.send_to(same, from);
    if (!sent) continue;  // lost on the way, as it were
  }
}

/// Nanoseconds until the answer with this number; 0 if it was too late.
sluice::task<sluice::time_point_ns> ask(const sluice::datagram& socket, sluice::address at,
                                        std::uint32_t number, sluice::loop& loop) {
  const sluice::time_point_ns begun = loop.now();
  std::uint32_t back = 0;
  const sluice::io_slice out[] = {{&number, sizeof number}}, in[] = {{&back, sizeof back}};
  auto sent = co_await socket.send_to(out, at);
  while (sent) {
    sluice::address from;
    auto came = co_await socket.receive_from(in, from).before(begun + second);
    if (!came) break;  // errc::timed_out
    // It may be somebody else's, or the answer to an earlier one.
    if (from == at && came->size == sizeof back && back == number) co_return loop.now() - begun;
  }
  co_return 0;
}

sluice::task<int> ping(sluice::address at, int times, sluice::loop& loop) {
  auto socket = co_await sluice::network(sluice::system()).bind(sluice::address::loopback(0));
  if (!socket) co_return 0;
  int answered = 0;
  for (int n = 1; n <= times; ++n) {
    auto asking = ask(*socket, at, static_cast<std::uint32_t>(n), loop);
    const sluice::time_point_ns took = co_await std::move(asking);
    answered += took > 0;
    if (took > 0) std::fprintf(stderr, "%d: %.1f us\n", n, static_cast<double>(took) / 1000);
  }
  std::printf("%d of %d answered\n", answered, times);
  co_return answered;
}

int main(int argc, char** argv) {
  sluice::loop loop;
  const auto at = sluice::address::parse(argc > 1 ? argv[1] : "127.0.0.1:0");
  if (!at) return 1;
  const int times = argc > 2 ? std::atoi(argv[2]) : 5;
  if (argc > 2) return loop.run(ping(*at, times, loop)) > 0 ? 0 : 1;
  auto socket = sluice::sync(sluice::network(sluice::system()).bind(*at));
  if (!socket) return 1;
  if (argc > 1) return loop.run(answer(*socket)), 0;
  const auto self = sluice::sync(socket->local_address());
  const auto ended = loop.run(sluice::when_any(answer(*socket), ping(*self, times, loop)));
  return std::get<1>(ended.results) == times ? 0 : 1;
}
