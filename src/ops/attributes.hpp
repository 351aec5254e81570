// Native sides of the operations on attributes, of an open file or of a name in a directory.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdio>

#include "ops/calls.hpp"
#include "sluice/fs/ops.hpp"

namespace sluice::inline v0 {

inline int at_flags(lookup how, path_ref path) noexcept {
  int flags = path.empty() ? AT_EMPTY_PATH : 0;
  if (any(how & lookup::no_follow)) flags |= AT_SYMLINK_NOFOLLOW;
  if (any(how & lookup::no_automount)) flags |= AT_NO_AUTOMOUNT;
  return flags;
}

file_type type_of_mode(unsigned mode) noexcept;
void take_status(const struct statx& from, file_status& into) noexcept;

template <>
struct native<ops::stat> {
  static constexpr auto cancel = cancellable::until_started;
  static int flags(const ops::stat& op) noexcept {
    return at_flags(op.how, op.path) |
           (any(op.how & lookup::dont_sync) ? AT_STATX_DONT_SYNC : AT_STATX_SYNC_AS_STAT);
  }
  static std::int64_t perform(ops::stat& op) noexcept {
    return retry([&] {
      return ::statx(fd_of(op), op.path.c_str(), flags(op), static_cast<unsigned>(op.wanted),
                     record(op));
    });
  }
  static constexpr std::uint8_t opcode = IORING_OP_STATX;
  static bool prepare(ops::stat& op, io_uring_sqe& e) noexcept {
    io_uring_prep_statx(&e, fd_of(op), op.path.c_str(), flags(op),
                        static_cast<unsigned>(op.wanted), record(op));
    return true;
  }
  static void finish(ops::stat& op, std::int64_t n) noexcept {
    if (n < 0) {
      op.failure = system_error(n);
    } else {
      take_status(*record(op), op.value);
    }
  }
  static struct statx* record(ops::stat& op) noexcept {
    static_assert(sizeof(struct statx) <= sizeof op.record);
    return reinterpret_cast<struct statx*>(op.record);
  }
};

template <>
struct native<ops::set_mode> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::set_mode& op) noexcept {
    if (op.path.empty()) return retry([&] { return ::fchmod(fd_of(op), op.mode); });
    const int flags = any(op.how & lookup::no_follow) ? AT_SYMLINK_NOFOLLOW : 0;
    return retry([&] { return ::fchmodat(fd_of(op), op.path.c_str(), op.mode, flags); });
  }
};

template <>
struct native<ops::set_owner> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::set_owner& op) noexcept {
    return retry([&] {
      return ::fchownat(fd_of(op), op.path.c_str(), op.owner, op.group, at_flags(op.how, op.path));
    });
  }
};

template <>
struct native<ops::set_times> {
  static constexpr auto cancel = cancellable::until_started;
  static timespec native_time(time_change c) noexcept {
    switch (c.what) {
      case time_change::kind::leave: return {0, UTIME_OMIT};
      case time_change::kind::now: return {0, UTIME_NOW};
      case time_change::kind::at: break;
    }
    return {static_cast<time_t>(c.when.seconds), static_cast<long>(c.when.nanoseconds)};
  }
  static std::int64_t perform(ops::set_times& op) noexcept {
    const timespec times[] = {native_time(op.accessed), native_time(op.modified)};
    if (op.path.empty()) return retry([&] { return ::futimens(fd_of(op), times); });
    const int flags = any(op.how & lookup::no_follow) ? AT_SYMLINK_NOFOLLOW : 0;
    return retry([&] { return ::utimensat(fd_of(op), op.path.c_str(), times, flags); });
  }
};

/// The extended attribute calls know no directories; the way from one is through /proc.
template <class OnDescriptor, class OnPath, class OnLink>
std::int64_t xattr_call(const operation& op, path_ref path, lookup how, OnDescriptor on_fd,
                        OnPath on_path, OnLink on_link) noexcept {
  if (path.empty()) return retry([&] { return on_fd(fd_of(op)); });
  char whole[PATH_MAX + 32];
  const char* name = path.c_str();
  if (name[0] != '/' && fd_of(op) != AT_FDCWD) {
    if (path.size() >= PATH_MAX) return -ENAMETOOLONG;
    std::snprintf(whole, sizeof whole, "/proc/self/fd/%d/%s", fd_of(op), name);
    name = whole;
  }
  return any(how & lookup::no_follow) ? retry([&] { return on_link(name); })
                                      : retry([&] { return on_path(name); });
}

template <>
struct native<ops::list_xattr> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::list_xattr& op) noexcept {
    char* to = op.names.data();
    const std::size_t size = op.names.size();
    return xattr_call(
        op, op.path, op.how, [&](int fd) { return ::flistxattr(fd, to, size); },
        [&](const char* p) { return ::listxattr(p, to, size); },
        [&](const char* p) { return ::llistxattr(p, to, size); });
  }
};

template <>
struct native<ops::get_xattr> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::get_xattr& op) noexcept {
    const char* name = op.name.c_str();
    void* to = op.buffer.data();
    const std::size_t size = op.buffer.size();
    return xattr_call(
        op, op.path, op.how, [&](int fd) { return ::fgetxattr(fd, name, to, size); },
        [&](const char* p) { return ::getxattr(p, name, to, size); },
        [&](const char* p) { return ::lgetxattr(p, name, to, size); });
  }
};

template <>
struct native<ops::set_xattr> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::set_xattr& op) noexcept {
    static constexpr int modes[] = {0, XATTR_CREATE, XATTR_REPLACE};
    const int mode = modes[static_cast<std::size_t>(op.mode)];
    const char* name = op.name.c_str();
    const void* from = op.data.data();
    const std::size_t size = op.data.size();
    return xattr_call(
        op, op.path, op.how, [&](int fd) { return ::fsetxattr(fd, name, from, size, mode); },
        [&](const char* p) { return ::setxattr(p, name, from, size, mode); },
        [&](const char* p) { return ::lsetxattr(p, name, from, size, mode); });
  }
};

template <>
struct native<ops::remove_xattr> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::remove_xattr& op) noexcept {
    const char* name = op.name.c_str();
    return xattr_call(
        op, op.path, op.how, [&](int fd) { return ::fremovexattr(fd, name); },
        [&](const char* p) { return ::removexattr(p, name); },
        [&](const char* p) { return ::lremovexattr(p, name); });
  }
};

template <>
struct native<ops::stat_fs> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::stat_fs& op) noexcept {
    struct statfs found;
    const std::int64_t n = retry([&] { return ::fstatfs(fd_of(op), &found); });
    if (n < 0) return n;
    op.value.type = static_cast<std::uint64_t>(found.f_type);
    op.value.block_size = static_cast<std::uint64_t>(found.f_bsize);
    op.value.blocks = found.f_blocks;
    op.value.blocks_free = found.f_bfree;
    op.value.blocks_available = found.f_bavail;
    op.value.files = found.f_files;
    op.value.files_free = found.f_ffree;
    op.value.name_max = static_cast<std::uint64_t>(found.f_namelen);
    op.value.read_only = (static_cast<unsigned long>(found.f_flags) & ST_RDONLY) != 0;
    return n;
  }
};

}  // namespace sluice::inline v0
