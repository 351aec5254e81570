#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "sluice/core/handle.hpp"
#include "sluice/fs/file.hpp"
#include "sluice/fs/ops.hpp"
#include "sluice/fs/to_end_call.hpp"
#include "sluice/io/ops.hpp"
#include "sluice/net/ops.hpp"
#include "sluice/net/received.hpp"

namespace sluice::inline v0 {

/// A sequence of bytes without offsets: a connection, a pipe, a terminal, a standard stream. Its
/// transfers can be cancelled at any time, and those that have happened are then reported, not lost.
/// Several may be in flight: reads fill, and writes leave, in the order submitted on one loop. Buffers
/// and slices belong to the caller and must stay until the operation completes.
///
/// Writing where nobody reads any more is errc::broken_pipe: to a connection always, to a pipe in a
/// program that ignores or blocks SIGPIPE; in others that signal ends the process, as it does with
/// plain calls.
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

  /// All of the buffer, as a transfer_result: how far it came and why not further. What else is written
  /// to a connection or pipe meanwhile, on the same loop, leaves behind it, not in between.
  ///
  /// With next_write::at_once a connection's system may keep the end back, and send it in one packet with
  /// what follows; it waits for a fraction of a second, and not at all once no more will be written. Other
  /// streams take no notice. Before a file of many segments socket_option::cork, set and taken off, does
  /// more: it holds on while acknowledgements come in.
  [[nodiscard]] auto read_exact(std::span<std::byte> buffer) const noexcept {
    return exact_call<ops::read>(*space_, id_, buffer);
  }
  [[nodiscard]] auto write_all(std::span<const std::byte> buffer,
                               next_write next = next_write::unknown) const noexcept {
    return exact_call<ops::write>(*space_, id_, buffer, next);
  }
  [[nodiscard]] auto write_all(std::span<const io_slice> slices,
                               next_write next = next_write::unknown) const noexcept {
    return transfer_call<ops::writev>(*space_, id_, slices, true, next);
  }

  /// Everything until the end of the stream, behind what `into` holds. Cancelled or failed, it
  /// keeps what has come.
  [[nodiscard]] auto read_to_end(std::vector<std::byte>& into) const noexcept {
    return to_end_call<ops::read>(into, *space_, id_);
  }

  // Bytes can be moved without passing through this program where the kernel has a pipe on one side: between
  // a connection or a pipe and a pipe, and between a pipe and a file. Other pairs are errc::invalid;
  // send_file is for a file and a connection. The stream whose verb it is is waited for, and keeps the order
  // of its other transfers; a wait can be cancelled at any time.

  /// Moves up to `size` bytes that have come into a pipe, waiting for the first of them; 0 is the end of
  /// the stream. The pipe must have room: errc::again when it is full.
  [[nodiscard]] auto splice_into(const stream& pipe_writer, std::size_t size) const noexcept {
    return call<ops::splice_in>(*space_, id_, pipe_writer.id(), size);
  }
  /// Moves up to `size` bytes of a pipe out, waiting until some are taken. The pipe must have some, or
  /// have lost its writers, which is 0: errc::again when it is empty.
  [[nodiscard]] auto splice_from(const stream& pipe_reader, std::size_t size) const noexcept {
    return call<ops::splice_out>(*space_, id_, pipe_reader.id(), size);
  }
  /// From this pipe into a file at an offset, and from a file into this pipe, where 0 is the end of the
  /// file. What is not in memory of the file is read, and what has to be written is, on the loop's thread.
  [[nodiscard]] auto splice_into(const file& into, std::uint64_t offset, std::size_t size) const noexcept {
    return call<ops::splice_in>(*space_, id_, into.id(), size, offset);
  }
  [[nodiscard]] auto splice_from(const file& from, std::uint64_t offset, std::size_t size) const noexcept {
    return call<ops::splice_out>(*space_, id_, from.id(), size, offset);
  }

  // The rest is for connections; on others it is errc::not_supported or errc::invalid.

  /// What comes, in buffers of a pool of the loop that awaits, picked when there is something to put
  /// into them: `auto parts = s.receive(pool); co_await parts.next()`. See item_stream. The end of the
  /// stream is errc::end_of_file. Until it has ended, nothing else may read from this stream.
  [[nodiscard]] received receive(buffer_pool& pool) const noexcept {
    return received(*space_, id_, pool);
  }

  /// Sends without copying, where the system can; the buffer is lent to it until what was sent has been
  /// acknowledged. `next()` gives the count, at least one, and may be less than all; `end()` then
  /// completes when the buffer is free, and must be awaited.
  [[nodiscard]] lent_send send_zero_copy(std::span<const std::byte> buffer) const noexcept {
    return lent_send(*space_, id_, buffer);
  }

  /// Sends `size` bytes of a file, without passing through this program. As write_all it keeps its place
  /// and is told of as a transfer_result, whose `end` means that the file ended first. Can be cancelled at
  /// any time, but what is not in memory of the file is read on the loop's thread.
  [[nodiscard]] auto send_file(const handle& from, std::uint64_t offset,
                               std::size_t size) const noexcept {
    return transfer_call<ops::send_file>(*space_, id_, from.id(), offset, size);
  }

  /// Sends bytes, at least one, and with them handles of the same space to another process over a Unix
  /// connection, at most 16. They stay the caller's.
  [[nodiscard]] auto send_handles(std::span<const io_slice> bytes,
                                  std::span<const handle* const> handles) const noexcept {
    return call<ops::send_message>(*space_, id_, bytes, nullptr, handles);
  }
  /// Completes with the bytes that came, 0 at the end, and puts the handles that came with them into
  /// `into`; what kind they are is the caller's to know: `std::move(h).become<stream>()`.
  [[nodiscard]] auto receive_handles(std::span<const io_slice> bytes,
                                     std::span<handle> into) const noexcept {
    return call<ops::receive_message>(*space_, id_, bytes, nullptr, into);
  }

  /// Says that no more will be written (the peer reads to the end), or that nothing more is wanted.
  /// Happens at once. errc::not_connected.
  [[nodiscard]] auto shutdown(shutdown_side which) const noexcept {
    return call<ops::shutdown>(*space_, id_, which);
  }
  [[nodiscard]] auto local_address() const noexcept {
    return call<ops::socket_address>(*space_, id_, false);
  }
  [[nodiscard]] auto peer_address() const noexcept {
    return call<ops::socket_address>(*space_, id_, true);
  }
  [[nodiscard]] auto option(socket_option o) const noexcept {
    return call<ops::get_option>(*space_, id_, o);
  }
  [[nodiscard]] auto set_option(socket_option o, int to) const noexcept {
    return call<ops::set_option>(*space_, id_, o, to);
  }
};

/// The two ends of a pipe; what is written to one is read from the other.
struct pipe_ends {
  stream reader, writer;
  pipe_ends(stream r, stream w) noexcept : reader(std::move(r)), writer(std::move(w)) {}
};

}  // namespace sluice::inline v0
