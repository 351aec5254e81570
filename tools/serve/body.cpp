#include "body.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "body_lent.hpp"
#include "body_splice.hpp"
#include "fetch.hpp"
#include "sluice/system.hpp"

namespace sluice::serve {

namespace {

/// So much is to be sent within the time for one piece, and is one operation at most.
constexpr std::size_t most_at_once = 256 * 1024;
/// Where a client is not cut off while it takes something: the larger, the fuller the packets.
constexpr std::size_t most_followed = 2048 * 1024;

/// What follows it, if anything does, shares its packet.
task<void> send_front(exchange& x, std::size_t front, const file_part& part) {
  if (front > 0) co_await x.send_front(front, 0, part.size > 0 ? next_write::at_once : next_write::unknown);
}

/// Reads into the room behind what is there, and sends both together.
task<void> by_reading(exchange& x, std::size_t front, file_part part) {
  while (!x.broken && (part.size > 0 || front > 0)) {
    const auto most = std::min<std::uint64_t>(part.size, x.out_room().size() - front);
    const auto room = std::as_writable_bytes(x.out_room().subspan(front, most));
    const auto got = co_await part.from.read_exact_at(room, part.offset);
    if (got.done < most) {
      x.broken = true;
      co_return;
    }
    part.offset += most;
    part.size -= most;
    co_await x.send_front(front + most, most);
    front = 0;
  }
}

/// Maps pieces of the file, and has the system copy from there. Were a byte touched here that the file
/// no longer has, SIGBUS would end the process; a system call that touches one fails with EFAULT. A
/// page that is cut reads as zeros behind the cut, without an error: so the last bytes are read, which
/// tells that the file still has them all.
task<void> by_mapping(exchange& x, std::size_t front, file_part part) {
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  co_await send_front(x, front, part);
  const std::uint64_t read = part.size == 0 ? 0 : (part.size - 1) % page + 1;
  for (std::uint64_t left = part.size - read; left > 0 && !x.broken;) {
    const std::uint64_t skip = part.offset % page;
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(left, most_at_once));
    co_await fetch(x, part, piece);
    void* at = ::mmap(nullptr, piece + skip, PROT_READ, MAP_SHARED,
                      system_space::descriptor(part.from), static_cast<off_t>(part.offset - skip));
    if (at == MAP_FAILED) break;  // a file system without: the rest is read
    const auto bytes = std::span(static_cast<const char*>(at) + skip, piece);
    co_await x.send_body(bytes);
    ::munmap(at, piece + skip);
    part.offset += piece;
    part.size -= piece;
    left -= piece;
  }
  if (!x.broken) co_await by_reading(x, 0, part);
}

/// Held back until all has been handed over: packets of less than a whole number of segments, which each
/// acknowledgement that comes in between would otherwise send off, a tenth of all. Unix sockets have none.
task<void> by_sendfile(exchange& x, std::size_t front, file_part part) {
  const auto held = co_await x.out.socket().set_option(socket_option::cork, 1);
  co_await send_front(x, front, part);
  const std::size_t most = part.size > most_at_once && x.follow_progress() ? most_followed : most_at_once;
  while (!x.broken && part.size > 0) {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(part.size, most));
    co_await fetch(x, part, piece);
    x.extend();
    const auto sent = co_await x.out.socket().send_file(part.from, part.offset, piece);
    part.offset += sent.done;
    part.size -= sent.done;
    x.body_sent += sent.done;
    if (!sent) x.broken = true;
  }
  if (!held || x.broken) co_return;
  [[maybe_unused]] const auto let_go = co_await x.out.socket().set_option(socket_option::cork, 0);
}

/// What fits behind the head is read: one call less than sending it, and one packet less. A large file is
/// sent from where it is, which nobody copies.
task<void> by_size(exchange& x, std::size_t front, file_part part) {
  if (part.size <= x.out_room().size() - front) {
    co_await by_reading(x, front, part);
  } else {
    co_await by_sendfile(x, front, part);
  }
}

}  // namespace

send_way way_of(copying how) noexcept {
  switch (how) {
    case copying::automatic: return {by_size};
    case copying::rw: return {by_reading};
    case copying::mmap: return {by_mapping};
    case copying::sendfile: return {by_sendfile};
    case copying::splice: return {by_splicing, make_pipe};
    case copying::zc: return {by_lending};
  }
  return {by_reading};
}

}  // namespace sluice::serve
