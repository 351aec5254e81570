#include "body_lent.hpp"

#include <algorithm>
#include <new>

namespace sluice::serve {

namespace {

/// A buffer, and its send until the network has let go of it.
struct lent_piece {
  buffer_lease room;
  std::optional<lent_send> sending;
};

/// So much memory an answer may take, in buffers. With two, one is read while the network has the other;
/// the third is for when it tells late.
constexpr std::size_t most_lent = 3;

/// That wait can't be cancelled: who ends this connection has to take the pages from the network.
task<void> get_back(lent_piece& p) {
  if (!p.sending) co_return;
  co_await p.sending->end();
  p.sending.reset();
}

/// Completes when the network has taken all of the bytes, in order, but not when it has let go of them.
task<void> lend(exchange& x, lent_piece& p, std::span<const char> bytes) {
  x.extend();
  const stream& to = x.out.socket();
  for (auto left = std::as_bytes(bytes); !left.empty();) {
    if (p.sending) co_await get_back(p);  // it took less than all
    p.sending.emplace(to.in(), to.id(), left);
    x.watch.lent = true;
    const auto sent = co_await p.sending->next();
    if (!sent || *sent == 0) {
      x.broken = true;
      co_return;
    }
    left = left.subspan(*sent);
  }
}

/// The first one has the answer's own room, with the head; the others get one when it is their turn.
bool has_room(exchange& x, std::span<lent_piece> pieces, std::size_t i) noexcept {
  try {
    if (!pieces[i].room) pieces[i].room = i == 0 ? std::move(x.room) : x.at.buffers.take();
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

task<void> lend_all(exchange& x, std::span<lent_piece> pieces, std::size_t front, file_part part) {
  for (std::size_t i = 0; !x.broken && (part.size > 0 || front > 0); i = (i + 1) % pieces.size()) {
    lent_piece& p = pieces[i];
    co_await get_back(p);
    x.broken = !has_room(x, pieces, i);
    if (x.broken) break;
    const std::span<char> room(p.room->out);
    const auto most = std::min<std::uint64_t>(part.size, room.size() - front);
    const auto behind = std::as_writable_bytes(room.subspan(front, most));
    const auto got = co_await part.from.read_exact_at(behind, part.offset);
    x.broken = got.done < most;
    if (x.broken) break;
    part.offset += most;
    part.size -= most;
    co_await lend(x, p, room.first(front + most));
    if (!x.broken) x.body_sent += most;
    front = 0;
  }
}

}  // namespace

task<void> by_lending(exchange& x, std::size_t front, file_part part) {
  lent_piece pieces[most_lent];
  try {
    co_await lend_all(x, pieces, front, part);
  } catch (const std::bad_alloc&) {
    x.broken = true;  // but what was lent has to come back, which takes no memory
  }
  for (lent_piece& p : pieces) {
    if (p.sending) co_await p.sending->end();
  }
  x.watch.lent = false;
  if (pieces[0].room) x.room = std::move(pieces[0].room);  // for what follows in this answer
}

}  // namespace sluice::serve
