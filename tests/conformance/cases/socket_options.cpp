// What is set on a socket by name is there when it is asked for by name.
#include "conformance/network_helpers.hpp"

namespace sluice::conformance {
namespace {

SLUICE_CASE(options_by_name, listen, connect, accept, get_option, set_option) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  using enum socket_option;
  for (const socket_option o : {no_delay, keep_alive, cork}) {
    const auto set = co_await both->ours.set_option(o, 1);
    CHECK_GOOD(set);
    const auto now = co_await both->ours.option(o);
    REQUIRE_GOOD(now);
    CHECK_THAT(*now != 0);
  }
  const auto patience = co_await both->ours.set_option(user_timeout, 12'345);
  CHECK_GOOD(patience);
  const auto is = co_await both->ours.option(user_timeout);
  REQUIRE_GOOD(is);
  CHECK_SAME(*is, 12'345);
  const auto none = co_await both->ours.option(linger);
  REQUIRE_GOOD(none);
  CHECK_SAME(*none, -1);
  const auto reset = co_await both->ours.set_option(linger, 0);
  CHECK_GOOD(reset);
  const auto zero = co_await both->ours.option(linger);
  REQUIRE_GOOD(zero);
  CHECK_SAME(*zero, 0);
}

SLUICE_CASE(options_that_are_switches, listen, connect, accept, get_option, set_option) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  using enum socket_option;
  for (const socket_option o : {no_delay, keep_alive, cork}) {
    const auto before = co_await both->theirs.option(o);
    REQUIRE_GOOD(before);
    CHECK_SAME(*before, 0);
    for (const int wanted : {1, 0}) {
      const auto set = co_await both->ours.set_option(o, wanted);
      CHECK_GOOD(set);
      const auto now = co_await both->ours.option(o);
      REQUIRE_GOOD(now);
      CHECK_SAME(*now != 0, wanted != 0);
    }
    const auto other = co_await both->theirs.option(o);
    REQUIRE_GOOD(other);
    CHECK_SAME(*other, 0);  // of one socket, not of the connection
  }
}

SLUICE_CASE(options_that_are_numbers, listen, connect, accept, get_option, set_option) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  using enum socket_option;
  for (const socket_option o : {keep_alive_idle, keep_alive_interval, keep_alive_count, user_timeout}) {
    for (const int wanted : {77, 5}) {
      const auto set = co_await both->ours.set_option(o, wanted);
      CHECK_GOOD(set);
      const auto now = co_await both->ours.option(o);
      REQUIRE_GOOD(now);
      CHECK_SAME(*now, wanted);
    }
  }
  for (const socket_option o : {send_buffer, receive_buffer}) {
    for (const int wanted : {65'536, 16'384}) {
      const auto set = co_await both->ours.set_option(o, wanted);
      CHECK_GOOD(set);
      const auto now = co_await both->ours.option(o);
      REQUIRE_GOOD(now);
      CHECK_THAT(*now >= wanted && *now <= 4 * wanted);  // the system adds for its own
    }
  }
}

/// Before a socket is bound is when these count, so they are settings as well.
SLUICE_CASE(settings_show_as_options, bind, socket_address, get_option) {
  const network net(p.root.in());
  socket_settings how;
  how.reuse_port = how.broadcast = true;
  how.receive_buffer = 32'768;
  auto first = co_await net.bind(address::loopback(0), how);
  REQUIRE_GOOD(first);
  const auto at = co_await first->local_address();
  REQUIRE_GOOD(at);
  const auto second = co_await net.bind(*at, how);
  CHECK_GOOD(second);  // two at one port
  const auto third = co_await net.bind(*at);
  CHECK_FAILS(third, address_in_use);
  for (const socket_option o : {socket_option::reuse_port, socket_option::broadcast}) {
    const auto now = co_await first->option(o);
    REQUIRE_GOOD(now);
    CHECK_SAME(*now, 1);
  }
  const auto room = co_await first->option(socket_option::receive_buffer);
  REQUIRE_GOOD(room);
  CHECK_THAT(*room >= 32'768 && *room <= 4 * 32'768);
}

}  // namespace
}  // namespace sluice::conformance
