// A write that another one follows at once shares its packet: a head and a file are one segment less.
#include <gtest/gtest.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include "sluice/sluice.hpp"

namespace {

using sluice::next_write;
using sluice::stream;
using sluice::task;

constexpr std::size_t head = 100, body = 400;  // together less than a segment

unsigned segments_of(const stream& s) {
  tcp_info told{};
  socklen_t size = sizeof told;
  const int fd = sluice::system().descriptor(s);
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &told, &size) != 0) return 0;
  return told.tcpi_data_segs_out;
}

struct both_ends {
  stream ours, theirs;
};

both_ends connected() {
  sluice::network net(sluice::system());
  auto listener = sluice::sync(net.listen(sluice::address::loopback(0))).value();
  const auto at = sluice::sync(listener.local_address()).value();
  auto ours = sluice::sync(net.connect(at, {.no_delay = true})).value();
  auto theirs = sluice::sync(listener.accept()).value();
  return {std::move(ours), std::move(theirs)};
}

using way_of_sending = task<bool> (*)(stream&, next_write);

constexpr std::array<std::byte, head + body> bytes{};

task<bool> twice(stream& to, next_write next) {
  auto first = co_await to.write_all(std::span(bytes).first(head), next);
  auto second = co_await to.write_all(std::span(bytes).last(body));
  co_return first.whole() && second.whole();
}

task<bool> in_slices(stream& to, next_write next) {
  auto* data = const_cast<std::byte*>(bytes.data());
  const sluice::io_slice slices[] = {{data, head / 2}, {data, head / 2}};
  auto first = co_await to.write_all(slices, next);
  auto second = co_await to.write_all(std::span(bytes).last(body));
  co_return first.whole() && second.whole();
}

task<bool> before_a_file(stream& to, next_write next) {
  auto from = co_await sluice::system().current_dir().open("/proc/self/exe", sluice::open_mode::read);
  if (!from) co_return false;
  auto first = co_await to.write_all(std::span(bytes).first(head), next);
  auto second = co_await to.send_file(*from, 0, body);
  co_return first.whole() && second.whole();
}

class HeldBack : public testing::TestWithParam<sluice::backend_choice> {
 protected:
  /// How many segments both parts took. The least of a few times: where the second one comes too late, the
  /// system does not wait for it.
  unsigned segments(way_of_sending how, next_write next, sluice::way_choice ways) {
    unsigned least = ~0u;
    for (int n = 0; n < 5; ++n) {
      both_ends both = connected();
      sluice::loop_options o;
      o.backend = GetParam();
      o.ways = ways;
      sluice::loop l(o);
      EXPECT_TRUE(l.run(how(both.ours, next)));
      const unsigned sent = segments_of(both.ours);
      std::byte got[head + body];
      const auto all = sluice::sync(both.theirs.read_exact(got));
      EXPECT_TRUE(all.whole());
      least = std::min(least, sent);
    }
    return least;
  }
};

std::string name_of(const testing::TestParamInfo<sluice::backend_choice>& info) {
  switch (info.param) {
    case sluice::backend_choice::uring: return "uring";
    case sluice::backend_choice::epoll: return "epoll";
    default: return "pool";
  }
}
INSTANTIATE_TEST_SUITE_P(All, HeldBack,
                         testing::Values(sluice::backend_choice::uring, sluice::backend_choice::epoll,
                                         sluice::backend_choice::pool),
                         name_of);

TEST_P(HeldBack, SharesAPacketWithWhatFollows) {
  if (GetParam() == sluice::backend_choice::uring) {
    sluice::loop probe;
    if (!probe.backend_report().starts_with("io_uring")) GTEST_SKIP() << "this machine refuses io_uring";
  }
  for (const auto ways : {sluice::way_choice::adaptive, sluice::way_choice::overlapped}) {
    for (const way_of_sending how : {twice, in_slices, before_a_file}) {
      EXPECT_EQ(segments(how, next_write::unknown, ways), 2u);
      EXPECT_EQ(segments(how, next_write::at_once, ways), 1u);
    }
  }
}

/// What nothing follows is not kept for long, and not at all once the stream has ended.
TEST_P(HeldBack, ComesToItsEnd) {
  if (GetParam() == sluice::backend_choice::uring) {
    sluice::loop probe;
    if (!probe.backend_report().starts_with("io_uring")) GTEST_SKIP() << "this machine refuses io_uring";
  }
  both_ends both = connected();
  sluice::loop_options o;
  o.backend = GetParam();
  sluice::loop l(o);
  std::byte got[head];
  const auto read = l.run([](both_ends& b, std::span<std::byte> into) -> task<sluice::transfer_result> {
    auto sent = co_await b.ours.write_all(std::span(bytes).first(head), next_write::at_once);
    if (!sent.whole()) co_return sent;
    auto ended = co_await b.ours.shutdown(sluice::shutdown_side::writing);
    if (!ended) co_return sluice::transfer_result();
    auto all = co_await b.theirs.read_exact(into);
    co_return all;
  }(both, got));
  EXPECT_EQ(read.done, head);
}

}  // namespace
