// Connections over IPv6, where this machine has it.
#include <string>

#include "sluice/net/connect_to.hpp"
#include "unit/support.hpp"

namespace {

using namespace unit;
using sluice::address;
using sluice::listener;
using sluice::network;

class Ipv6 : public on_backend {
 protected:
  void SetUp() override {
    on_backend::SetUp();
    if (IsSkipped()) return;
    auto made = sluice::sync(net.listen(address::parse("[::1]:0").value()));
    if (!made) GTEST_SKIP() << "no IPv6 here: " << sluice::describe(made.error());
    door.emplace(std::move(*made));
    at = sluice::sync(door->local_address()).value();
  }

  network net{sluice::system()};
  std::optional<listener> door;
  address at;
};
ON_EVERY_BACKEND(Ipv6);

task<std::string> there_and_back(const listener& door, network net, std::string host, address at,
                                 address& from) {
  const std::string port = std::to_string(at.port());
  auto ours = co_await sluice::connect_to(net, host, port);
  if (!ours) co_return sluice::describe(ours.error());
  auto theirs = co_await door.accept(&from);
  if (!theirs) co_return sluice::describe(theirs.error());
  std::string text(100'000, '6');
  const auto sending = std::as_bytes(std::span(text));
  std::string got(1'000, '?');
  const auto sent = co_await ours->write_some(sending.first(1'000));
  if (!sent || *sent != 1'000) co_return "not sent";
  const auto read = co_await theirs->read_exact(std::as_writable_bytes(std::span(got)));
  if (!read.whole()) co_return "not whole";
  const auto peer = co_await ours->peer_address();
  if (!peer || !(*peer == at)) co_return "another peer";
  co_return got;
}

TEST_P(Ipv6, CarriesBytes) {
  EXPECT_EQ(at.text(), "[::1]:" + std::to_string(at.port()));
  ASSERT_NE(at.port(), 0);
  loop l(options());
  address from;
  EXPECT_EQ(l.run(there_and_back(*door, net, "::1", at, from)), std::string(1'000, '6'));
  EXPECT_EQ(from.text().substr(0, 6), "[::1]:");
}

TEST_P(Ipv6, IsNotServedByAListenerOfTheOtherFamily) {
  loop l(options());
  const auto other = l.run([](network n, std::uint16_t port) -> task<sluice::error> {
    const address there = address::loopback(port);
    const auto peer = co_await n.connect(there);
    co_return peer ? sluice::error() : peer.error();
  }(net, at.port()));
  EXPECT_EQ(other, errc::connection_refused);
}

}  // namespace
