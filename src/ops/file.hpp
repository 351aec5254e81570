// Native sides of the operations on open files.
#pragma once

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ops/calls.hpp"
#include "sluice/fs/ops.hpp"

namespace sluice::inline v0 {

static_assert(sizeof(io_slice) == sizeof(iovec));

inline const iovec* as_iovec(std::span<const io_slice> s) noexcept {
  return reinterpret_cast<const iovec*>(s.data());
}

template <>
struct native<ops::nop> {
  static constexpr auto cancel = cancellable::until_started;
  static constexpr auto route = routing::overlapped;
  static constexpr std::uint8_t opcode = IORING_OP_NOP;
  static std::int64_t perform(ops::nop&) noexcept { return 0; }
  static bool prepare(ops::nop&, io_uring_sqe& e) noexcept {
    io_uring_prep_nop(&e);
    return true;
  }
};

template <>
struct native<ops::close> {
  static constexpr auto cancel = cancellable::never;
  static std::int64_t perform(ops::close& op) noexcept {
    if ((op.id & system_id::borrowed) != 0) return 0;
    // The descriptor is gone even when close is interrupted; a second try could hit another's.
    const int n = ::close(fd_of(op));
    return n < 0 && errno != EINTR ? -errno : 0;
  }
  static constexpr std::uint8_t opcode = IORING_OP_CLOSE;
  static bool prepare(ops::close& op, io_uring_sqe& e) noexcept {
    if ((op.id & system_id::borrowed) != 0) return false;
    io_uring_prep_close(&e, fd_of(op));
    return true;
  }
};

template <>
struct native<ops::read_at> {
  static constexpr auto cancel = cancellable::until_started;
  static constexpr auto route = routing::attempt;
  static std::int64_t perform(ops::read_at& op) noexcept {
    return retry([&] {
      return ::pread(fd_of(op), op.buffer.data(), transfer_size(op.buffer.size()),
                     static_cast<off_t>(op.offset));
    });
  }
  static std::int64_t attempt(ops::read_at& op) noexcept {
    // Past the page cache there is nothing to be found without waiting.
    if ((op.id & system_id::direct) != 0 || !is_offset(op.offset)) return -EAGAIN;
    const iovec v{op.buffer.data(), transfer_size(op.buffer.size())};
    const std::int64_t n =
        retry([&] { return ::preadv2(fd_of(op), &v, 1, static_cast<off_t>(op.offset), RWF_NOWAIT); });
    return n == -EOPNOTSUPP ? -EAGAIN : n;
  }
  static constexpr std::uint8_t opcode = IORING_OP_READ;
  static bool prepare(ops::read_at& op, io_uring_sqe& e) noexcept {
    if (!is_offset(op.offset)) return false;
    io_uring_prep_read(&e, fd_of(op), op.buffer.data(), transfer_size(op.buffer.size()), op.offset);
    if (op.registered_with == op.home) {
      e.opcode = IORING_OP_READ_FIXED;
      e.buf_index = op.registered_index;
    }
    return true;
  }
};

template <>
struct native<ops::write_at> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::write_at& op) noexcept {
    return retry([&] {
      return ::pwrite(fd_of(op), op.buffer.data(), transfer_size(op.buffer.size()),
                      static_cast<off_t>(op.offset));
    });
  }
  static constexpr std::uint8_t opcode = IORING_OP_WRITE;
  static bool prepare(ops::write_at& op, io_uring_sqe& e) noexcept {
    if (!is_offset(op.offset)) return false;
    io_uring_prep_write(&e, fd_of(op), op.buffer.data(), transfer_size(op.buffer.size()),
                        op.offset);
    if (op.registered_with == op.home) {
      e.opcode = IORING_OP_WRITE_FIXED;
      e.buf_index = op.registered_index;
    }
    return true;
  }
};

template <>
struct native<ops::readv_at> {
  static constexpr auto cancel = cancellable::until_started;
  static constexpr auto route = routing::attempt;
  static int count(const ops::readv_at& op) noexcept { return static_cast<int>(op.slices.size()); }
  static std::int64_t perform(ops::readv_at& op) noexcept {
    return retry([&] {
      return ::preadv(fd_of(op), as_iovec(op.slices), count(op), static_cast<off_t>(op.offset));
    });
  }
  static std::int64_t attempt(ops::readv_at& op) noexcept {
    if ((op.id & system_id::direct) != 0 || !is_offset(op.offset)) return -EAGAIN;
    const std::int64_t n = retry([&] {
      return ::preadv2(fd_of(op), as_iovec(op.slices), count(op), static_cast<off_t>(op.offset),
                       RWF_NOWAIT);
    });
    return n == -EOPNOTSUPP ? -EAGAIN : n;
  }
  static constexpr std::uint8_t opcode = IORING_OP_READV;
  static bool prepare(ops::readv_at& op, io_uring_sqe& e) noexcept {
    if (!is_offset(op.offset)) return false;
    io_uring_prep_readv(&e, fd_of(op), as_iovec(op.slices),
                        static_cast<unsigned>(op.slices.size()), op.offset);
    return true;
  }
};

template <>
struct native<ops::writev_at> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::writev_at& op) noexcept {
    return retry([&] {
      return ::pwritev(fd_of(op), as_iovec(op.slices), static_cast<int>(op.slices.size()),
                       static_cast<off_t>(op.offset));
    });
  }
  static constexpr std::uint8_t opcode = IORING_OP_WRITEV;
  static bool prepare(ops::writev_at& op, io_uring_sqe& e) noexcept {
    if (!is_offset(op.offset)) return false;
    io_uring_prep_writev(&e, fd_of(op), as_iovec(op.slices),
                         static_cast<unsigned>(op.slices.size()), op.offset);
    return true;
  }
};

template <>
struct native<ops::sync> {
  static constexpr auto cancel = cancellable::until_started;
  static constexpr auto route = routing::overlapped;
  static std::int64_t perform(ops::sync& op) noexcept {
    return retry([&] { return op.data_only ? ::fdatasync(fd_of(op)) : ::fsync(fd_of(op)); });
  }
  static constexpr std::uint8_t opcode = IORING_OP_FSYNC;
  static bool prepare(ops::sync& op, io_uring_sqe& e) noexcept {
    io_uring_prep_fsync(&e, fd_of(op), op.data_only ? IORING_FSYNC_DATASYNC : 0);
    return true;
  }
};

template <>
struct native<ops::sync_range> {
  static constexpr auto cancel = cancellable::until_started;
  static constexpr auto route = routing::overlapped;
  static std::int64_t perform(ops::sync_range& op) noexcept {
    return retry([&] {
      return ::sync_file_range(fd_of(op), static_cast<off_t>(op.offset),
                               static_cast<off_t>(op.size), static_cast<unsigned>(op.what));
    });
  }
};

template <>
struct native<ops::truncate> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::truncate& op) noexcept {
    return retry([&] { return ::ftruncate(fd_of(op), static_cast<off_t>(op.size)); });
  }
};

template <>
struct native<ops::allocate> {
  static constexpr auto cancel = cancellable::until_started;
  static constexpr auto route = routing::overlapped;
  static std::int64_t perform(ops::allocate& op) noexcept {
    return retry([&] {
      return ::fallocate(fd_of(op), static_cast<int>(op.mode), static_cast<off_t>(op.offset),
                         static_cast<off_t>(op.size));
    });
  }
  static constexpr std::uint8_t opcode = IORING_OP_FALLOCATE;
  static bool prepare(ops::allocate& op, io_uring_sqe& e) noexcept {
    io_uring_prep_fallocate(&e, fd_of(op), static_cast<int>(op.mode),
                            static_cast<off_t>(op.offset), static_cast<off_t>(op.size));
    return true;
  }
};

template <>
struct native<ops::advise> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::advise& op) noexcept {
    static constexpr int advices[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL,
                                      POSIX_FADV_RANDOM,   POSIX_FADV_WILLNEED,
                                      POSIX_FADV_DONTNEED, POSIX_FADV_NOREUSE};
    return -::posix_fadvise(fd_of(op), static_cast<off_t>(op.offset), static_cast<off_t>(op.size),
                            advices[static_cast<std::size_t>(op.advice)]);
  }
};

template <>
struct native<ops::cached> {
  static constexpr auto cancel = cancellable::until_started;
  static constexpr auto route = routing::at_once;
  static std::int64_t perform(ops::cached& op) noexcept {
    if (op.size == 0) return 1;
    if ((op.id & system_id::direct) != 0) return 0;
    const std::int64_t first = byte_at(op, op.offset);
    return first == 1 && op.size > 1 ? byte_at(op, op.offset + op.size - 1) : first;
  }
  static std::int64_t byte_at(const ops::cached& op, std::uint64_t offset) noexcept {
    std::byte one;
    const iovec v{&one, 1};
    const std::int64_t n =
        retry([&] { return ::preadv2(fd_of(op), &v, 1, static_cast<off_t>(offset), RWF_NOWAIT); });
    if (n == -EAGAIN) return 0;
    return n == 0 ? 1 : n;  // nobody waits for what lies behind the end
  }
};

template <>
struct native<ops::copy_range> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::copy_range& op) noexcept {
    return retry([&] {
      auto from = static_cast<off64_t>(op.offset);
      auto to = static_cast<off64_t>(op.target_offset);
      return ::copy_file_range(fd_of(op), &from, system_id::descriptor(op.target_id), &to,
                               transfer_size(op.size), 0);
    });
  }
};

template <>
struct native<ops::clone> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::clone& op) noexcept {
    return retry(
        [&] { return ::ioctl(fd_of(op), FICLONE, system_id::descriptor(op.source_id)); });
  }
};

template <>
struct native<ops::seek_extent> {
  static constexpr auto cancel = cancellable::until_started;
  static std::int64_t perform(ops::seek_extent& op) noexcept {
    return retry([&] {
      return ::lseek(fd_of(op), static_cast<off_t>(op.offset),
                     op.wanted == extent_kind::data ? SEEK_DATA : SEEK_HOLE);
    });
  }
};

template <>
struct native<ops::lock> {
  static constexpr auto cancel = cancellable::until_started;
  static constexpr auto route = routing::attempt;
  static std::int64_t perform(ops::lock& op) noexcept {
    return set(op, op.wait ? F_OFD_SETLKW : F_OFD_SETLK);
  }
  /// Waiting would hold a thread; a lock that is free, and giving one back, need none.
  static std::int64_t attempt(ops::lock& op) noexcept { return set(op, F_OFD_SETLK); }

 private:
  static std::int64_t set(const ops::lock& op, int command) noexcept {
    static constexpr short kinds[] = {F_RDLCK, F_WRLCK, F_UNLCK};
    struct flock range {};
    range.l_type = kinds[static_cast<std::size_t>(op.how)];
    range.l_whence = SEEK_SET;
    range.l_start = static_cast<off_t>(op.offset);
    range.l_len = static_cast<off_t>(op.size);
    return retry([&] { return ::fcntl(fd_of(op), command, &range); });
  }
};

}  // namespace sluice::inline v0
