// Native sides of the operations on streams, signals and children: what waits for a peer.
#pragma once

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#include "ops/calls.hpp"
#include "ops/file.hpp"
#include "sluice/io/ops.hpp"

namespace sluice::inline v0 {

/// Attempts until the answer is another than -EAGAIN.
template <class Attempt>
std::int64_t attempt_when_ready(int fd, short events, Attempt attempt) noexcept {
  for (;;) {
    const std::int64_t n = attempt();
    if (n != -EAGAIN) return n;
    pollfd p{fd, events, 0};
    const std::int64_t waited = retry([&] { return ::poll(&p, 1, -1); });
    if (waited < 0) return waited;
  }
}

/// A descriptor may be non-blocking because somebody else who shares it wants it so; where the
/// caller asked for a blocking call, EAGAIN means: wait for it.
template <class Call>
std::int64_t when_ready(int fd, short events, Call call) noexcept {
  return attempt_when_ready(fd, events, [&] { return retry(call); });
}

/// -1 is the ring's word for "at the stream's own position".
inline constexpr std::uint64_t own_position = ~std::uint64_t{0};

inline bool is_socket(const operation& op) noexcept { return (op.id & system_id::socket) != 0; }

template <>
struct native<ops::read> {
  static constexpr auto cancel = cancellable::always;
  static constexpr auto route = routing::readiness;
  static constexpr std::int16_t readiness = POLLIN;
  static std::int64_t perform(ops::read& op) noexcept {
    return when_ready(fd_of(op), POLLIN, [&] { return call(op, 0); });
  }
  static std::int64_t attempt(ops::read& op) noexcept {
    return retry([&] { return call(op, MSG_DONTWAIT); });
  }
  static std::size_t wanted(const ops::read& op) noexcept {
    return transfer_size(op.buffer.size());
  }
  static constexpr std::uint8_t opcode = IORING_OP_READ;
  static bool prepare(ops::read& op, io_uring_sqe& e) noexcept {
    if (!is_socket(op)) {
      io_uring_prep_read(&e, fd_of(op), op.buffer.data(), transfer_size(op.buffer.size()),
                         own_position);
    } else if (op.buffer.empty()) {
      io_uring_prep_nop(&e);  // a receive of nothing would wait for something
    } else {
      io_uring_prep_recv(&e, fd_of(op), op.buffer.data(), transfer_size(op.buffer.size()), 0);
    }
    return true;
  }

 private:
  static ssize_t call(ops::read& op, int flags) noexcept {
    const std::size_t n = transfer_size(op.buffer.size());
    if (!is_socket(op)) return ::read(fd_of(op), op.buffer.data(), n);
    return n == 0 ? 0 : ::recv(fd_of(op), op.buffer.data(), n, flags);
  }
};

inline std::size_t total(std::span<const io_slice> slices) noexcept {
  std::size_t n = 0;
  for (const io_slice& s : slices) n += s.size;
  return n;
}

/// Of a send, besides what the way of carrying it out needs.
template <class Op>
int send_flags(const Op& op) noexcept {
  return MSG_NOSIGNAL | (op.next == next_write::at_once ? MSG_MORE : 0);
}

/// What the last answer leaves of a write that is to be whole; both kinds of writes.
template <class Op>
struct native_write {
  static constexpr auto cancel = cancellable::always;
  static constexpr auto route = routing::readiness;
  static constexpr std::int16_t readiness = POLLOUT;
  static std::int64_t perform(Op& op) noexcept {
    for (;;) {
      const std::int64_t n =
          when_ready(fd_of(op), POLLOUT, [&] { return native<Op>::call(op, 0, SIZE_MAX); });
      if (!goes_on(op, n)) return n;
    }
  }
  /// A ready pipe has room for PIPE_BUF bytes at least; more could block.
  static std::int64_t attempt(Op& op) noexcept {
    return retry([&] {
      return native<Op>::call(op, MSG_DONTWAIT, is_socket(op) ? SIZE_MAX : std::size_t{PIPE_BUF});
    });
  }
  static bool goes_on(Op& op, std::int64_t n) noexcept {
    if (!op.whole || n <= 0) return false;
    if (op.done + static_cast<std::size_t>(n) >= native<Op>::size(op)) return false;
    op.done += static_cast<std::size_t>(n);
    return true;
  }
  static void finish(Op& op, std::int64_t n) noexcept {
    op.value = op.done + (n > 0 ? static_cast<std::size_t>(n) : 0);
    if (n < 0) op.failure = system_error(n);
  }
};

template <>
struct native<ops::write> : native_write<ops::write> {
  static std::size_t size(const ops::write& op) noexcept { return op.buffer.size(); }
  static ssize_t call(ops::write& op, int flags, std::size_t most) noexcept {
    const auto left = op.buffer.subspan(op.done);
    const std::size_t n = std::min<std::size_t>(transfer_size(left.size()), most);
    if (!is_socket(op)) return ::write(fd_of(op), left.data(), n);
    return ::send(fd_of(op), left.data(), n, send_flags(op) | flags);
  }
  static constexpr std::uint8_t opcode = IORING_OP_WRITE;
  static bool prepare(ops::write& op, io_uring_sqe& e) noexcept {
    const auto left = op.buffer.subspan(op.done);
    const unsigned n = transfer_size(left.size());
    if (is_socket(op)) {
      io_uring_prep_send(&e, fd_of(op), left.data(), n, send_flags(op) | (op.whole ? MSG_WAITALL : 0));
    } else {
      io_uring_prep_write(&e, fd_of(op), left.data(), n, own_position);
    }
    return true;
  }
};

template <>
struct native<ops::readv> {
  static constexpr auto cancel = cancellable::always;
  static constexpr auto route = routing::readiness;
  static constexpr std::int16_t readiness = POLLIN;
  static std::int64_t perform(ops::readv& op) noexcept {
    return when_ready(fd_of(op), POLLIN, [&] { return call(op); });
  }
  /// A socket that is not ready is not to be read: there is no readv that says so.
  static std::int64_t attempt(ops::readv& op) noexcept {
    if (!is_socket(op)) return retry([&] { return call(op); });
    msghdr m{};
    m.msg_iov = const_cast<iovec*>(as_iovec(op.slices));
    m.msg_iovlen = op.slices.size();
    return retry([&] { return ::recvmsg(fd_of(op), &m, MSG_DONTWAIT); });
  }
  static std::size_t wanted(const ops::readv& op) noexcept {
    return transfer_size(total(op.slices));
  }
  static constexpr std::uint8_t opcode = IORING_OP_READV;
  static bool prepare(ops::readv& op, io_uring_sqe& e) noexcept {
    io_uring_prep_readv(&e, fd_of(op), as_iovec(op.slices),
                        static_cast<unsigned>(op.slices.size()), own_position);
    return true;
  }

 private:
  static ssize_t call(ops::readv& op) noexcept {
    return ::readv(fd_of(op), as_iovec(op.slices), static_cast<int>(op.slices.size()));
  }
};

template <>
struct native<ops::writev> : native_write<ops::writev> {
  static std::size_t size(const ops::writev& op) noexcept { return total(op.slices); }
  static ssize_t call(ops::writev& op, int flags, std::size_t most) noexcept {
    const io_slice one = rest(op, most);
    if (one.data != nullptr) {
      if (is_socket(op)) return ::send(fd_of(op), one.data, one.size, send_flags(op) | flags);
      return ::write(fd_of(op), one.data, one.size);
    }
    if (is_socket(op)) return ::sendmsg(fd_of(op), header(op), send_flags(op) | flags);
    return ::writev(fd_of(op), as_iovec(op.slices), static_cast<int>(op.slices.size()));
  }
  static constexpr std::uint8_t opcode = IORING_OP_WRITEV;
  static bool prepare(ops::writev& op, io_uring_sqe& e) noexcept {
    const io_slice one = rest(op, SIZE_MAX);
    const int flags = send_flags(op) | (op.whole ? MSG_WAITALL : 0);
    if (is_socket(op) && one.data != nullptr) {
      io_uring_prep_send(&e, fd_of(op), one.data, one.size, flags);
    } else if (is_socket(op)) {
      io_uring_prep_sendmsg(&e, fd_of(op), header(op), static_cast<unsigned>(flags));
    } else if (one.data != nullptr) {
      io_uring_prep_write(&e, fd_of(op), one.data, transfer_size(one.size), own_position);
    } else {
      io_uring_prep_writev(&e, fd_of(op), as_iovec(op.slices),
                           static_cast<unsigned>(op.slices.size()), own_position);
    }
    return true;
  }

 private:
  /// The part of one slice that is next, at most so much, once some has left or where not all may go
  /// at once; nothing where all slices are to go together.
  static io_slice rest(const ops::writev& op, std::size_t most) noexcept {
    if (op.done == 0 && most == SIZE_MAX) return {};
    std::size_t skip = op.done;
    for (const io_slice& s : op.slices) {
      if (skip < s.size)
        return {static_cast<std::byte*>(s.data) + skip, std::min(s.size - skip, most)};
      skip -= s.size;
    }
    return {};
  }
  static const msghdr* header(ops::writev& op) noexcept {
    static_assert(sizeof(msghdr) <= sizeof op.header);
    auto& m = *::new (static_cast<void*>(op.header)) msghdr{};
    m.msg_iov = const_cast<iovec*>(as_iovec(op.slices));
    m.msg_iovlen = op.slices.size();
    return &m;
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
