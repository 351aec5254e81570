// Files that end where the last byte of their members lies, and grow when they are written to.
#pragma once

#include <algorithm>
#include <atomic>
#include <optional>

#include "sluice/core/task.hpp"
#include "space/virtual/members.hpp"

namespace sluice::inline v0::virtual_files {

struct growing : made_of {
  using made_of::made_of;
  std::atomic<std::uint64_t> size = 0;

  void reaches(std::uint64_t end) noexcept {
    std::uint64_t now = size.load(std::memory_order_relaxed);
    while (now < end && !size.compare_exchange_weak(now, end)) {
    }
  }
};

/// What can be said of a transfer when the file ends there, whatever its members are.
inline std::optional<split_part> said_by_size(const split_question& q, std::uint64_t end) noexcept {
  if (reads(q.asked.kind)) {
    // Where nothing is, a member is asked all the same, once: it may refuse to be read.
    if (q.offset >= end && q.parts > 0) return split_part::plain(split_part::kind::end);
  } else if (q.size > INT64_MAX - q.offset) {
    return split_part::refuse(errc::too_large);
  }
  return std::nullopt;
}

/// Part of a read: what of it lies before the end is there, if only as zeros. Asked for is all of
/// it: past the page cache, sizes have to be aligned.
inline void exists_until(std::uint64_t end, const split_question& q, split_part& part) noexcept {
  if (q.offset >= end) return;
  part.exists = static_cast<std::size_t>(std::min<std::uint64_t>(part.size, end - q.offset));
}

inline void wrote(growing& f, const split_question& q, std::size_t done) noexcept {
  if (moves_bytes(q.asked.kind) && !reads(q.asked.kind) && done > 0) f.reaches(q.offset + done);
}

inline void cut(growing& f, const operation& op) noexcept {
  if (op.kind == op_kind::truncate && !op.failure) {
    f.size.store(static_cast<const ops::truncate&>(op).size);
  }
}

/// Asks the members for their sizes, of which `size_by` tells that of the whole.
template <class File>
task<error> measure(File& f) {
  for (std::size_t i = 0; i < f.files.size(); ++i) {
    const backing& member = f.files[i];
    call<ops::stat> look(member.in(), member.id(), path_ref(), stat_mask::size, lookup::follow);
    const auto seen = co_await look;
    if (!seen) co_return seen.error();
    f.reaches(f.size_by(i, seen->size));
  }
  co_return error();
}

}  // namespace sluice::inline v0::virtual_files
