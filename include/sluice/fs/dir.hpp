#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "sluice/fs/entry.hpp"
#include "sluice/fs/file.hpp"

namespace sluice::inline v0 {

class dir_cursor;

/// An open directory. Every path is relative to one and lies in the same space; an absolute path
/// means what it says unless the mode confines it (`open_beneath`). Operations on the same
/// directory may be in flight together, on any loops. All but `close` can be cancelled until they
/// have started; an open that is cancelled too late closes what it opened. Paths and buffers belong
/// to the caller and must stay until the operation completes.
///
/// Looking up a path can end with errc::not_found, not_directory, permission_denied, name_too_long
/// or too_many_links; the verbs tell what else to expect.
class dir : public handle {
 public:
  using handle::handle;
  dir() noexcept = default;
  dir(dir&& other) noexcept : handle(std::move(other)) {
    SLUICE_ASSERT(!other.lent_.load(), "a directory was moved while a cursor reads it");
    used_ = other.used_;
  }
  dir& operator=(dir&& other) noexcept {
    handle::operator=(std::move(other));
    std::swap(used_, other.used_);
    return *this;
  }

  /// As file::close.
  [[nodiscard]] call<ops::close> close() noexcept {
    space& s = *space_;
    return call<ops::close>(s, detach(), this);
  }

  /// Completes with a file. `permissions`, less the process's umask, are for what is created.
  /// errc::exists (exclusive), is_directory (to be written), too_many_files; a FIFO to be written that
  /// nobody reads is not_found, unless asked to wait for the peer.
  [[nodiscard]] auto open(path_ref path, open_mode mode,
                          std::uint16_t permissions = 0666) const noexcept {
    return call<ops::open, file>(*space_, id_, path, mode, permissions);
  }
  [[nodiscard]] auto open_dir(path_ref path, open_mode mode = open_mode::read) const noexcept {
    return call<ops::open, dir>(*space_, id_, path, mode | open_mode::directory, std::uint16_t{0});
  }
  /// For paths from strangers: the result lies in this directory or below it, or it is an error,
  /// errc::cross_device.
  [[nodiscard]] auto open_beneath(path_ref path, open_mode mode,
                                  std::uint16_t permissions = 0666) const noexcept {
    return open(path, mode | open_mode::beneath | open_mode::no_magic_links, permissions);
  }

  /// Reads the entries from the first one. The cursor uses this handle's position, so there is one
  /// at a time: a second one's `next` tells errc::busy. Open the directory again for another.
  [[nodiscard]] dir_cursor entries() noexcept;

  /// About a name in the directory; an empty path is the directory itself, here and in the verbs
  /// that follow. `have` in the result tells which of the wanted fields there are.
  [[nodiscard]] auto stat(path_ref path = {}, stat_mask wanted = stat_mask::basic,
                          lookup how = lookup::no_follow) const noexcept {
    return call<ops::stat>(*space_, id_, path, wanted, how);
  }
  /// A symbolic link itself has no mode that could be set: errc::not_supported.
  [[nodiscard]] auto set_mode(path_ref path, std::uint16_t mode,
                              lookup how = lookup::follow) const noexcept {
    return call<ops::set_mode>(*space_, id_, path, mode, how);
  }
  /// keep_id leaves the owner or the group as it is.
  [[nodiscard]] auto set_owner(path_ref path, std::uint32_t owner, std::uint32_t group,
                               lookup how = lookup::no_follow) const noexcept {
    return call<ops::set_owner>(*space_, id_, path, owner, group, how);
  }
  [[nodiscard]] auto set_times(path_ref path, time_change accessed, time_change modified,
                               lookup how = lookup::no_follow) const noexcept {
    return call<ops::set_times>(*space_, id_, path, accessed, modified, how);
  }
  /// Extended attributes: as the verbs of `file`.
  [[nodiscard]] auto list_xattr(path_ref path, std::span<char> names,
                                lookup how = lookup::no_follow) const noexcept {
    return call<ops::list_xattr>(*space_, id_, path, names, how);
  }
  [[nodiscard]] auto get_xattr(path_ref path, path_ref name, std::span<std::byte> buffer,
                               lookup how = lookup::no_follow) const noexcept {
    return call<ops::get_xattr>(*space_, id_, path, name, buffer, how);
  }
  [[nodiscard]] auto set_xattr(path_ref path, path_ref name, std::span<const std::byte> value,
                               ops::xattr_mode mode = ops::xattr_mode::set,
                               lookup how = lookup::no_follow) const noexcept {
    return call<ops::set_xattr>(*space_, id_, path, name, value, mode, how);
  }
  [[nodiscard]] auto remove_xattr(path_ref path, path_ref name,
                                  lookup how = lookup::no_follow) const noexcept {
    return call<ops::remove_xattr>(*space_, id_, path, name, how);
  }

  /// errc::exists, whatever it is that exists.
  [[nodiscard]] auto mkdir(path_ref path, std::uint16_t permissions = 0777) const noexcept {
    return call<ops::mkdir>(*space_, id_, path, permissions);
  }
  /// Removes a name that is not a directory's; what it named lives until its last handle ends.
  [[nodiscard]] auto unlink(path_ref path) const noexcept {
    return call<ops::unlink>(*space_, id_, path, false);
  }
  /// errc::not_empty when there is anything in it.
  [[nodiscard]] auto rmdir(path_ref path) const noexcept {
    return call<ops::unlink>(*space_, id_, path, true);
  }
  /// Both directories must be of the same space and file system, as for `link`: errc::cross_device.
  /// no_replace ends with errc::exists. A directory replaces only an empty one: errc::not_empty, for
  /// some file systems (XFS) errc::exists.
  [[nodiscard]] auto rename(path_ref path, const dir& to, path_ref new_path,
                            rename_mode mode = rename_mode::replace) const noexcept {
    return call<ops::rename>(common_space(*space_, to.in()), id_, path, to.id_, new_path, mode);
  }
  [[nodiscard]] auto link(path_ref path, const dir& to, path_ref new_path,
                          lookup how = lookup::no_follow) const noexcept {
    return call<ops::link>(common_space(*space_, to.in()), id_, path, to.id_, new_path, how);
  }
  /// Gives an open file a name here: the way a file opened as temporary appears.
  [[nodiscard]] auto link_file(const file& nameless, path_ref new_path) const noexcept {
    return call<ops::link>(common_space(*space_, nameless.in()), nameless.id(), path_ref(), id_,
                           new_path, lookup::follow);
  }
  /// A symbolic link at `path` that says `text`, which need not name anything.
  [[nodiscard]] auto symlink(path_ref text, path_ref path) const noexcept {
    return call<ops::symlink>(*space_, id_, path, text);
  }
  /// Completes with the size of the link's text, which is not terminated; a full buffer may have cut
  /// it. errc::invalid when it is no link.
  [[nodiscard]] auto readlink(path_ref path, std::span<char> buffer) const noexcept {
    return call<ops::readlink>(*space_, id_, path, buffer);
  }
  /// A FIFO, a device, a socket's name or an empty regular file; errc::invalid for other types.
  [[nodiscard]] auto mknod(path_ref path, file_type type, std::uint16_t permissions,
                           std::uint64_t device = 0) const noexcept {
    return call<ops::mknod>(*space_, id_, path, type, permissions, device);
  }
  [[nodiscard]] auto mkfifo(path_ref path, std::uint16_t permissions = 0666) const noexcept {
    return mknod(path, file_type::fifo, permissions);
  }
  /// Makes names that were added or removed durable.
  [[nodiscard]] auto sync() const noexcept { return call<ops::sync>(*space_, id_, false); }
  /// About the file system that it is on.
  [[nodiscard]] auto stat_fs() const noexcept { return call<ops::stat_fs>(*space_, id_); }

 private:
  friend class dir_cursor;
  std::atomic<bool> lent_ = false;  // a cursor uses the handle's position
  bool used_ = false;               // one did: the position is no longer at the start
};

/// Reads a directory in batches. The directory must outlive it. Entries that come or go meanwhile
/// may or may not be seen; all others are seen once. "." and ".." are among them where the system
/// gives them.
class dir_cursor {
 public:
  dir_cursor(const dir_cursor&) = delete;
  dir_cursor& operator=(const dir_cursor&) = delete;
  ~dir_cursor() {
    if (borrowed_) of_.lent_.store(false, std::memory_order_release);
  }

  class [[nodiscard]] next_call : public detail::call_options<next_call, ops::entries> {
   public:
    next_call(dir_cursor& c, std::span<std::byte> buffer) noexcept
        : call_options(c.of_.in(), c.of_.id(), buffer, c.cookie_, c.reposition_), from_(c) {}
    using result_type = result<entry_batch>;

    bool begin(driver& home, stop_source* stop, void (*then)(job&) noexcept) noexcept {
      run = then;
      if (from_.borrowed_) return start(*this, home, stop);
      failure = errc::busy;
      return true;
    }
    result<entry_batch> await_resume() noexcept {
      if (failure) return std::unexpected(failure);
      from_.cookie_ = cookie;
      from_.reposition_ = false;
      return entry_batch(std::span<const std::byte>(buffer).first(value));
    }

   private:
    dir_cursor& from_;
  };

  /// The next batch, in the caller's buffer (64 KiB is good, 512 bytes the least); an empty batch
  /// is the end. Valid until the buffer is used again.
  next_call next(std::span<std::byte> buffer) noexcept { return next_call(*this, buffer); }

 private:
  friend class dir;
  explicit dir_cursor(dir& d) noexcept
      : of_(d), borrowed_(!d.lent_.exchange(true, std::memory_order_acquire)) {
    if (!borrowed_) return;
    reposition_ = d.used_;
    d.used_ = true;
  }

  dir& of_;
  bool borrowed_;
  bool reposition_ = false;
  std::uint64_t cookie_ = 0;
};

inline dir_cursor dir::entries() noexcept {
  return dir_cursor(*this);
}

}  // namespace sluice::inline v0
