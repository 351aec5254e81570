#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "sluice/core/handle.hpp"
#include "sluice/fs/to_end_call.hpp"
#include "sluice/fs/ops.hpp"
#include "sluice/io/ops.hpp"

namespace sluice::inline v0 {

/// A sequence of bytes without offsets: a pipe, a terminal, a standard stream. Reads that wait for
/// a peer can be cancelled at any time; bytes that have arrived are then reported, not lost.
class stream : public handle {
 public:
  using handle::handle;

  /// As file::close.
  [[nodiscard]] call<ops::close> close() noexcept {
    space& s = *space_;
    return call<ops::close>(s, detach());
  }

  /// Completes with the bytes there are, at least one; 0 is the end of the stream.
  [[nodiscard]] auto read_some(std::span<std::byte> buffer) const noexcept {
    return call<ops::read>(*space_, id_, buffer);
  }
  [[nodiscard]] auto write_some(std::span<const std::byte> buffer) const noexcept {
    return call<ops::write>(*space_, id_, buffer);
  }
  [[nodiscard]] auto read_some(std::span<const io_slice> slices) const noexcept {
    return call<ops::readv>(*space_, id_, slices);
  }
  [[nodiscard]] auto write_some(std::span<const io_slice> slices) const noexcept {
    return call<ops::writev>(*space_, id_, slices);
  }

  /// All of the buffer, as a transfer_result: how far it came and why not further.
  [[nodiscard]] auto read_exact(std::span<std::byte> buffer) const noexcept {
    return exact_call<ops::read>(*space_, id_, buffer);
  }
  [[nodiscard]] auto write_all(std::span<const std::byte> buffer) const noexcept {
    return exact_call<ops::write>(*space_, id_, buffer);
  }

  /// Everything until the end of the stream, behind what `into` holds. Cancelled or failed, it
  /// keeps what has come.
  [[nodiscard]] auto read_to_end(std::vector<std::byte>& into) const noexcept {
    return to_end_call<ops::read>(into, *space_, id_);
  }
};

/// The two ends of a pipe; what is written to one is read from the other.
struct pipe_ends {
  stream reader, writer;
  pipe_ends(stream r, stream w) noexcept : reader(std::move(r)), writer(std::move(w)) {}
};

}  // namespace sluice::inline v0
