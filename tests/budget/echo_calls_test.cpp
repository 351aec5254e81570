// What a message costs where there is no io_uring: one wait, one receive, one send; nothing is said to
// epoll but once for a connection. This program's own functions stand before the C library's, and count.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "sluice/sluice.hpp"

namespace {

struct calls {
  std::uint64_t waits = 0, registrations = 0, receives = 0, sends = 0, others = 0;
};
calls made;

}  // namespace

extern "C" {
int epoll_wait(int on, epoll_event* into, int size, int milliseconds) {
  ++made.waits;
  return static_cast<int>(
      ::syscall(SYS_epoll_pwait, on, into, size, milliseconds, nullptr, sizeof(sigset_t)));
}
int epoll_ctl(int on, int what, int fd, epoll_event* wanted) noexcept {
  ++made.registrations;
  return static_cast<int>(::syscall(SYS_epoll_ctl, on, what, fd, wanted));
}
ssize_t recv(int fd, void* into, std::size_t size, int flags) {
  ++made.receives;
  return ::syscall(SYS_recvfrom, fd, into, size, flags, nullptr, nullptr);
}
ssize_t send(int fd, const void* from, std::size_t size, int flags) {
  ++made.sends;
  return ::syscall(SYS_sendto, fd, from, size, flags, nullptr, 0);
}
int poll(struct pollfd* on, unsigned long count, int milliseconds) {
  ++made.others;
  return static_cast<int>(::syscall(SYS_poll, on, count, milliseconds));
}
}

namespace {

using sluice::stream;
using sluice::task;

constexpr std::uint64_t warm_up = 100;
constexpr std::uint64_t messages = 1000;
constexpr std::size_t size = 64;

/// Says in `from` what had been called when all was warm.
task<bool> echo(sluice::loop&, stream& s, calls& from) {
  static std::byte buffer[4 * size];
  for (std::uint64_t n = 0; n < warm_up + messages; ++n) {
    if (n == warm_up) from = made;
    auto got = co_await s.read_some(buffer);
    if (!got || *got != size) co_return false;
    auto sent = co_await s.write_all(std::span(buffer).first(size));
    if (!sent.whole()) co_return false;
  }
  co_return true;
}

/// The same, into buffers of a pool.
task<bool> echo_pooled(sluice::loop& l, stream& s, calls& from) {
  sluice::buffer_pool pool(l, {.buffer_size = 4 * size, .first = 4, .most = 4});
  auto parts = s.receive(pool);
  for (std::uint64_t n = 0; n < warm_up + messages; ++n) {
    if (n == warm_up) from = made;
    auto got = co_await parts.next();
    if (!got || got->size() != size) co_return false;
    auto sent = co_await s.write_all(got->bytes());
    if (!sent.whole()) co_return false;
  }
  co_await parts.end();
  co_return true;
}

/// Calls that this program does not count: they are the peer's.
bool ask(int fd) {
  std::byte buffer[size] = {};
  for (std::uint64_t n = 0; n < warm_up + messages; ++n) {
    if (::write(fd, buffer, size) != static_cast<ssize_t>(size)) return false;
    if (::read(fd, buffer, size) != static_cast<ssize_t>(size)) return false;
  }
  return true;
}

class EchoCalls : public testing::Test {
 protected:
  calls count(task<bool> (*how)(sluice::loop&, stream&, calls&)) {
    sluice::network net(sluice::system());
    auto listener = sluice::sync(net.listen(sluice::address::loopback(0))).value();
    const auto at = sluice::sync(listener.local_address()).value();
    auto peer = sluice::sync(net.connect(at, {.no_delay = true})).value();
    auto ours = sluice::sync(listener.accept()).value();
    EXPECT_TRUE(sluice::sync(ours.set_option(sluice::socket_option::no_delay, 1)));
    sluice::loop_options o;
    o.backend = sluice::backend_choice::epoll;
    sluice::loop l(o);
    bool asked = false;
    std::thread client([&] { asked = ask(sluice::system().descriptor(peer)); });
    calls before;
    const bool echoed = l.run(how(l, ours, before));
    const calls after = made;
    client.join();
    EXPECT_TRUE(echoed);
    EXPECT_TRUE(asked);
    return {after.waits - before.waits, after.registrations - before.registrations,
            after.receives - before.receives, after.sends - before.sends,
            after.others - before.others};
  }
  static void expect_few(const calls& c) {
    EXPECT_EQ(c.sends, messages);
    EXPECT_GE(c.receives, messages);
    EXPECT_LE(c.receives, messages + 10);
    EXPECT_GT(c.waits, 0u);
    EXPECT_LE(c.waits, messages + 10);
    EXPECT_EQ(c.registrations, 0u);
    EXPECT_EQ(c.others, 0u);
  }
};

TEST_F(EchoCalls, AreThreePerMessage) { expect_few(count(echo)); }
TEST_F(EchoCalls, AreThreePerMessageInPooledBuffers) { expect_few(count(echo_pooled)); }

}  // namespace
