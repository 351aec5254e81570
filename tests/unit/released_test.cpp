// Handles that die without having been closed are closed by the loop, in the same turn: under load,
// too, or descriptors would run out.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>
#include <vector>

#include "unit/support.hpp"

namespace {

using namespace unit;
using sluice::stream;

class Released : public on_backend {};
ON_EVERY_BACKEND(Released);

constexpr std::size_t connections = 256;
constexpr int requests = 100;  // on each

/// Opens something for each request, and forgets it.
task<void> serve(stream peer, sluice::dir& root, int& highest) {
  std::byte one[1] = {};
  for (;;) {
    const auto got = co_await peer.read_some(one);
    if (!got || *got == 0) co_return;
    {
      auto opened = co_await root.open("dev/null", sluice::open_mode::read);
      if (opened) highest = std::max(highest, sluice::system_space::descriptor(*opened));
    }
    const auto sent = co_await peer.write_all(one);
    if (!sent) co_return;
  }
}

/// All clients at once, each one byte at a time. False: one was not answered.
bool ask(const std::array<int, connections>& ends) {
  bool good = true;
  char one = 0;
  for (int i = 0; i < requests; ++i) {
    for (int fd : ends)
      good &= ::send(fd, &one, 1, MSG_NOSIGNAL) == 1;
    for (int fd : ends)
      good &= ::recv(fd, &one, 1, 0) == 1;
  }
  for (int fd : ends)
    ::close(fd);
  return good;
}

task<void> serve_all(std::vector<stream>& peers, sluice::dir& root, int& highest) {
  auto here = co_await sluice::this_task();
  sluice::scope all(here);
  for (stream& p : peers)
    all.spawn(serve(std::move(p), root, highest));
  co_await all.join();
}

TEST_P(Released, AreClosedAsFastAsOthersAreOpened) {
  std::array<int, connections> ends{};
  std::vector<stream> peers;
  for (int& end : ends) {
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    end = pair[0];
    peers.push_back(sluice::system().adopt_descriptor<stream>(pair[1]));
  }
  auto root = sluice::sync(sluice::system().current_dir().open_dir("/")).value();
  auto small = options();
  small.ring_entries = 16;  // full of other things most of the time
  loop l(small);
  const int before = sluice::system_space::descriptor(root);
  int highest = 0;
  bool good = false;
  std::thread clients([&] { good = ask(ends); });
  l.run(serve_all(peers, root, highest));
  clients.join();
  EXPECT_TRUE(good);
  EXPECT_GT(highest, before);
  // A few for each connection, however many were opened: threads that close may be behind a little, and
  // more on a busy machine.
  EXPECT_LE(highest, before + 16 * static_cast<int>(connections));
}

}  // namespace
