// Many streams that receive into few buffers: who finds none waits, and does not ask again and again.
#include <vector>

#include "sluice/net/network.hpp"
#include "unit/support.hpp"

namespace {

using namespace unit;
using sluice::stream;

class FewBuffers : public on_backend {};
ON_EVERY_BACKEND(FewBuffers);

constexpr int connections = 64;
constexpr int messages = 20;  // on each

task<void> echo(stream& peer, sluice::buffer_pool& pool) {
  auto parts = peer.receive(pool);
  for (int i = 0; i < messages; ++i) {
    auto part = co_await parts.next();
    if (!part) break;
    auto sent = co_await peer.write_all(part->bytes());
    if (!sent) break;
  }
  co_await parts.end();
}

task<void> ask(stream& server, int& answered) {
  std::byte one[1] = {};
  for (int i = 0; i < messages; ++i) {
    const auto sent = co_await server.write_all(one);
    if (!sent) co_return;
    const auto got = co_await server.read_some(one);
    if (!got || *got != 1) co_return;
    ++answered;
  }
}

task<void> all(std::vector<stream>& servers, std::vector<stream>& clients, sluice::buffer_pool& pool,
               int& answered) {
  auto here = co_await sluice::this_task();
  sluice::scope running(here);
  for (int i = 0; i < connections; ++i) {
    const auto at = static_cast<std::size_t>(i);
    running.spawn(echo(servers[at], pool));
    running.spawn(ask(clients[at], answered));
  }
  co_await running.join();
}

TEST_P(FewBuffers, AreWaitedForInLine) {
  const sluice::network net{sluice::system()};
  auto listening = sluice::sync(net.listen(sluice::address::loopback(0))).value();
  const auto at = sluice::sync(listening.local_address()).value();
  std::vector<stream> clients, servers;
  for (int i = 0; i < connections; ++i) {
    clients.push_back(sluice::sync(net.connect(at)).value());
    servers.push_back(sluice::sync(listening.accept()).value());
  }
  loop l(options());
  sluice::buffer_pool pool(l, {.buffer_size = 64, .first = 4, .most = 4});
  int answered = 0;
  l.run(all(servers, clients, pool, answered));
  EXPECT_EQ(answered, connections * messages);
  EXPECT_GT(pool.count().starved, 0u);
  const auto asked = l.statistics().kinds[static_cast<std::size_t>(sluice::op_kind::receive_many)];
  EXPECT_LE(asked.ring + asked.calls + asked.pool, 4u * connections * messages);
}

}  // namespace
