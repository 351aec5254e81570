// What waits for a peer: connections, bytes, messages.
#include <sys/sendfile.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "ops/socket.hpp"

namespace sluice::inline v0 {

namespace {

constexpr std::int64_t number(items_end e) noexcept { return static_cast<std::int64_t>(e); }

/// One connection more; 0, or a negated errno.
std::int64_t accept_one(ops::accept_many& op) noexcept {
  const std::int64_t fd =
      retry([&] { return ::accept4(fd_of(op), nullptr, nullptr, SOCK_CLOEXEC); });
  if (fd < 0) return fd;
  handle_id id = 0;
  const std::int64_t n = adopt_socket(fd, id);
  if (n >= 0) op.give(id);
  return n;
}

/// One buffer's worth; items_end where that is the end of it.
std::int64_t receive_one(ops::receive_many& op, int flags) noexcept {
  pool_buffer* b = op.pool->take();
  if (b == nullptr) return number(items_end::starved);
  pooled_buffer held(*b);
  const std::size_t room = b->size;
  const std::int64_t n = retry([&] { return ::recv(fd_of(op), b->data, room, flags); });
  if (n < 0) return n;
  if (n == 0) return number(items_end::ended);
  op.pool->fill(*b, static_cast<std::size_t>(n));
  op.give(std::move(held));
  const bool whole = static_cast<std::size_t>(n) == room;
  return whole || !op.has_room() ? number(items_end::no_room) : came_short;
}

}  // namespace

std::int64_t native<ops::accept>::attempt(ops::accept& op) noexcept {
  return retry([&] { return ::accept4(fd_of(op), where(op), size(op), SOCK_CLOEXEC); });
}

std::int64_t native<ops::accept_many>::perform(ops::accept_many& op) noexcept {
  return attempt_when_ready(fd_of(op), POLLIN, [&] { return accept_one(op); });
}

std::int64_t native<ops::accept_many>::attempt(ops::accept_many& op) noexcept {
  while (op.has_room()) {
    if (const std::int64_t n = accept_one(op); n < 0) return n;
  }
  return number(items_end::no_room);
}

std::int64_t native<ops::receive_many>::perform(ops::receive_many& op) noexcept {
  const std::int64_t n = attempt_when_ready(fd_of(op), POLLIN, [&] { return receive_one(op, 0); });
  return n == came_short ? number(items_end::no_room) : n;
}

std::int64_t native<ops::receive_many>::attempt(ops::receive_many& op) noexcept {
  while (op.has_room()) {
    const std::int64_t n = receive_one(op, MSG_DONTWAIT);
    if (n != number(items_end::no_room)) return n;
  }
  return number(items_end::no_room);
}

std::int64_t native<ops::send_zc>::copy(ops::send_zc& op, int flags) noexcept {
  const auto call = [&] {
    return ::send(fd_of(op), op.buffer.data(), transfer_size(op.buffer.size()),
                  MSG_NOSIGNAL | flags);
  };
  const std::int64_t n =
      flags == 0 ? when_ready(fd_of(op), POLLOUT, call) : retry(call);
  if (n < 0) return n;
  op.give(static_cast<std::size_t>(n));
  return number(items_end::ended);
}

/// Sends until all is sent, or a call says that it would have to wait, or the file ends.
std::int64_t native<ops::send_file>::attempt(ops::send_file& op) noexcept {
  const nonblocking_scope at_once(fd_of(op));
  while (op.done < op.size) {
    auto offset = static_cast<off64_t>(op.offset + op.done);
    const std::int64_t n = retry([&] {
      return ::sendfile64(fd_of(op), system_id::descriptor(op.source_id), &offset,
                          transfer_size(op.size - op.done));
    });
    if (n < 0) return n;
    if (n == 0) break;
    op.done += static_cast<std::size_t>(n);
  }
  return 0;
}

std::int64_t native<ops::send_file>::perform(ops::send_file& op) noexcept {
  return attempt_when_ready(fd_of(op), POLLOUT, [&] { return attempt(op); });
}

namespace {

/// Where the kernel is to look in the one that is not waited for: null, at no place of its own.
template <class Op>
off64_t* place_of(Op& op, off64_t& offset) noexcept {
  if (op.offset == Op::no_offset) return nullptr;
  offset = static_cast<off64_t>(op.offset);
  return &offset;
}

std::int64_t splice(ops::splice_in& op) noexcept {
  off64_t offset;
  return ::splice(fd_of(op), nullptr, system_id::descriptor(op.other_id), place_of(op, offset),
                  transfer_size(op.size), SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}
std::int64_t splice(ops::splice_out& op) noexcept {
  off64_t offset;
  return ::splice(system_id::descriptor(op.other_id), place_of(op, offset), fd_of(op), nullptr,
                  transfer_size(op.size), SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

/// A pipe is told with the call that it is not to wait.
template <class Op>
std::int64_t splice_at_once(Op& op) noexcept {
  const auto call = [&] { return splice(op); };
  if (!is_socket(op)) return retry(call);
  const nonblocking_scope at_once(fd_of(op));
  return retry(call);
}

}  // namespace

template <class Op, short Events>
std::int64_t native_splice<Op, Events>::attempt(Op& op) noexcept {
  if ((op.other_id & system_id::socket) != 0) return -EINVAL;  // it could block, and nobody waits for it
  const std::int64_t n = splice_at_once(op);
  if (n != -EAGAIN) return n;
  pollfd other{system_id::descriptor(op.other_id), Events == POLLIN ? POLLOUT : POLLIN, 0};
  return ::poll(&other, 1, 0) == 0 ? pipe_in_the_way : n;
}
template <class Op, short Events>
std::int64_t native_splice<Op, Events>::perform(Op& op) noexcept {
  return attempt_when_ready(fd_of(op), Events, [&] { return attempt(op); });
}
template struct native_splice<ops::splice_in, POLLIN>;
template struct native_splice<ops::splice_out, POLLOUT>;

namespace {

msghdr& header_in(ops::message_room& room, std::span<const io_slice> slices) noexcept {
  static_assert(sizeof(msghdr) <= sizeof room.header);
  static_assert(CMSG_SPACE(sizeof(int) * ops::handles_per_message) <= sizeof room.control);
  auto& m = *::new (static_cast<void*>(room.header)) msghdr{};
  m.msg_iov = const_cast<iovec*>(as_iovec(slices));
  m.msg_iovlen = slices.size();
  return m;
}

}  // namespace

const msghdr* native<ops::send_message>::header(ops::send_message& op) noexcept {
  if (op.handles.size() > ops::handles_per_message) return nullptr;
  msghdr& m = header_in(op.room, op.slices);
  if (op.to != nullptr) {
    m.msg_name = const_cast<std::byte*>(op.to->data());
    m.msg_namelen = op.to->size();
  }
  if (op.handles.empty()) return &m;
  const std::size_t bytes = op.handles.size() * sizeof(int);
  std::memset(op.room.control, 0, sizeof op.room.control);
  m.msg_control = op.room.control;
  m.msg_controllen = CMSG_SPACE(bytes);
  cmsghdr* c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(bytes);
  int fds[ops::handles_per_message];
  for (std::size_t i = 0; i < op.handles.size(); ++i)
    fds[i] = system_id::descriptor(op.handles[i]->id());
  std::memcpy(CMSG_DATA(c), fds, bytes);
  return &m;
}

std::int64_t native<ops::send_message>::attempt(ops::send_message& op) noexcept {
  const msghdr* m = header(op);
  if (m == nullptr) return -EINVAL;
  return retry([&] { return ::sendmsg(fd_of(op), m, MSG_NOSIGNAL | MSG_DONTWAIT); });
}

std::int64_t native<ops::send_message>::perform(ops::send_message& op) noexcept {
  return attempt_when_ready(fd_of(op), POLLOUT, [&] { return attempt(op); });
}

msghdr* native<ops::receive_message>::header(ops::receive_message& op) noexcept {
  msghdr& m = header_in(op.room, op.slices);
  if (op.from != nullptr) {
    m.msg_name = op.from->data();
    m.msg_namelen = address::capacity;
  }
  if (!op.handles.empty()) {
    m.msg_control = op.room.control;
    m.msg_controllen =
        CMSG_SPACE(sizeof(int) * std::min(op.handles.size(), ops::handles_per_message));
  }
  return &m;
}

std::int64_t native<ops::receive_message>::attempt(ops::receive_message& op) noexcept {
  msghdr* m = header(op);
  return retry([&] { return ::recvmsg(fd_of(op), m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC); });
}

std::int64_t native<ops::receive_message>::perform(ops::receive_message& op) noexcept {
  return attempt_when_ready(fd_of(op), POLLIN, [&] { return attempt(op); });
}

void native<ops::receive_message>::finish(ops::receive_message& op, std::int64_t n) noexcept {
  if (n < 0) {
    op.failure = system_error(n);
    return;
  }
  auto& m = *reinterpret_cast<msghdr*>(op.room.header);
  op.value = {};
  op.value.size = static_cast<std::size_t>(n);
  op.value.truncated = (m.msg_flags & MSG_TRUNC) != 0;
  op.value.handles_lost = (m.msg_flags & MSG_CTRUNC) != 0;
  if (op.from != nullptr) op.from->size() = std::min(m.msg_namelen, address::capacity);
  for (cmsghdr* c = CMSG_FIRSTHDR(&m); c != nullptr; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
      // Alignment can leave room for one more than was asked for.
      if (op.value.handles == op.handles.size() || !system_id::reserve_release(fd)) {
        ::close(fd);
        op.value.handles_lost = true;
        continue;
      }
      op.handles[op.value.handles++] = handle(adopt, *op.target, system_id::of_descriptor(fd));
    }
  }
}

}  // namespace sluice::inline v0
