// Files that are spread over several others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sluice/core/task.hpp"
#include "sluice/space/backing.hpp"
#include "sluice/space/split.hpp"

namespace sluice::inline v0 {

/// A space of striped files: unit after unit of such a file goes to the next of its members, so
/// that a large transfer keeps all of them busy at once, as far as the slab allows.
///
/// A striped file has a size that grows with writes. What a member lacks below it reads as zeros.
/// `truncate` and `sync` concern all members; when one fails the others are asked all the same, and
/// the error is told. `stat` tells the size, the room that all members take, and otherwise what the
/// first member is. `close` ends what is in flight and closes the members that are owned. All else
/// is errc::not_supported. What others do to the members' sizes is not seen.
///
/// Serves every loop. It must outlive its files, and the members' spaces them. A handle must not be
/// used after its close: ids are not checked.
class stripe_space final : public space {
 public:
  /// Throws std::bad_alloc.
  explicit stripe_space(const split_options& options = {});
  ~stripe_space();

  /// A striped file with these members, always in this order, whose sizes tell its own. errc::invalid
  /// without members or with a unit of 0; else the error of looking at a member. Throws
  /// std::bad_alloc.
  [[nodiscard]] task<result<file>> make(std::vector<backing> members, std::uint32_t unit = 64 * 1024);

  splitter& parts() noexcept { return parts_; }

 private:
  splitter parts_;
};

}  // namespace sluice::inline v0
