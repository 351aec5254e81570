// Native sides of the operations on sockets.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ops/stream.hpp"
#include "sluice/net/ops.hpp"

namespace sluice::inline v0 {

inline const sockaddr* as_sockaddr(const address& a) noexcept {
  return reinterpret_cast<const sockaddr*>(a.data());
}
inline sockaddr* as_sockaddr(address& a) noexcept { return reinterpret_cast<sockaddr*>(a.data()); }

/// A new socket of ours as a handle's id; what cannot be released later is closed now.
std::int64_t adopt_socket(std::int64_t fd, handle_id& into) noexcept;

/// Calls that would block do not while this lives: neither sendfile nor splice can be told so.
class nonblocking_scope {
 public:
  explicit nonblocking_scope(int fd) noexcept : fd_(fd) { set(1); }
  ~nonblocking_scope() { set(0); }
  nonblocking_scope(const nonblocking_scope&) = delete;
  nonblocking_scope& operator=(const nonblocking_scope&) = delete;

 private:
  void set(int on) noexcept;
  int fd_;
};

/// There is no accept that says for itself that it is not to block: the listener has to. Others may
/// take what was there for it.
inline bool is_accept(const operation& op) noexcept {
  return op.kind == op_kind::accept || op.kind == op_kind::accept_many;
}
void make_nonblocking(int listener) noexcept;

/// What makes a socket at an address, and happens at once.
template <class Op>
struct native_maker {
  static constexpr auto cancel = cancellable::never;
  static constexpr auto route = routing::at_once;
  static std::int64_t perform(Op& op) noexcept { return make(op); }
  static void finish(Op& op, std::int64_t n) noexcept {
    if (n >= 0) n = adopt_socket(n, op.value);
    if (n < 0) op.failure = system_error(n);
  }

 private:
  static std::int64_t make(Op& op) noexcept;
};
template <>
struct native<ops::listen> : native_maker<ops::listen> {};
template <>
struct native<ops::bind> : native_maker<ops::bind> {};

template <>
struct native<ops::connect> {
  static constexpr auto cancel = cancellable::always;
  static constexpr auto route = routing::readiness;
  static constexpr std::int16_t readiness = POLLOUT;
  static std::int64_t begin(ops::connect& op) noexcept;
  static std::int64_t perform(ops::connect& op) noexcept;
  static std::int64_t attempt(ops::connect& op) noexcept;
  static constexpr std::uint8_t opcode = IORING_OP_CONNECT;
  static bool prepare(ops::connect& op, io_uring_sqe& e) noexcept {
    io_uring_prep_connect(&e, fd_of(op), as_sockaddr(op.where), op.where.size());
    return true;
  }
  static void finish(ops::connect& op, std::int64_t n) noexcept;
};

/// By calls when it is ready, even where there is a ring: that gives one connection in a turn, and they come
/// many at a time.
template <>
struct native<ops::accept> {
  static constexpr auto cancel = cancellable::always;
  static constexpr auto route = routing::readiness;
  static constexpr std::int16_t readiness = POLLIN;
  static std::int64_t attempt(ops::accept& op) noexcept;
  static std::int64_t perform(ops::accept& op) noexcept {
    return attempt_when_ready(fd_of(op), POLLIN, [&] { return attempt(op); });
  }
  static void finish(ops::accept& op, std::int64_t n) noexcept {
    if (n >= 0) n = adopt_socket(n, op.value);
    if (n < 0) op.failure = system_error(n);
  }
  /// Of one that somebody else has accepted.
  static void ask_peer(ops::accept& op, int fd) noexcept {
    if (op.from != nullptr) ::getpeername(fd, where(op), size(op));
  }

 private:
  static sockaddr* where(ops::accept& op) noexcept {
    return op.from != nullptr ? as_sockaddr(*op.from) : nullptr;
  }
  static socklen_t* size(ops::accept& op) noexcept {
    if (op.from == nullptr) return nullptr;
    op.from->size() = address::capacity;
    return &op.from->size();
  }
};

/// The end of an operation that gives items: the number says how, see items_end.
template <class Op>
void finish_items(Op& op, std::int64_t n) noexcept {
  op.value = n >= 0 ? static_cast<items_end>(n) : items_end::no_room;
  if (n < 0) op.failure = system_error(n);
}

template <>
struct native<ops::accept_many> {
  static constexpr auto cancel = cancellable::always;
  static constexpr auto route = routing::readiness;
  static constexpr std::int16_t readiness = POLLIN;
  /// Without a loop one connection is waited for.
  static std::int64_t perform(ops::accept_many& op) noexcept;
  static std::int64_t attempt(ops::accept_many& op) noexcept;
  static constexpr std::uint8_t opcode = IORING_OP_ACCEPT;
  static bool prepare(ops::accept_many& op, io_uring_sqe& e) noexcept {
    io_uring_prep_multishot_accept(&e, fd_of(op), nullptr, nullptr, SOCK_CLOEXEC);
    return true;
  }
  static void finish(ops::accept_many& op, std::int64_t n) noexcept { finish_items(op, n); }
};

template <>
struct native<ops::receive_many> {
  static constexpr auto cancel = cancellable::always;
  static constexpr auto route = routing::readiness;
  static constexpr std::int16_t readiness = POLLIN;
  static std::int64_t perform(ops::receive_many& op) noexcept;
  static std::int64_t attempt(ops::receive_many& op) noexcept;
  static constexpr std::uint8_t opcode = IORING_OP_RECV;
  static bool prepare(ops::receive_many& op, io_uring_sqe& e) noexcept {
    io_uring_prep_recv_multishot(&e, fd_of(op), nullptr, 0, 0);
    e.flags |= IOSQE_BUFFER_SELECT;  // whose group the ring knows
    return true;
  }
  static void finish(ops::receive_many& op, std::int64_t n) noexcept { finish_items(op, n); }
};

template <>
struct native<ops::send_zc> {
  static constexpr auto cancel = cancellable::always;
  static constexpr auto route = routing::readiness;
  static constexpr std::int16_t readiness = POLLOUT;
  static std::int64_t perform(ops::send_zc& op) noexcept { return copy(op, 0); }
  /// Copied, it is as good as acknowledged.
  static std::int64_t attempt(ops::send_zc& op) noexcept { return copy(op, MSG_DONTWAIT); }
  static constexpr std::uint8_t opcode = IORING_OP_SEND_ZC;
  static bool prepare(ops::send_zc& op, io_uring_sqe& e) noexcept {
    io_uring_prep_send_zc(&e, fd_of(op), op.buffer.data(), transfer_size(op.buffer.size()),
                          MSG_NOSIGNAL, 0);
    return true;
  }
  static void finish(ops::send_zc& op, std::int64_t n) noexcept { finish_items(op, n); }

 private:
  static std::int64_t copy(ops::send_zc& op, int flags) noexcept;
};

/// There is no such request of the ring; a call is made whenever the stream is ready.
template <>
struct native<ops::send_file> {
  static constexpr auto cancel = cancellable::always;
  static constexpr auto route = routing::readiness;
  static constexpr std::int16_t readiness = POLLOUT;
  static std::int64_t perform(ops::send_file& op) noexcept;
  static std::int64_t attempt(ops::send_file& op) noexcept;
  static void finish(ops::send_file& op, std::int64_t n) noexcept {
    op.value = op.done;
    if (n < 0) op.failure = system_error(n);
  }
};

template <class Op, short Events>
struct native_splice {
  static constexpr auto cancel = cancellable::always;
  static constexpr auto route = routing::readiness;
  static constexpr std::int16_t readiness = Events;
  static std::int64_t perform(Op& op) noexcept;
  static std::int64_t attempt(Op& op) noexcept;
  /// Waiting for the stream would not help: it is the pipe that has no room, or nothing.
  static constexpr std::int64_t pipe_in_the_way = INT64_MIN + 1;
  static void finish(Op& op, std::int64_t n) noexcept {
    finish_plainly<Op>(op, n == pipe_in_the_way ? -EAGAIN : n);
  }
};
template <>
struct native<ops::splice_in> : native_splice<ops::splice_in, POLLIN> {};
template <>
struct native<ops::splice_out> : native_splice<ops::splice_out, POLLOUT> {};

template <>
struct native<ops::send_message> {
  static constexpr auto cancel = cancellable::always;
  static constexpr auto route = routing::readiness;
  static constexpr std::int16_t readiness = POLLOUT;
  static std::int64_t perform(ops::send_message& op) noexcept;
  static std::int64_t attempt(ops::send_message& op) noexcept;
  static constexpr std::uint8_t opcode = IORING_OP_SENDMSG;
  static bool prepare(ops::send_message& op, io_uring_sqe& e) noexcept {
    const msghdr* m = header(op);
    if (m == nullptr) return false;
    io_uring_prep_sendmsg(&e, fd_of(op), m, MSG_NOSIGNAL);
    return true;
  }

 private:
  /// Null: more handles than one message can carry.
  static const msghdr* header(ops::send_message& op) noexcept;
};

template <>
struct native<ops::receive_message> {
  static constexpr auto cancel = cancellable::always;
  static constexpr auto route = routing::readiness;
  static constexpr std::int16_t readiness = POLLIN;
  static std::int64_t perform(ops::receive_message& op) noexcept;
  static std::int64_t attempt(ops::receive_message& op) noexcept;
  static constexpr std::uint8_t opcode = IORING_OP_RECVMSG;
  static bool prepare(ops::receive_message& op, io_uring_sqe& e) noexcept {
    io_uring_prep_recvmsg(&e, fd_of(op), header(op), MSG_CMSG_CLOEXEC);
    return true;
  }
  static void finish(ops::receive_message& op, std::int64_t n) noexcept;

 private:
  static msghdr* header(ops::receive_message& op) noexcept;
};

template <>
struct native<ops::shutdown> {
  static constexpr auto cancel = cancellable::never;
  static constexpr auto route = routing::at_once;
  static std::int64_t perform(ops::shutdown& op) noexcept {
    static constexpr int sides[] = {SHUT_RD, SHUT_WR, SHUT_RDWR};
    return retry([&] { return ::shutdown(fd_of(op), sides[static_cast<std::size_t>(op.which)]); });
  }
};

template <>
struct native<ops::get_option> {
  static constexpr auto cancel = cancellable::never;
  static constexpr auto route = routing::at_once;
  static std::int64_t perform(ops::get_option& op) noexcept;
  static void finish(ops::get_option& op, std::int64_t n) noexcept {
    if (n < 0) op.failure = system_error(n);
  }
};

template <>
struct native<ops::set_option> {
  static constexpr auto cancel = cancellable::never;
  static constexpr auto route = routing::at_once;
  static std::int64_t perform(ops::set_option& op) noexcept;
};

template <>
struct native<ops::socket_address> {
  static constexpr auto cancel = cancellable::never;
  static constexpr auto route = routing::at_once;
  static std::int64_t perform(ops::socket_address& op) noexcept;
};

/// Like a connection, it first makes what it waits for: a socket that tells of the answer.
template <>
struct native<ops::resolve> {
  static constexpr auto cancel = cancellable::always;
  static constexpr auto route = routing::readiness;
  static constexpr std::int16_t readiness = POLLIN;
  static std::int64_t begin(ops::resolve& op) noexcept;
  static std::int64_t perform(ops::resolve& op) noexcept;
  static constexpr std::uint8_t opcode = IORING_OP_POLL_ADD;
  static bool prepare(ops::resolve& op, io_uring_sqe& e) noexcept {
    io_uring_prep_poll_add(&e, fd_of(op), POLLIN);
    return true;
  }
  static void finish(ops::resolve& op, std::int64_t n) noexcept;

 private:
  static std::int64_t take(ops::resolve& op) noexcept;
};

}  // namespace sluice::inline v0
