// Listeners that are asked for many connections at once.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <list>

#include "conformance/network_helpers.hpp"

namespace sluice::conformance {
namespace {

constexpr time_point_ns moment = 5'000'000;
constexpr time_point_ns long_time = 60'000'000'000;

task<void> connect_some(place& p, const address& at, std::size_t count, std::list<stream>& into) {
  const network net(p.root.in());
  for (std::size_t i = 0; i < count; ++i) {
    auto one = co_await net.connect(at);
    REQUIRE_GOOD(one);
    into.push_back(std::move(*one));
  }
}

/// Takes connections until there are so many.
task<void> take_some(place& p, incoming& clients, std::size_t count, std::list<stream>& into) {
  while (into.size() < count) {
    auto one = co_await clients.next();
    REQUIRE_GOOD(one);
    into.push_back(std::move(*one));
  }
}

/// Of what came when there was no room, some is taken by who asks for one at a time.
SLUICE_LOOP_CASE(a_burst_of_connections_loses_none, listen, connect, accept, accept_many,
                 socket_address) {
  auto door = co_await open_listener(p);
  REQUIRE_GOOD(door);
  constexpr std::size_t count = 100;
  constexpr std::size_t room = 16;  // of the stream: those that are left in it end with it
  std::list<stream> ours;
  std::list<stream> theirs;
  {
    auto clients = door->l.all();
    auto here = co_await this_task();
    scope taking(here);
    taking.spawn(take_some(p, clients, 1, theirs));
    co_await yield();
    co_await connect_some(p, door->at, count, ours);
    co_await taking.join();
    co_await take_some(p, clients, 20, theirs);
    co_await clients.end();
  }
  while (theirs.size() < count - room) {
    address from;
    auto one = co_await door->l.accept(&from).within(long_time);
    REQUIRE_GOOD(one);
    const auto peer = co_await one->peer_address();
    REQUIRE_GOOD(peer);
    CHECK_SAME(from.text(), peer->text());
    theirs.push_back(std::move(*one));
  }
  CHECK_SAME(theirs.size(), count - room);
}

SLUICE_LOOP_CASE(arriving_connections_have_deadlines, listen, connect, accept_many, socket_address) {
  auto door = co_await open_listener(p);
  REQUIRE_GOOD(door);
  auto clients = door->l.all();
  for (int i = 0; i < 3; ++i) {
    const auto none = co_await clients.next().within(moment);
    CHECK_FAILS(none, timed_out);
    std::list<stream> ours;
    co_await connect_some(p, door->at, 2, ours);
    for (int k = 0; k < 2; ++k) {
      const auto one = co_await clients.next().within(long_time);
      REQUIRE_GOOD(one);
    }
  }
  co_await clients.end();
}

/// Every one answers its own name.
SLUICE_LOOP_CASE(connections_that_nobody_had_room_for_come_later, listen, connect, accept_many,
                 socket_address, read, write) {
  auto door = co_await open_listener(p);
  REQUIRE_GOOD(door);
  constexpr std::size_t count = 100;
  std::list<stream> ours;
  std::list<stream> theirs;
  auto clients = door->l.all();
  auto here = co_await this_task();
  scope taking(here);
  taking.spawn(take_some(p, clients, 1, theirs));
  co_await yield();
  co_await connect_some(p, door->at, count, ours);
  co_await taking.join();
  std::size_t i = 0;
  for (const stream& s : ours) {
    const std::byte name[] = {static_cast<std::byte>(i++)};
    const auto told = co_await s.write_some(name);
    REQUIRE_GOOD(told);
  }
  co_await take_some(p, clients, count, theirs);
  co_await clients.end();
  std::vector<bool> seen(count);
  for (const stream& s : theirs) {
    std::byte name[1];
    const auto n = co_await s.read_some(name);
    REQUIRE_GOOD(n);
    REQUIRE_THAT(*n == 1 && static_cast<std::size_t>(name[0]) < count);
    seen[static_cast<std::size_t>(name[0])] = true;
  }
  CHECK_THAT(std::ranges::count(seen, true) == static_cast<std::ptrdiff_t>(count));
}

/// All that nobody took end with the listener, wherever they were waiting.
SLUICE_LOOP_CASE(connections_that_nobody_takes_end_with_their_listener, listen, connect, accept_many,
                 socket_address, read, close) {
  auto door = co_await open_listener(p);
  REQUIRE_GOOD(door);
  co_await one_byte_through_a_pipe(p);  // the loop has its own descriptors then
  const std::size_t before = open_descriptors();
  std::list<stream> ours;
  {
    std::list<stream> theirs;
    auto clients = door->l.all();
    auto here = co_await this_task();
    scope taking(here);
    taking.spawn(take_some(p, clients, 1, theirs));
    co_await yield();
    co_await connect_some(p, door->at, 80, ours);
    co_await taking.join();
    co_await clients.end();
  }
  const auto closed = co_await door->l.close();
  CHECK_GOOD(closed);
  for (const stream& s : ours) {
    bytes buffer(1);
    const auto n = co_await s.read_some(buffer).within(long_time);
    CHECK_THAT(n ? *n == 0 : n.error() == errc::connection_reset);
  }
  ours.clear();
  std::size_t open = open_descriptors();
  for (int i = 0; i < 200 && open > before; ++i) {
    const auto slept = co_await system().sleep(moment);
    static_cast<void>(slept);
    open = open_descriptors();
  }
  CHECK_THAT(open <= before);
}

/// Until it goes nothing more can be opened. The limit is on numbers, not on how many there are:
/// whoever started the tests may have left a high one open.
class descriptor_limit {
 public:
  descriptor_limit() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest_free = ::dup(0);
    const rlimit none{static_cast<rlim_t>(std::max(lowest_free, 0)), before_.rlim_max};
    ::close(lowest_free);
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~descriptor_limit() { lift(); }
  descriptor_limit(const descriptor_limit&) = delete;
  descriptor_limit& operator=(const descriptor_limit&) = delete;
  void lift() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

SLUICE_LOOP_CASE(out_of_descriptors_nobody_is_lost, listen, connect, accept, accept_many,
                 socket_address, open) {
  auto door = co_await open_listener(p);
  REQUIRE_GOOD(door);
  const auto warm = co_await p.root.open("f", create_new, 0600);
  CHECK_GOOD(warm);
  std::list<stream> ours;
  std::list<stream> theirs;
  co_await connect_some(p, door->at, 20, ours);
  auto clients = door->l.all();
  {
    descriptor_limit limit;
    const auto opened = co_await p.root.open("f", open_mode::read);
    const bool limited = !opened && opened.error() == errc::too_many_files;
    auto one = co_await door->l.accept();
    if (limited) {
      CHECK_FAILS(one, too_many_files);
      for (int i = 0; i < 3; ++i) {
        const auto none = co_await clients.next();
        CHECK_FAILS(none, too_many_files);
      }
    } else {
      REQUIRE_GOOD(one);
      theirs.push_back(std::move(*one));
    }
  }
  co_await take_some(p, clients, 20, theirs);
  co_await clients.end();
  CHECK_SAME(theirs.size(), 20u);
  const auto more = co_await door->l.accept().within(moment);
  CHECK_FAILS(more, timed_out);
}

}  // namespace
}  // namespace sluice::conformance
