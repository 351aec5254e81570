// Messages: whole or not at all, in order, with deadlines; over UDP and between Unix sockets.
#include <unistd.h>

#include <atomic>
#include <string>

#include "conformance/network_helpers.hpp"

namespace sluice::conformance {
namespace {

struct post {
  datagram ours, theirs;
  address at;  // theirs
  post(datagram a, datagram b, address where) noexcept
      : ours(std::move(a)), theirs(std::move(b)), at(where) {}
};

task<result<post>> open_post(place& p, address ours, address theirs) {
  const network net(p.root.in());
  auto a = co_await net.bind(ours);
  if (!a) co_return std::unexpected(a.error());
  auto b = co_await net.bind(theirs);
  if (!b) co_return std::unexpected(b.error());
  const auto at = co_await b->local_address();
  if (!at) co_return std::unexpected(at.error());
  co_return post(std::move(*a), std::move(*b), *at);
}

task<result<post>> udp(place& p) { return open_post(p, address::loopback(0), address::loopback(0)); }

address fresh_name() {
  static std::atomic<unsigned> made = 0;
  const std::string number = std::to_string(::getpid()) + "-" + std::to_string(made.fetch_add(1));
  return address::local("@sluice-post-" + number).value();
}

task<void> send(place& p, const post& by, bytes message) {
  const io_slice whole[] = {{message.data(), message.size()}};
  const auto sent = co_await by.ours.send_to(whole, by.at);
  REQUIRE_GOOD(sent);
  CHECK_SAME(*sent, message.size());
}

task<bytes> receive(place& p, const post& by) {
  bytes into(1000);
  const io_slice room[] = {{into.data(), into.size()}};
  address from;
  const auto got = co_await by.theirs.receive_from(room, from);
  CHECK_GOOD(got);
  into.resize(got ? got->size : 0);
  co_return into;
}

/// An empty one is one, too.
task<void> messages_in_order(place& p, const post& by) {
  for (const std::size_t size : {3u, 0u, 200u, 1u}) {
    auto sending = send(p, by, pattern(size));
    co_await std::move(sending);
  }
  for (const std::size_t size : {3u, 0u, 200u, 1u}) {
    auto receiving = receive(p, by);
    const bytes got = co_await std::move(receiving);
    CHECK_THAT(got == pattern(size));
  }
}

SLUICE_CASE(messages_keep_their_order, bind, socket_address, send_message, receive_message) {
  auto by = co_await udp(p);
  REQUIRE_GOOD(by);
  co_await messages_in_order(p, *by);
}

SLUICE_CASE(messages_between_local_sockets, bind, socket_address, send_message, receive_message) {
  auto by = co_await open_post(p, fresh_name(), fresh_name());
  REQUIRE_GOOD(by);
  co_await messages_in_order(p, *by);
  bytes into(10);
  const io_slice room[] = {{into.data(), into.size()}};
  address from;
  auto sending = send(p, *by, pattern(5));
  co_await std::move(sending);
  const auto got = co_await by->theirs.receive_from(room, from);
  REQUIRE_GOOD(got);
  const auto sender = co_await by->ours.local_address();
  REQUIRE_GOOD(sender);
  CHECK_SAME(from.text(), sender->text());
}

SLUICE_CASE(a_message_that_is_too_large_is_not_sent, bind, socket_address, send_message, receive_message) {
  auto by = co_await udp(p);
  REQUIRE_GOOD(by);
  bytes large(70'000);
  const io_slice whole[] = {{large.data(), large.size()}};
  const auto sent = co_await by->ours.send_to(whole, by->at);
  CHECK_FAILS(sent, too_large);
  auto sending = send(p, *by, pattern(7));
  co_await std::move(sending);
  auto receiving = receive(p, *by);
  const bytes got = co_await std::move(receiving);
  CHECK_THAT(got == pattern(7));
}

/// A deadline, or a request to stop, took no message; the next receive has it.
SLUICE_LOOP_CASE(a_late_receive_takes_no_message, bind, socket_address, send_message, receive_message) {
  auto by = co_await udp(p);
  REQUIRE_GOOD(by);
  bytes into(1000);
  const io_slice room[] = {{into.data(), into.size()}};
  address from;
  for (unsigned i = 0; i < 3; ++i) {
    const auto none = co_await by->theirs.receive_from(room, from).within(1'000'000);
    CHECK_FAILS(none, timed_out);
    auto here = co_await this_task();
    stop_source stop(*here.home);
    stop.request_stop();
    const auto stopped = co_await by->theirs.receive_from(room, from).stop_with(stop);
    CHECK_FAILS(stopped, canceled);
    auto sending = send(p, *by, pattern(10 + i));
    co_await std::move(sending);
    auto receiving = receive(p, *by);
    const bytes got = co_await std::move(receiving);
    CHECK_THAT(got == pattern(10 + i));
  }
}

}  // namespace
}  // namespace sluice::conformance
