// A proxy: `proxy LISTEN TARGET`. The bytes go from socket to pipe to socket inside the kernel, and never
// through this program. Without arguments it stands before a server of its own.
// Output: 1000000 bytes went through and came back
#include <sluice/sluice.hpp>

#include <cstdio>
#include <vector>

using sluice::address;
using sluice::listener;
using sluice::stream;
using sluice::task;

/// One direction. The end of what comes is passed on, and the other direction goes on by itself.
task<void> forward(const stream& from, const stream& to) {
  auto pipe = sluice::system().make_pipe();
  bool good = pipe.has_value();
  while (good) {
    auto in = co_await from.splice_into(pipe->writer, 64 * 1024);
    if (in && *in == 0) break;
    good = in.has_value();
    for (std::size_t left = in.value_or(0); good && left > 0;) {
      auto out = co_await to.splice_from(pipe->reader, left);
      good = out.has_value();
      left -= out.value_or(0);
    }
  }
  // After an error neither direction can go on.
  auto told = co_await to.shutdown(good ? sluice::shutdown_side::writing : sluice::shutdown_side::both);
  if (!told || !good) (void)co_await from.shutdown(sluice::shutdown_side::both);
}

task<void> stand_between(stream client, address target) {
  auto server = co_await sluice::network(sluice::system()).connect(target);
  if (!server) co_return;
  auto both = sluice::when_all(forward(client, *server), forward(*server, client));
  co_await std::move(both);
}

task<void> proxy(const listener& door, address target) {
  auto here = co_await sluice::this_task();
  sluice::scope clients(here);
  for (;;) {
    auto client = co_await door.accept();
    if (!client) break;
    clients.spawn(stand_between(std::move(*client), target));
  }
  co_await clients.join();
}

/// A server for the demonstration: sends everything back when it has all of it.
task<void> answer_once(const listener& door) {
  auto peer = co_await door.accept();
  if (!peer) co_return;
  std::vector<std::byte> all;
  auto got = co_await peer->read_to_end(all);
  if (got) (void)co_await peer->write_all(all);
}

task<bool> try_it(address at, std::size_t size) {
  auto peer = co_await sluice::network(sluice::system()).connect(at);
  if (!peer) co_return false;
  const std::vector<std::byte> sent(size, std::byte{'x'});
  std::vector<std::byte> back;
  auto whole = co_await peer->write_all(sent);
  auto said = co_await peer->shutdown(sluice::shutdown_side::writing);
  auto got = co_await peer->read_to_end(back);
  std::printf("%zu bytes went through and came back\n", back.size());
  co_return whole && said && got && back == sent;
}

task<bool> demonstrate(const listener& front, address front_at, const listener& behind, address target) {
  auto all = sluice::when_all(answer_once(behind), try_it(front_at, 1'000'000));
  auto race = sluice::when_any(proxy(front, target), std::move(all));
  auto ended = co_await std::move(race);
  co_return std::get<1>(std::get<1>(ended.results));
}

int main(int argc, char** argv) {
  sluice::loop loop;
  const sluice::network net(sluice::system());
  const auto at = address::parse(argc == 3 ? argv[1] : "127.0.0.1:0");
  const auto target = address::parse(argc == 3 ? argv[2] : "127.0.0.1:0");
  if (!at || !target) return 1;
  auto front = sluice::sync(net.listen(*at));
  if (!front) return 1;
  if (argc == 3) return loop.run(proxy(*front, *target)), 0;
  auto behind = sluice::sync(net.listen(*target));
  if (!behind) return 1;
  const auto front_at = sluice::sync(front->local_address());
  const auto behind_at = sluice::sync(behind->local_address());
  return loop.run(demonstrate(*front, *front_at, *behind, *behind_at)) ? 0 : 1;
}
