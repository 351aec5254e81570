// A filter that cuts transfers: it shows whether code, or a space, lives up to what is promised
// about transfers that come in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "sluice/fs/dir.hpp"
#include "sluice/space/forward.hpp"

namespace sluice::inline v0 {

struct fragment_options {
  unsigned pieces = 4;     // into which a transfer is cut, at most
  unsigned slab = 64;      // pieces under way at once, over all loops; at least 1
  std::uint64_t seed = 1;  // of the places where it cuts
};

namespace fragment {
class slab;
}

/// Cuts each read_at and write_at into unequal pieces and submits them to `inner` in reverse order.
/// The transfer's result is what came whole from its start: a piece that was short or failed ends
/// it, and what lies behind is not counted. All else is handed on as it is, and a write to a file
/// that was opened here with append is not cut, since its pieces would land out of order. Cuts keep
/// to multiples of what offset and size are multiples of, up to 4 KiB, so that direct I/O stays
/// aligned.
///
/// Pieces lie in a slab of fixed size behind a mutex, because the filter serves every loop. A transfer
/// that finds it empty waits in line; with a single free piece it goes on uncut. Cancelling a transfer
/// cancels its pieces.
class fragment_space final : public forwarding_space {
 public:
  /// Throws std::bad_alloc.
  explicit fragment_space(space& inner, const fragment_options& options = {});
  ~fragment_space();

  fragment::slab& pieces() noexcept { return *slab_; }

 private:
  std::unique_ptr<fragment::slab> slab_;
};

}  // namespace sluice::inline v0
