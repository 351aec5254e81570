// Native sides of the operations on streams, signals and children: what waits for a peer.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops/calls.hpp"
#include "ops/file.hpp"
#include "sluice/io/ops.hpp"

namespace sluice::inline v0 {

/// A descriptor may be non-blocking because somebody else who shares it wants it so; where the
/// caller asked for a blocking call, EAGAIN means: wait for it.
template <class Call>
std::int64_t when_ready(int fd, short events, Call call) noexcept {
  for (;;) {
    const std::int64_t n = retry(call);
    if (n != -EAGAIN) return n;
    pollfd p{fd, events, 0};
    const std::int64_t waited = retry([&] { return ::poll(&p, 1, -1); });
    if (waited < 0) return waited;
  }
}

/// -1 is the ring's word for "at the stream's own position".
inline constexpr std::uint64_t own_position = ~std::uint64_t{0};

template <>
struct native<ops::read> {
  static constexpr auto cancel = cancellable::always;
  static constexpr auto route = routing::readiness;
  static constexpr std::int16_t readiness = POLLIN;
  static std::int64_t perform(ops::read& op) noexcept {
    return when_ready(fd_of(op), POLLIN, [&] {
      return ::read(fd_of(op), op.buffer.data(), transfer_size(op.buffer.size()));
    });
  }
  static constexpr std::uint8_t opcode = IORING_OP_READ;
  static bool prepare(ops::read& op, io_uring_sqe& e) noexcept {
    io_uring_prep_read(&e, fd_of(op), op.buffer.data(), transfer_size(op.buffer.size()),
                       own_position);
    return true;
  }
};

template <>
struct native<ops::write> {
  static constexpr auto cancel = cancellable::always;
  static constexpr auto route = routing::readiness;
  static constexpr std::int16_t readiness = POLLOUT;
  static std::int64_t perform(ops::write& op) noexcept {
    return when_ready(fd_of(op), POLLOUT, [&] {
      return ::write(fd_of(op), op.buffer.data(), transfer_size(op.buffer.size()));
    });
  }
  /// A ready pipe has room for PIPE_BUF bytes at least; more could block.
  static std::int64_t attempt(ops::write& op) noexcept {
    const std::size_t n = op.buffer.size() < PIPE_BUF ? op.buffer.size() : PIPE_BUF;
    return retry([&] { return ::write(fd_of(op), op.buffer.data(), n); });
  }
  static constexpr std::uint8_t opcode = IORING_OP_WRITE;
  static bool prepare(ops::write& op, io_uring_sqe& e) noexcept {
    io_uring_prep_write(&e, fd_of(op), op.buffer.data(), transfer_size(op.buffer.size()),
                        own_position);
    return true;
  }
};

template <>
struct native<ops::readv> {
  static constexpr auto cancel = cancellable::always;
  static constexpr auto route = routing::readiness;
  static constexpr std::int16_t readiness = POLLIN;
  static std::int64_t perform(ops::readv& op) noexcept {
    return when_ready(fd_of(op), POLLIN, [&] {
      return ::readv(fd_of(op), as_iovec(op.slices), static_cast<int>(op.slices.size()));
    });
  }
  static constexpr std::uint8_t opcode = IORING_OP_READV;
  static bool prepare(ops::readv& op, io_uring_sqe& e) noexcept {
    io_uring_prep_readv(&e, fd_of(op), as_iovec(op.slices),
                        static_cast<unsigned>(op.slices.size()), own_position);
    return true;
  }
};

template <>
struct native<ops::writev> {
  static constexpr auto cancel = cancellable::always;
  static constexpr auto route = routing::readiness;
  static constexpr std::int16_t readiness = POLLOUT;
  static std::int64_t perform(ops::writev& op) noexcept {
    return when_ready(fd_of(op), POLLOUT, [&] {
      return ::writev(fd_of(op), as_iovec(op.slices), static_cast<int>(op.slices.size()));
    });
  }
  /// As for write: what a ready pipe surely takes, from the first slice that has any.
  static std::int64_t attempt(ops::writev& op) noexcept {
    for (const io_slice& s : op.slices) {
      if (s.size == 0) continue;
      const std::size_t n = s.size < PIPE_BUF ? s.size : PIPE_BUF;
      return retry([&] { return ::write(fd_of(op), s.data, n); });
    }
    return 0;
  }
  static constexpr std::uint8_t opcode = IORING_OP_WRITEV;
  static bool prepare(ops::writev& op, io_uring_sqe& e) noexcept {
    io_uring_prep_writev(&e, fd_of(op), as_iovec(op.slices),
                         static_cast<unsigned>(op.slices.size()), own_position);
    return true;
  }
};

template <>
struct native<ops::wait_signal> {
  static constexpr auto cancel = cancellable::always;
  static_assert(sizeof(signalfd_siginfo) == sizeof(ops::wait_signal::raw));
  static constexpr auto route = routing::readiness;
  static constexpr std::int16_t readiness = POLLIN;
  static std::int64_t perform(ops::wait_signal& op) noexcept {
    return when_ready(fd_of(op), POLLIN, [&] { return ::read(fd_of(op), op.raw, sizeof op.raw); });
  }
  static constexpr std::uint8_t opcode = IORING_OP_READ;
  static bool prepare(ops::wait_signal& op, io_uring_sqe& e) noexcept {
    io_uring_prep_read(&e, fd_of(op), op.raw, sizeof op.raw, own_position);
    return true;
  }
  static void finish(ops::wait_signal& op, std::int64_t n) noexcept {
    if (n < 0) {
      op.failure = system_error(n);
      return;
    }
    const auto& from = *reinterpret_cast<const signalfd_siginfo*>(op.raw);
    op.value = {static_cast<int>(from.ssi_signo), from.ssi_code, from.ssi_pid, from.ssi_uid};
  }
};

template <>
struct native<ops::wait_child> {
  static constexpr auto cancel = cancellable::always;
  static constexpr auto route = routing::readiness;
  static constexpr std::int16_t readiness = POLLIN;
  static std::int64_t perform(ops::wait_child& op) noexcept {
    siginfo_t ended{};
    const std::int64_t n = retry(
        [&] { return ::waitid(P_PIDFD, static_cast<id_t>(fd_of(op)), &ended, WEXITED); });
    if (n >= 0) op.value = {ended.si_code != CLD_EXITED, ended.si_status};
    return n;
  }
  static constexpr std::uint8_t opcode = IORING_OP_POLL_ADD;
  static bool prepare(ops::wait_child& op, io_uring_sqe& e) noexcept {
    io_uring_prep_poll_add(&e, fd_of(op), POLLIN);
    return true;
  }
  /// From the ring comes only that the child has ended; reaping it does not wait then.
  static void finish(ops::wait_child& op, std::int64_t n) noexcept {
    if (n > 0) n = perform(op);
    if (n < 0) op.failure = system_error(n);
  }
};

}  // namespace sluice::inline v0
