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

/// A sequence of bytes without offsets: a pipe, a terminal, a standard stream. Its transfers can be
/// cancelled at any time, and those that have happened are then reported, not lost. Several may be in
/// flight: reads fill, and writes leave, in the order submitted on one loop. Buffers and slices belong
/// to the caller and must stay until the operation completes.
///
/// Writing where nobody reads any more is errc::broken_pipe in a program that ignores or blocks
/// SIGPIPE; in others that signal ends the process, as it does with plain calls.
class stream : public handle {
 public:
  using handle::handle;

  /// As file::close.
  [[nodiscard]] call<ops::close> close() noexcept {
    space& s = *space_;
    return call<ops::close>(s, detach(), this);
  }

  /// Completes with the bytes there are, at least one; 0 is the end of the stream.
  [[nodiscard]] auto read_some(std::span<std::byte> buffer) const noexcept {
    return call<ops::read>(*space_, id_, buffer);
  }
  /// Completes with the bytes that were taken, at least one, as soon as there is room for any.
  [[nodiscard]] auto write_some(std::span<const std::byte> buffer) const noexcept {
    return call<ops::write>(*space_, id_, buffer);
  }
  /// The same over several pieces of memory, in order.
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
