#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sluice/core/handle.hpp"
#include "sluice/fs/ops.hpp"
#include "sluice/fs/to_end_call.hpp"

namespace sluice::inline v0 {

/// Memory that a loop has registered with its ring (see registered_buffers); elsewhere it is plain
/// memory and means the same.
struct registered_span {
  std::span<std::byte> bytes;
  const driver* with = nullptr;
  std::uint16_t index = 0;
};

/// An open file. It has no hidden cursor: every transfer names its offset, so any number of them,
/// on any loops, may be in flight at once.
///
/// Each verb gives an operation to co_await, or to pass to sluice::sync. Its result carries the
/// system's error. All but `close` can be cancelled, by a stop request or a deadline, until they have
/// started; then they end with what happened. Buffers and paths belong to the caller and must stay
/// until the operation completes. Offsets and sizes are in bytes.
class file : public handle {
 public:
  using handle::handle;

  /// Ends the handle: asks what is in flight on it to stop, waits for that, closes, reports late
  /// errors. The handle is empty from the call on. Never cancelled.
  ///
  /// errc::would_deadlock if what is in flight is on a loop that waits for this very thread, as with
  /// sluice::sync in a task of that loop: nothing was closed, and the handle is what it was before.
  /// It must stay where it is until the close has completed.
  [[nodiscard]] call<ops::close> close() noexcept {
    space& s = *space_;
    return call<ops::close>(s, detach(), this);
  }

  /// Reads up to buffer.size() bytes at `offset`. May be short; 0 is the end of the file.
  [[nodiscard]] auto read_at(std::span<std::byte> buffer, std::uint64_t offset) const noexcept {
    return call<ops::read_at>(*space_, id_, buffer, offset);
  }
  [[nodiscard]] auto read_at(registered_span buffer, std::uint64_t offset) const noexcept {
    return call<ops::read_at>(*space_, id_, buffer.bytes, offset, buffer.with, buffer.index);
  }
  /// Writes up to buffer.size() bytes at `offset`. May be short. A file opened with append ignores
  /// the offset.
  [[nodiscard]] auto write_at(std::span<const std::byte> buffer,
                              std::uint64_t offset) const noexcept {
    return call<ops::write_at>(*space_, id_, buffer, offset);
  }
  [[nodiscard]] auto write_at(registered_span buffer, std::uint64_t offset) const noexcept {
    return call<ops::write_at>(*space_, id_, buffer.bytes, offset, buffer.with, buffer.index);
  }
  /// The same over several pieces of memory, in order.
  [[nodiscard]] auto read_at(std::span<const io_slice> slices,
                             std::uint64_t offset) const noexcept {
    return call<ops::readv_at>(*space_, id_, slices, offset);
  }
  [[nodiscard]] auto write_at(std::span<const io_slice> slices,
                              std::uint64_t offset) const noexcept {
    return call<ops::writev_at>(*space_, id_, slices, offset);
  }

  /// Transfers all of the buffer, in whatever parts and order suit the space. Gives a
  /// transfer_result: how far it came without a gap, and the first error or the end of the file if
  /// that was not all the way. Cancelled, it tells of what has been transferred.
  [[nodiscard]] auto read_exact_at(std::span<std::byte> buffer,
                                   std::uint64_t offset) const noexcept {
    return transfer_call<ops::read_segments>(*space_, id_, buffer, offset);
  }
  [[nodiscard]] auto write_all_at(std::span<const std::byte> buffer,
                                  std::uint64_t offset) const noexcept {
    return transfer_call<ops::write_segments>(*space_, id_, buffer, offset);
  }
  /// The same, and `told` is told of each part as it lands, in any order: give an each_segment, or
  /// begin it with a segment_stream's own verb. `tag` comes back with every part.
  [[nodiscard]] auto read_segments_at(std::span<std::byte> buffer, std::uint64_t offset,
                                      segment_sink& told, std::uint64_t tag = 0) const noexcept {
    return transfer_call<ops::read_segments>(*space_, id_, buffer, offset, told, tag);
  }
  [[nodiscard]] auto write_segments_at(std::span<const std::byte> buffer, std::uint64_t offset,
                                       segment_sink& told, std::uint64_t tag = 0) const noexcept {
    return transfer_call<ops::write_segments>(*space_, id_, buffer, offset, told, tag);
  }

  /// Reads from `offset` to the end of the file, whatever its size, behind what `into` holds. Gives
  /// a transfer_result whose `end` is set, or the first error and what came before it.
  [[nodiscard]] auto read_to_end(std::vector<std::byte>& into,
                                 std::uint64_t offset = 0) const noexcept {
    return to_end_call<ops::read_at>(into, *space_, id_, offset);
  }

  /// Makes completed writes durable, with all metadata or only what reading them back needs.
  [[nodiscard]] auto sync() const noexcept { return call<ops::sync>(*space_, id_, false); }
  [[nodiscard]] auto sync_data() const noexcept { return call<ops::sync>(*space_, id_, true); }
  /// Starts or awaits writeback of a range; says nothing about durability.
  [[nodiscard]] auto sync_range(std::uint64_t offset, std::uint64_t size,
                                range_sync what) const noexcept {
    return call<ops::sync_range>(*space_, id_, offset, size, what);
  }

  /// Makes the file shorter, or longer by a hole.
  [[nodiscard]] auto truncate(std::uint64_t size) const noexcept {
    return call<ops::truncate>(*space_, id_, size);
  }
  /// Takes, gives back or shifts the range's room on the device; see allocate_mode. What a file
  /// system can't do is errc::not_supported.
  [[nodiscard]] auto allocate(allocate_mode mode, std::uint64_t offset,
                              std::uint64_t size) const noexcept {
    return call<ops::allocate>(*space_, id_, mode, offset, size);
  }
  /// Tells how the range (size 0: to the end) will be used. A hint: results stay the same.
  [[nodiscard]] auto advise(access_advice advice, std::uint64_t offset = 0,
                            std::uint64_t size = 0) const noexcept {
    return call<ops::advise>(*space_, id_, offset, size, advice);
  }
  /// Whether the range can be read without waiting for a device, as far as its first and its last byte
  /// tell. Where they can't be, the system may begin to read them. errc::not_supported: this file system
  /// does not tell.
  [[nodiscard]] auto cached(std::uint64_t offset, std::uint64_t size) const noexcept {
    return call<ops::cached>(*space_, id_, offset, size);
  }

  /// Copies inside the system, up to `size` bytes to `target`; may be short, 0 is the end of this
  /// file. Both files must be of the same space (errc::cross_device).
  [[nodiscard]] auto copy_range(std::uint64_t offset, const file& target,
                                std::uint64_t target_offset, std::size_t size) const noexcept {
    return call<ops::copy_range>(common_space(*space_, target.in()), id_, offset, target.id_,
                                 target_offset, size);
  }
  /// Becomes a copy of `source` that shares its blocks, where the file system can do that.
  [[nodiscard]] auto clone(const file& source) const noexcept {
    return call<ops::clone>(common_space(*space_, source.in()), id_, source.id_);
  }
  /// The start of the next data or hole at or after `offset`. The end of the file counts as a hole;
  /// errc::not_found from there on, and where no more data comes.
  [[nodiscard]] auto seek_data(std::uint64_t offset) const noexcept {
    return call<ops::seek_extent>(*space_, id_, offset, extent_kind::data);
  }
  [[nodiscard]] auto seek_hole(std::uint64_t offset) const noexcept {
    return call<ops::seek_extent>(*space_, id_, offset, extent_kind::hole);
  }

  /// An advisory lock on a range (size 0: to the end) that belongs to this open file, not to the
  /// process. Without `wait`, errc::again when somebody else holds it. With it, a lock that is not
  /// free holds a thread of the loop's pool, and can't be cancelled once the thread waits.
  [[nodiscard]] auto lock(lock_kind how, bool wait, std::uint64_t offset = 0,
                          std::uint64_t size = 0) const noexcept {
    return call<ops::lock>(*space_, id_, how, offset, size, wait);
  }

  [[nodiscard]] auto stat(stat_mask wanted = stat_mask::basic,
                          lookup how = lookup::follow) const noexcept {
    return call<ops::stat>(*space_, id_, path_ref(), wanted, how);
  }
  [[nodiscard]] auto set_mode(std::uint16_t mode) const noexcept {
    return call<ops::set_mode>(*space_, id_, path_ref(), mode, lookup::follow);
  }
  /// keep_id leaves the owner or the group as it is.
  [[nodiscard]] auto set_owner(std::uint32_t owner, std::uint32_t group) const noexcept {
    return call<ops::set_owner>(*space_, id_, path_ref(), owner, group, lookup::follow);
  }
  [[nodiscard]] auto set_times(time_change accessed, time_change modified) const noexcept {
    return call<ops::set_times>(*space_, id_, path_ref(), accessed, modified, lookup::follow);
  }
  /// NUL-terminated names, one after another; an empty buffer asks for the size that is needed.
  [[nodiscard]] auto list_xattr(std::span<char> names) const noexcept {
    return call<ops::list_xattr>(*space_, id_, path_ref(), names, lookup::follow);
  }
  /// Completes with the value's size; errc::no_attribute. As above, an empty buffer asks for it. A
  /// buffer that is too small is errc::too_small.
  [[nodiscard]] auto get_xattr(path_ref name, std::span<std::byte> buffer) const noexcept {
    return call<ops::get_xattr>(*space_, id_, path_ref(), name, buffer, lookup::follow);
  }
  [[nodiscard]] auto set_xattr(path_ref name, std::span<const std::byte> value,
                               ops::xattr_mode mode = ops::xattr_mode::set) const noexcept {
    return call<ops::set_xattr>(*space_, id_, path_ref(), name, value, mode, lookup::follow);
  }
  [[nodiscard]] auto remove_xattr(path_ref name) const noexcept {
    return call<ops::remove_xattr>(*space_, id_, path_ref(), name, lookup::follow);
  }
  /// About the file system that the file is on.
  [[nodiscard]] auto stat_fs() const noexcept { return call<ops::stat_fs>(*space_, id_); }
};

}  // namespace sluice::inline v0
