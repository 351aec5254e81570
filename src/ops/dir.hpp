// Native sides of the operations on names in directories.
#pragma once

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdio>

#include "ops/calls.hpp"
#include "sluice/fs/ops.hpp"

namespace sluice::inline v0 {

template <>
struct native<ops::open> {
  static constexpr auto cancel = cancellable::until_started;
  static int flags(const ops::open& op) noexcept;
  static std::uint64_t resolve(const ops::open& op) noexcept;
  static open_how confined(const ops::open& op) noexcept;
  static open_how* lasting(const open_how& how) noexcept;
  static std::int64_t perform(ops::open& op) noexcept;
  static constexpr std::uint8_t opcode = IORING_OP_OPENAT;
  static bool prepare(ops::open& op, io_uring_sqe& e) noexcept {
    if (resolve(op) == 0) {
      io_uring_prep_openat(&e, fd_of(op), op.path.c_str(), flags(op), op.permissions);
      return true;
    }
    open_how* const how = lasting(confined(op));
    if (how != nullptr) io_uring_prep_openat2(&e, fd_of(op), op.path.c_str(), how);
    return how != nullptr;
  }
  static void finish(ops::open& op, std::int64_t n) noexcept;
};

template <>
struct native<ops::mkdir> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::mkdir& op) noexcept {
    return retry([&] { return ::mkdirat(fd_of(op), op.path.c_str(), op.permissions); });
  }
  static constexpr std::uint8_t opcode = IORING_OP_MKDIRAT;
  static bool prepare(ops::mkdir& op, io_uring_sqe& e) noexcept {
    io_uring_prep_mkdirat(&e, fd_of(op), op.path.c_str(), op.permissions);
    return true;
  }
};

template <>
struct native<ops::unlink> {
  static constexpr auto cancel = cancellable::until_started;
  static int flags(const ops::unlink& op) noexcept { return op.directory ? AT_REMOVEDIR : 0; }
  static std::int64_t perform(ops::unlink& op) noexcept {
    return retry([&] { return ::unlinkat(fd_of(op), op.path.c_str(), flags(op)); });
  }
  static constexpr std::uint8_t opcode = IORING_OP_UNLINKAT;
  static bool prepare(ops::unlink& op, io_uring_sqe& e) noexcept {
    io_uring_prep_unlinkat(&e, fd_of(op), op.path.c_str(), flags(op));
    return true;
  }
};

template <>
struct native<ops::rename> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::rename& op) noexcept {
    return retry([&] {
      return ::renameat2(fd_of(op), op.path.c_str(), system_id::descriptor(op.target_id),
                         op.target_path.c_str(), static_cast<unsigned>(op.mode));
    });
  }
  static constexpr std::uint8_t opcode = IORING_OP_RENAMEAT;
  static bool prepare(ops::rename& op, io_uring_sqe& e) noexcept {
    io_uring_prep_renameat(&e, fd_of(op), op.path.c_str(), system_id::descriptor(op.target_id),
                           op.target_path.c_str(), static_cast<unsigned>(op.mode));
    return true;
  }
};

template <>
struct native<ops::link> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::link& op) noexcept;
};

template <>
struct native<ops::symlink> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::symlink& op) noexcept {
    return retry([&] { return ::symlinkat(op.text.c_str(), fd_of(op), op.path.c_str()); });
  }
  static constexpr std::uint8_t opcode = IORING_OP_SYMLINKAT;
  static bool prepare(ops::symlink& op, io_uring_sqe& e) noexcept {
    io_uring_prep_symlinkat(&e, op.text.c_str(), fd_of(op), op.path.c_str());
    return true;
  }
};

template <>
struct native<ops::readlink> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::readlink& op) noexcept {
    return retry([&] {
      return ::readlinkat(fd_of(op), op.path.c_str(), op.buffer.data(), op.buffer.size());
    });
  }
};

template <>
struct native<ops::mknod> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::mknod& op) noexcept {
    static constexpr mode_t types[] = {0,       S_IFIFO, S_IFCHR, 0,
                                       S_IFBLK, S_IFREG, 0,       S_IFSOCK};
    const mode_t type = types[static_cast<std::size_t>(op.type)];
    if (type == 0) return -EINVAL;
    return retry(
        [&] { return ::mknodat(fd_of(op), op.path.c_str(), type | op.permissions, op.device); });
  }
};

template <>
struct native<ops::entries> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::entries& op) noexcept {
    if (op.reposition) {
      const std::int64_t moved =
          retry([&] { return ::lseek(fd_of(op), static_cast<off_t>(op.cookie), SEEK_SET); });
      if (moved < 0) return moved;
    }
    return retry([&] {
      return ::syscall(SYS_getdents64, fd_of(op), op.buffer.data(),
                       transfer_size(op.buffer.size()));
    });
  }
};

}  // namespace sluice::inline v0
