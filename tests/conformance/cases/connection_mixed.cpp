// Several writers on one connection, by different verbs: what each sends leaves in one piece, and in the
// order in which they asked.
#include <algorithm>
#include <optional>
#include <vector>

#include "conformance/network_helpers.hpp"

namespace sluice::conformance {
namespace {

constexpr std::size_t piece_size = 150'000;
constexpr std::size_t pipe_size = 60'000;  // as much as a pipe surely holds

enum class verb { write, slices, file, zero_copy, splice };

/// One writer: all its bytes are of one value, its number.
struct piece {
  verb how;
  bytes data;
  std::optional<file> from;
  std::optional<pipe_ends> pipe;
  std::size_t sent = 0;
};

task<void> send_slices(const stream& to, piece& one) {
  std::vector<io_slice> slices;
  for (std::size_t at = 0; at < one.data.size(); at += 1'000)
    slices.push_back({one.data.data() + at, std::min<std::size_t>(1'000, one.data.size() - at)});
  const auto sent = co_await to.write_all(std::span<const io_slice>(slices));
  one.sent = sent.done;
}

task<void> send_lent(place& p, const stream& to, piece& one) {
  auto lent = to.send_zero_copy(one.data);
  const auto count = co_await lent.next();
  CHECK_GOOD(count);
  one.sent = count.value_or(0);
  co_await lent.end();
}

task<void> send_one(place& p, const stream& to, piece& one) {
  switch (one.how) {
    case verb::write: {
      const auto sent = co_await to.write_all(one.data);
      one.sent = sent.done;
      break;
    }
    case verb::slices: {
      auto sending = send_slices(to, one);
      co_await std::move(sending);
      break;
    }
    case verb::file: {
      const auto sent = co_await to.send_file(*one.from, 0, one.data.size());
      one.sent = sent.done;
      break;
    }
    case verb::zero_copy: {
      auto sending = send_lent(p, to, one);
      co_await std::move(sending);
      break;
    }
    case verb::splice: {
      const auto sent = co_await to.splice_from(one.pipe->reader, pipe_size);
      CHECK_GOOD(sent);
      one.sent = sent.value_or(0);
      break;
    }
  }
}

/// What it sends from is ready before anybody begins.
task<result<void>> prepare(place& p, piece& one, std::size_t number) {
  const bool spliced = one.how == verb::splice;
  one.data.assign(spliced ? pipe_size : piece_size, static_cast<std::byte>(number));
  if (one.how == verb::file) {
    const std::string name = "piece" + std::to_string(number);
    auto made = co_await make_file(p.root, name, one.data);
    if (!made) co_return std::unexpected(made.error());
    one.from.emplace(std::move(*made));
  }
  if (spliced) {
    auto made = p.make_pipe();
    if (!made) co_return std::unexpected(made.error());
    one.pipe.emplace(std::move(*made));
    const auto put = co_await one.pipe->writer.write_all(one.data);
    if (put.first_error) co_return std::unexpected(put.first_error);
  }
  co_return result<void>();
}

task<void> read_all(place& p, const stream& from, bytes& into) {
  const auto read = co_await from.read_to_end(into);
  CHECK_THAT(!read.first_error);
}

task<void> send_in_turn(place& p, const connection& c, std::span<const verb> verbs) {
  std::vector<piece> pieces(3 * verbs.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    pieces[i].how = verbs[i % verbs.size()];
    auto preparing = prepare(p, pieces[i], i);
    const auto ready = co_await std::move(preparing);
    REQUIRE_GOOD(ready);
  }
  bytes got;
  auto here = co_await this_task();
  scope readers(here);
  scope writers(here);
  for (piece& one : pieces) writers.spawn(send_one(p, c.ours, one));
  readers.spawn(read_all(p, c.theirs, got));
  co_await writers.join();
  const auto end = co_await c.ours.shutdown(shutdown_side::writing);
  CHECK_GOOD(end);
  co_await readers.join();
  std::size_t at = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const piece& one = pieces[i];
    CHECK_THAT(one.sent > 0);
    // A verb that may be short may; the others are whole.
    if (one.how != verb::splice && one.how != verb::zero_copy) CHECK_SAME(one.sent, one.data.size());
    const auto first = got.begin() + static_cast<std::ptrdiff_t>(std::min(at, got.size()));
    const auto other =
        std::find_if(first, got.end(), [&](std::byte b) { return b != static_cast<std::byte>(i); });
    CHECK_SAME(static_cast<std::size_t>(other - first), one.sent);
    at += one.sent;
  }
  CHECK_SAME(got.size(), at);
}

/// Every writer has to wait often. What the system calls the least to receive into would make it wait for
/// timers of TCP besides.
constexpr socket_settings narrow() {
  socket_settings s;
  s.send_buffer = 1;
  return s;
}

SLUICE_LOOP_CASE(writers_of_several_kinds_take_turns, open, write_at, listen, connect, accept, read,
                 write, writev, send_file, send_zc, shutdown) {
  constexpr verb verbs[] = {verb::write, verb::file, verb::zero_copy, verb::slices};
  auto both = co_await connected_pair(p, narrow());
  REQUIRE_GOOD(both);
  co_await send_in_turn(p, *both, verbs);
}

SLUICE_LOOP_CASE(writers_of_all_kinds_take_turns, open, write_at, listen, connect, accept, read,
                 write, writev, send_file, send_zc, splice_out, shutdown) {
  constexpr verb verbs[] = {verb::zero_copy, verb::splice, verb::file,
                            verb::slices,    verb::splice, verb::write};
  auto both = co_await connected_pair(p, narrow());
  REQUIRE_GOOD(both);
  co_await send_in_turn(p, *both, verbs);
}

SLUICE_LOOP_CASE(writers_of_all_kinds_take_turns_locally, open, write_at, listen, connect, accept, read,
                 write, writev, send_file, send_zc, splice_out, shutdown) {
  constexpr verb verbs[] = {verb::splice, verb::file, verb::write, verb::zero_copy, verb::slices};
  auto both = co_await local_pair(p);
  REQUIRE_GOOD(both);
  co_await send_in_turn(p, *both, verbs);
}

}  // namespace
}  // namespace sluice::conformance
