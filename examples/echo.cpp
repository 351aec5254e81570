// An echo server and its client. `echo 127.0.0.1:7777` serves; with words behind it, it sends them to
// such a server; without arguments it talks to itself.
// Output: hello, whoever is there
#include <sluice/sluice.hpp>

#include <cstdio>
#include <vector>

sluice::task<void> echo(sluice::stream peer) {
  std::byte buffer[4096];
  for (;;) {
    auto n = co_await peer.read_some(buffer);
    if (!n || *n == 0) co_return;
    auto sent = co_await peer.write_all(std::span(buffer, *n));
    if (!sent) co_return;
  }
}

sluice::task<void> serve(const sluice::listener& door) {
  auto here = co_await sluice::this_task();
  sluice::scope clients(here);
  for (;;) {
    auto peer = co_await door.accept();
    if (!peer) break;  // we are asked to stop, and so are the clients
    clients.spawn(echo(std::move(*peer)));
  }
  co_await clients.join();
}

sluice::task<bool> ask(sluice::address server, std::string_view words) {
  auto peer = co_await sluice::network(sluice::system()).connect(server);
  if (!peer) co_return false;
  auto sent = co_await peer->write_all(std::as_bytes(std::span(words)));
  auto said = co_await peer->shutdown(sluice::shutdown_side::writing);  // that was all
  std::vector<std::byte> answer;
  auto got = co_await peer->read_to_end(answer);
  std::printf("%.*s\n", static_cast<int>(answer.size()), reinterpret_cast<const char*>(answer.data()));
  co_return sent && said && got && answer.size() == words.size();
}

int main(int argc, char** argv) {
  sluice::loop loop;
  const auto at = sluice::address::parse(argc > 1 ? argv[1] : "127.0.0.1:0");
  if (!at) return 1;
  if (argc > 2) return loop.run(ask(*at, argv[2])) ? 0 : 1;
  auto door = sluice::sync(sluice::network(sluice::system()).listen(*at));
  if (!door) return 1;
  if (argc > 1) return loop.run(serve(*door)), 0;
  const auto self = sluice::sync(door->local_address());
  const auto both = loop.run(sluice::when_any(serve(*door), ask(*self, "hello, whoever is there")));
  return std::get<1>(both.results) ? 0 : 1;
}
