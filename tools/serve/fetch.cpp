#include "fetch.hpp"

#include <algorithm>

namespace sluice::serve {

task<void> fetch(exchange& x, const file_part& part, std::uint64_t size) {
  const auto there = co_await part.from.cached(part.offset, size);
  if (!there || *there) co_return;
  x.extend();  // it is not the client that is slow
  // What comes next, too: it is read while this is sent.
  const std::uint64_t ahead = std::min(2 * size, part.size);
  [[maybe_unused]] const auto asked = co_await part.from.advise(access_advice::will_need, part.offset, ahead);
  std::byte last[1];
  [[maybe_unused]] const auto read = co_await part.from.read_at(last, part.offset + size - 1);
}

}  // namespace sluice::serve
