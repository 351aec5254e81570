#include "sluice/net/connect_to.hpp"

#include <array>

#include "unit/support.hpp"

namespace {

using namespace unit;
using sluice::address;
using sluice::listener;
using sluice::network;
using sluice::result;
using sluice::stream;

struct place {
  sluice::loop loop;
  network net{sluice::system()};

  std::pair<listener, address> listening(int backlog = 16) {
    sluice::socket_settings how;
    how.backlog = backlog;
    auto l = sluice::sync(net.listen(address::loopback(0), how)).value();
    const address at = sluice::sync(l.local_address()).value();
    return {std::move(l), at};
  }
  /// Nobody is there any more.
  address refusing() { return listening().second; }

  result<stream> connect(std::span<const address> all) {
    sluice::connect_options how;
    how.head_start = 20'000'000;
    return loop.run(sluice::connect_to_any(net, all, how));
  }
};

TEST(ConnectTo, TakesTheFirstThatAnswers) {
  place p;
  auto [l, at] = p.listening();
  const address all[] = {p.refusing(), at};
  auto connected = p.connect(all);
  ASSERT_TRUE(connected) << sluice::describe(connected.error(), "connect", "");
  const auto peer = sluice::sync(connected->peer_address());
  ASSERT_TRUE(peer);
  EXPECT_EQ(*peer, at);
}

/// A listener whose queue is full answers nothing at all.
TEST(ConnectTo, DoesNotWaitForOneThatKeepsSilent) {
  place p;
  auto [silent, silent_at] = p.listening(0);
  std::vector<stream> queue;
  queue.push_back(sluice::sync(p.net.connect(silent_at)).value());
  auto [l, at] = p.listening();
  const address all[] = {silent_at, at};
  const auto begun = std::chrono::steady_clock::now();
  auto connected = p.connect(all);
  const auto took = std::chrono::steady_clock::now() - begun;
  ASSERT_TRUE(connected);
  const auto peer = sluice::sync(connected->peer_address());
  ASSERT_TRUE(peer);
  EXPECT_EQ(*peer, at);
  EXPECT_GE(took, std::chrono::milliseconds(20)) << "the first one has a head start";
}

/// Neither does the last one make it wait for ever, whatever those before it said.
TEST(ConnectTo, EndsWhenItsTimeIsOver) {
  place p;
  auto [silent, silent_at] = p.listening(0);
  std::vector<stream> queue;
  queue.push_back(sluice::sync(p.net.connect(silent_at)).value());
  const address all[] = {p.refusing(), silent_at, silent_at};
  sluice::connect_options how;
  how.head_start = how.within = 20'000'000;
  auto connected = p.loop.run(sluice::connect_to_any(p.net, all, how));
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error(), errc::timed_out);
}

TEST(ConnectTo, TellsTheFirstErrorWhenAllFail) {
  place p;
  const address all[] = {p.refusing(), address::local("/no/such/socket").value()};
  auto connected = p.connect(all);
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error(), errc::connection_refused);
  auto none = p.connect({});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(), errc::not_found);
}

TEST(ConnectTo, LooksTheNameUp) {
  place p;
  auto [l, at] = p.listening();
  const std::string port = std::to_string(at.port());
  auto connected = p.loop.run(sluice::connect_to(p.net, "127.0.0.1", port));
  EXPECT_TRUE(connected);
  auto nobody = p.loop.run(sluice::connect_to(p.net, "no such host.invalid", port));
  EXPECT_FALSE(nobody);
}

}  // namespace
