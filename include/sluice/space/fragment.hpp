// A filter that cuts transfers: it shows whether code, or a space, lives up to what is promised
// about transfers that come in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "sluice/fs/dir.hpp"
#include "sluice/space/forward.hpp"
#include "sluice/space/split.hpp"

namespace sluice::inline v0 {

struct fragment_options {
  unsigned pieces = 4;     // into which a transfer is cut, at most
  unsigned slab = 64;      // pieces under way at once, over all loops; at least 1
  std::uint64_t seed = 1;  // of the places where it cuts
};

namespace fragment {
class cuts;
}

/// Cuts each transfer into unequal pieces and submits them to `inner` in reverse order, so that a
/// transfer's segments land that way too. A read_at or write_at gives what came whole from its
/// start, and what lies behind a piece that failed is not counted. All else is handed on as it is,
/// and a write to a file that was opened here with append is not cut, since its pieces would land
/// out of order. Cuts keep to multiples of what offset and size are multiples of, up to 4 KiB, so
/// that direct I/O stays aligned.
///
/// Pieces lie in a slab of fixed size: see splitter. A transfer that finds it empty waits in line;
/// with a single free piece its pieces follow each other. Cancelling a transfer cancels its pieces.
class fragment_space final : public forwarding_space {
 public:
  /// Throws std::bad_alloc.
  explicit fragment_space(space& inner, const fragment_options& options = {});
  ~fragment_space();

  fragment::cuts& cuts() noexcept { return *cuts_; }
  splitter& parts() noexcept { return parts_; }

 private:
  std::unique_ptr<fragment::cuts> cuts_;
  splitter parts_;
};

}  // namespace sluice::inline v0
