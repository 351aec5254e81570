#include "sluice/net/connect_to.hpp"

#include <array>
#include <filesystem>

#include "sluice/space/fault.hpp"
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

/// It is still in the race: when those that were tried beside it have failed, it is what there is.
TEST(ConnectTo, ComesBackToASlowFirstWhenTheOthersFail) {
  place p;
  auto [l, at] = p.listening();
  const sluice::fault_rule rules[] = {
      {.about = sluice::op_kind::connect, .what = sluice::fault_kind::delay, .delay = 200 * ms, .at_most = 1},
      {.about = sluice::op_kind::connect, .failure = errc::unreachable}};
  sluice::fault_space slow(sluice::system(), {.rules = rules});
  p.net = network(slow);
  const address no = p.refusing();
  const address all[] = {at, no, no};
  const auto begun = std::chrono::steady_clock::now();
  auto connected = p.connect(all);
  const auto took = std::chrono::steady_clock::now() - begun;
  ASSERT_TRUE(connected) << sluice::describe(connected.error(), "connect", "");
  const auto peer = sluice::sync(connected->peer_address());
  ASSERT_TRUE(peer);
  EXPECT_EQ(*peer, at);
  EXPECT_EQ(slow.hits(1), 2u) << "each of the others was tried";
  EXPECT_GE(took, std::chrono::milliseconds(200));
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

/// As long as others refuse at once, nobody has to wait for a head start to be over.
TEST(ConnectTo, GoesOnAtOnceWhenRefused) {
  place p;
  auto [l, at] = p.listening();
  const address no = p.refusing();
  const address all[] = {no, no, no, no, no, at};
  sluice::connect_options how;
  how.head_start = 3600 * 1000 * ms;
  EXPECT_TRUE(p.loop.run(sluice::connect_to_any(p.net, all, how)));
}

/// Whatever the addresses have said by then: who asked it to stop is not told of a refusal.
TEST(ConnectTo, SaysSoWhenStopped) {
  place p;
  auto [silent, silent_at] = p.listening(0);
  std::vector<stream> queue;
  queue.push_back(sluice::sync(p.net.connect(silent_at)).value());
  const address all[] = {p.refusing(), silent_at};
  sluice::stop_source stop(p.loop);
  begun<result<stream>> racing(p.loop, sluice::connect_to_any(p.net, all), &stop);
  p.loop.run([](sluice::loop&) -> task<void> {
    [[maybe_unused]] const auto slept = co_await sluice::system().sleep(20 * ms);
  }(p.loop));
  ASSERT_FALSE(racing.done) << "the second one keeps silent";
  stop.request_stop();
  const auto connected = racing.finish(p.loop);
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error(), errc::canceled);
}

std::ptrdiff_t descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

/// Of each race the sockets of a refused attempt and of one that was given up.
TEST(ConnectTo, LeavesNoDescriptors) {
  place p;
  auto [silent, silent_at] = p.listening(0);
  std::vector<stream> queue;
  queue.push_back(sluice::sync(p.net.connect(silent_at)).value());
  auto [l, at] = p.listening(100);
  const address all[] = {silent_at, p.refusing(), at};
  sluice::connect_options how;
  how.head_start = 1 * ms;
  EXPECT_TRUE(p.loop.run(sluice::connect_to_any(p.net, all, how)));  // a loop may open something of its own
  const auto before = descriptors();
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(p.loop.run(sluice::connect_to_any(p.net, all, how)));
  // A loop closes what was dropped when it finds time.
  for (int i = 0; i < 2000 && descriptors() > before; ++i) p.loop.run([](loop&) -> task<void> {
    [[maybe_unused]] const auto slept = co_await sluice::system().sleep(1 * ms);
  }(p.loop));
  EXPECT_LE(descriptors(), before);
}

}  // namespace
