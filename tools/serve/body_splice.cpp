#include "body_splice.hpp"

#include <fcntl.h>

#include <algorithm>

#include "fetch.hpp"
#include "sluice/system.hpp"

namespace sluice::serve {

namespace {

/// So much goes through the pipe at once: each time costs a turn of two operations.
constexpr std::size_t most_at_once = 256 * 1024;

/// A pipe has room for a quarter of that, unless asked for more, of which each user has so much.
void widen(const stream& pipe, std::uint64_t wanted) noexcept {
  constexpr std::uint64_t at_first = 64 * 1024;
  if (wanted > at_first) ::fcntl(system_space::descriptor(pipe), F_SETPIPE_SZ, most_at_once);
}

}  // namespace

error make_pipe(exchange& x) noexcept {
  auto made = system().make_pipe();
  if (!made) return made.error();
  x.pipe.emplace(std::move(*made));
  return error();
}

task<void> by_splicing(exchange& x, std::size_t front, file_part part) {
  if (front > 0) co_await x.send_front(front, 0, part.size > 0 ? next_write::at_once : next_write::unknown);
  widen(x.pipe->writer, part.size);
  while (!x.broken && part.size > 0) {
    // What fits, at most: the pipe is empty. None is the end of the file.
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(part.size, most_at_once));
    co_await fetch(x, part, most);
    const auto filled = co_await x.pipe->writer.splice_from(part.from, part.offset, most);
    std::size_t left = filled.value_or(0);
    x.broken = left == 0;
    while (left > 0 && !x.broken) {
      x.extend();
      const auto moved = co_await x.out.socket().splice_from(x.pipe->reader, left);
      x.broken = !moved || *moved == 0;
      if (x.broken) break;
      left -= *moved;
      part.offset += *moved;
      part.size -= *moved;
      x.body_sent += *moved;
    }
  }
}

}  // namespace sluice::serve
