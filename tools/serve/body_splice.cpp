#include "body_splice.hpp"

#include <fcntl.h>

#include <algorithm>

#include "sluice/system.hpp"

namespace sluice::serve {

namespace {

/// File to pipe: what fits, at most; does not wait for room. 0 is the end of the file.
std::int64_t fill(const stream& pipe, const file_part& part) noexcept {
  auto offset = static_cast<off64_t>(part.offset);
  const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(part.size, 256 * 1024));
  return ::splice(system_space::descriptor(part.from), &offset, system_space::descriptor(pipe), nullptr,
                  most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

}  // namespace

error make_pipe(exchange& x) noexcept {
  auto made = system().make_pipe();
  if (!made) return made.error();
  x.pipe.emplace(std::move(*made));
  return error();
}

task<void> by_splicing(exchange& x, std::size_t front, file_part part) {
  if (front > 0) co_await x.send_front(front, 0);
  while (!x.broken && part.size > 0) {
    const std::int64_t filled = fill(x.pipe->writer, part);
    x.broken = filled <= 0;
    for (std::int64_t left = filled; left > 0 && !x.broken;) {
      x.extend();
      const auto moved = co_await x.out.socket().splice_from(x.pipe->reader, static_cast<std::size_t>(left));
      x.broken = !moved || *moved == 0;
      if (x.broken) break;
      left -= static_cast<std::int64_t>(*moved);
      part.offset += *moved;
      part.size -= *moved;
      x.body_sent += *moved;
    }
  }
}

}  // namespace sluice::serve
