// Connections, messages, and what they give bit by bit.
#include <sluice/sluice.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

constexpr sluice::time_point_ns millisecond = 1'000'000;

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "not as told: %s\n", what);
  std::exit(1);
}

sluice::task<void> answer(sluice::stream peer, sluice::buffer_pool& pool) {
  auto parts = peer.receive(pool);
  for (;;) {
    auto part = co_await parts.next();
    if (!part) break;  // errc::end_of_file: the peer has said all
    auto sent = co_await peer.write_all(part->bytes());
    if (!sent) break;
  }
  co_await parts.end();
}

sluice::task<void> serve(const sluice::listener& door, sluice::buffer_pool& pool) {
  auto here = co_await sluice::this_task();
  sluice::scope clients(here);
  auto arrivals = door.all();
  for (;;) {
    auto peer = co_await arrivals.next();
    if (peer) {
      clients.spawn(answer(std::move(*peer), pool));
    } else if (peer.error() == sluice::errc::too_many_files) {
      auto rested = co_await sluice::system().sleep(50 * millisecond);
      if (!rested) break;
    } else if (peer.error() != sluice::errc::connection_reset) {
      break;  // errc::canceled: we are to end
    }
  }
  co_await arrivals.end();
  co_await clients.join();
}

sluice::task<void> half_close(sluice::address server) {
  const std::string question = "and now?";
  auto peer = co_await sluice::network(sluice::system()).connect(server).within(1000 * millisecond);
  expect(peer.has_value(), "connected");
  auto sent = co_await peer->write_all(std::as_bytes(std::span(question)));
  expect(sent.whole(), "all of it left");
  auto said = co_await peer->shutdown(sluice::shutdown_side::writing);
  expect(said.has_value(), "no more will come");
  std::vector<std::byte> answer;
  auto got = co_await peer->read_to_end(answer);
  expect(got && answer.size() == question.size(), "the answer, up to its end");
}

sluice::task<void> in_time(sluice::address server) {
  auto peer = co_await sluice::network(sluice::system()).connect(server);
  expect(peer.has_value(), "connected");
  std::byte buffer[64];
  auto n = co_await peer->read_some(buffer).within(20 * millisecond);
  expect(!n && n.error() == sluice::errc::timed_out, "nothing came in time");
  // Nothing was taken, so nothing is lost: the connection goes on.
  auto sent = co_await peer->write_all(std::span(buffer, 5));
  expect(sent.whole(), "sent");
  auto later = co_await peer->read_exact(std::span(buffer, 5)).within(10'000 * millisecond);
  expect(later.whole(), "and back");
}

sluice::task<void> lend(sluice::address server) {
  auto peer = co_await sluice::network(sluice::system()).connect(server);
  expect(peer.has_value(), "connected");
  std::vector<std::byte> large(1 << 16);
  auto lent = peer->send_zero_copy(large);
  auto count = co_await lent.next();
  expect(count && *count > 0, "so much is on its way");
  co_await lent.end();  // and now the buffer is ours again
}

sluice::task<void> head_and_file(sluice::address server) {
  auto peer = co_await sluice::network(sluice::system()).connect(server);
  expect(peer.has_value(), "connected");
  auto from = co_await sluice::system().current_dir().open("/proc/self/exe", sluice::open_mode::read);
  expect(from.has_value(), "open");
  const std::string head = "1000 bytes:\n";
  auto said = co_await peer->write_all(std::as_bytes(std::span(head)), sluice::next_write::at_once);
  expect(said.whole(), "the system has it");
  auto sent = co_await peer->send_file(*from, 0, 1000);
  expect(sent.whole(), "and what it waits for");
}

sluice::task<void> nobody_there(sluice::address at) {
  auto peer = co_await sluice::network(sluice::system()).connect(at);
  expect(!peer && peer.error() == sluice::errc::connection_refused, "refused");
}

sluice::task<void> clients(sluice::address server, sluice::address gone) {
  auto all = sluice::when_all(half_close(server), in_time(server), lend(server), head_and_file(server),
                              nobody_there(gone));
  co_await std::move(all);
}

int main() {
  sluice::loop loop;
  const sluice::network net(sluice::system());
  auto door = sluice::sync(net.listen(sluice::address::loopback(0)));
  expect(door.has_value(), "a port that is free");
  const sluice::address at = sluice::sync(door->local_address()).value();
  auto closed = sluice::sync(net.listen(sluice::address::loopback(0)));
  const sluice::address gone = sluice::sync(closed->local_address()).value();
  expect(sluice::sync(closed->close()).has_value(), "nobody listens there");

  sluice::buffer_pool pool(loop);
  auto both = loop.run(sluice::when_any(serve(*door, pool), clients(at, gone)));
  expect(both.index == 1, "the clients were through first");
}
