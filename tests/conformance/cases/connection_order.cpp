// What is promised about several transfers on one connection.
#include <algorithm>
#include <array>
#include <vector>

#include "conformance/network_helpers.hpp"

namespace sluice::conformance {
namespace {

/// So small as the system allows: it makes more of them.
constexpr socket_settings narrow() {
  socket_settings s;
  s.send_buffer = s.receive_buffer = 1;
  return s;
}

task<void> write_whole(place& p, const stream& to, const bytes& data) {
  const auto sent = co_await to.write_all(data);
  CHECK_SAME(sent.done, data.size());
}

/// In slices of growing sizes, and some of nothing.
task<void> write_slices(place& p, const stream& to, bytes& data) {
  std::vector<io_slice> slices;
  for (std::size_t at = 0, size = 0; at < data.size(); at += size, size = size * 2 + 1) {
    size = std::min(size, data.size() - at);
    slices.push_back({data.data() + at, size});
  }
  const auto sent = co_await to.write_all(std::span<const io_slice>(slices));
  CHECK_SAME(sent.done, data.size());
  CHECK_THAT(sent.whole() && !sent.first_error);
}

task<void> two_writes(place& p, connection& c, bool in_slices) {
  constexpr std::size_t each = 1 << 20;
  bytes first(each, std::byte{'a'});
  bytes second(each, std::byte{'b'});
  auto here = co_await this_task();
  scope writers(here);
  for (bytes* data : {&first, &second}) {
    writers.spawn(in_slices ? write_slices(p, c.ours, *data) : write_whole(p, c.ours, *data));
  }
  bytes got(2 * each);
  const auto read = co_await c.theirs.read_exact(got);
  CHECK_THAT(read.whole());
  co_await writers.join();
  const auto turn = std::ranges::find(got, std::byte{'b'});
  CHECK_SAME(static_cast<std::size_t>(turn - got.begin()), each);
  CHECK_THAT(std::all_of(turn, got.end(), [](std::byte b) { return b == std::byte{'b'}; }));
}

SLUICE_LOOP_CASE(two_large_writes_do_not_mix, listen, connect, accept, read, write) {
  auto both = co_await connected_pair(p, narrow());
  REQUIRE_GOOD(both);
  co_await two_writes(p, *both, false);
}

SLUICE_LOOP_CASE(two_writes_of_many_slices_do_not_mix, listen, connect, accept, read, writev) {
  auto both = co_await connected_pair(p, narrow());
  REQUIRE_GOOD(both);
  co_await two_writes(p, *both, true);
}

SLUICE_LOOP_CASE(two_large_writes_do_not_mix_locally, listen, connect, accept, read, write) {
  auto both = co_await local_pair(p);
  REQUIRE_GOOD(both);
  co_await two_writes(p, *both, false);
}

task<void> read_one(place& p, const stream& from, std::byte& into) {
  const auto n = co_await from.read_some(std::span(&into, 1));
  REQUIRE_GOOD(n);
  CHECK_SAME(*n, 1u);
}

SLUICE_LOOP_CASE(reads_on_a_connection_fill_in_order, listen, connect, accept, read, write) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  const bytes data = pattern(100);
  bytes got(data.size());
  auto here = co_await this_task();
  scope readers(here);
  for (std::byte& b : got) readers.spawn(read_one(p, both->theirs, b));
  co_await yield();
  const auto sent = co_await both->ours.write_all(data);
  CHECK_THAT(sent.whole());
  co_await readers.join();
  CHECK_THAT(got == data);
}

SLUICE_CASE(vectored_connections, listen, connect, accept, readv, writev) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  bytes a = pattern(10);
  bytes b = pattern(20, 2);
  const io_slice out[] = {{a.data(), a.size()}, {b.data(), b.size()}};
  const auto sent = co_await both->ours.write_some(std::span(out));
  REQUIRE_GOOD(sent);
  CHECK_SAME(*sent, 30u);
  bytes c(5);
  bytes d(100);
  const io_slice in[] = {{c.data(), c.size()}, {d.data(), d.size()}};
  const auto got = co_await both->theirs.read_some(std::span(in));
  REQUIRE_GOOD(got);
  CHECK_SAME(*got, 30u);
  CHECK_THAT(std::equal(c.begin(), c.end(), a.begin()));
  CHECK_THAT(std::equal(d.begin(), d.begin() + 5, a.begin() + 5));
  CHECK_THAT(std::equal(b.begin(), b.end(), d.begin() + 5));
}

SLUICE_CASE(a_local_connection_carries_bytes, listen, connect, accept, read, write) {
  auto both = co_await local_pair(p);
  REQUIRE_GOOD(both);
  const auto sent = co_await both->ours.write_all(as_bytes("in one machine"));
  CHECK_THAT(sent.whole());
  bytes got(14);
  const auto read = co_await both->theirs.read_exact(got);
  CHECK_THAT(read.whole() && as_text(got) == "in one machine");
  const auto half = co_await both->theirs.shutdown(shutdown_side::writing);
  CHECK_GOOD(half);
  const auto end = co_await both->ours.read_some(got);
  REQUIRE_GOOD(end);
  CHECK_SAME(*end, 0u);
}

SLUICE_CASE(zero_bytes_of_a_connection, listen, connect, accept, read, write) {
  auto both = co_await connected_pair(p);
  REQUIRE_GOOD(both);
  const auto nothing = co_await both->ours.write_some(std::span<const std::byte>());
  REQUIRE_GOOD(nothing);
  CHECK_SAME(*nothing, 0u);
  const auto none = co_await both->theirs.read_some(std::span<std::byte>());
  REQUIRE_GOOD(none);
  CHECK_SAME(*none, 0u);
}

}  // namespace
}  // namespace sluice::conformance
