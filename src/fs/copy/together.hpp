// A large file whose ranges are copied several at a time.
#pragma once

#include "fs/copy/context.hpp"

namespace sluice::inline v0::copying {

inline constexpr std::size_t ranges_at_a_time = 8;

struct large_file {
  context& c;
  const item& i;
  const file& from;
  const file& to;
  std::uint64_t size;
  std::uint64_t whole = size;  // what lies before has been copied, once all ranges have ended
};

/// So many bytes from `at` on are there; none: what comes from there on is left to others.
task<void> take_in(large_file& f, std::uint64_t at, std::uint64_t moved);

/// By reading past the page cache, if most of the source is not in it. False: nothing was copied.
task<bool> copy_past_cache(large_file& f);

}  // namespace sluice::inline v0::copying
