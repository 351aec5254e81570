// Descriptors' numbers come back, and a loop is not told when somebody else closes one.
#include <sys/socket.h>

#include <system_error>
#include <thread>

#include "unit/support.hpp"

namespace {

using namespace unit;
using sluice::result;
using sluice::stream;

class NumbersAgain : public on_backend {};
ON_EVERY_BACKEND(NumbersAgain);

sluice::pipe_ends make_sockets() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
    throw std::system_error(errno, std::generic_category());
  return {sluice::system().adopt_descriptor<stream>(fds[0]),
          sluice::system().adopt_descriptor<stream>(fds[1])};
}

task<result<std::size_t>> read_soon(stream& from, std::span<std::byte> into) {
  auto n = co_await from.read_some(into).within(10'000 * ms);
  co_return n;
}

/// Reads what is written only when the reader waits.
void pass_on(loop& l, sluice::pipe_ends& ends) {
  std::byte buffer[4];
  begun<result<std::size_t>> reader(l, read_soon(ends.reader, buffer));
  settle(l);
  EXPECT_FALSE(reader.done);
  ASSERT_TRUE(sluice::sync(ends.writer.write_some(std::span(buffer).first(3))));
  const auto n = reader.finish(l);
  ASSERT_TRUE(n) << sluice::describe(n.error());
  EXPECT_EQ(*n, 3u);
}

/// A thread without a loop closes it at once, and the next of its kind gets the number.
template <class Make>
void pass_on_twice(loop& l, Make make) {
  for (int time = 0; time < 2; ++time) {
    static int before;
    auto ends = make();
    const int number = sluice::system_space::descriptor(ends.reader);
    if (time == 0) before = number;
    ASSERT_EQ(number, before);
    pass_on(l, ends);
    std::thread([mine = std::move(ends)]() mutable { const auto gone = std::move(mine); }).join();
  }
}

TEST_P(NumbersAgain, OfPipes) {
  loop l(options());
  pass_on_twice(l, make_pipe);
}

TEST_P(NumbersAgain, OfSockets) {
  loop l(options());
  pass_on_twice(l, make_sockets);
}

/// First the one, then the other.
TEST_P(NumbersAgain, OfAnotherKind) {
  loop l(options(sluice::way_choice::overlapped));
  for (int time = 0; time < 4; ++time) {
    auto ends = time % 2 == 0 ? make_pipe() : make_sockets();
    pass_on(l, ends);
    std::thread([mine = std::move(ends)]() mutable { const auto gone = std::move(mine); }).join();
  }
}

}  // namespace
