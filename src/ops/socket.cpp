// Sockets made, set up and asked about: what happens at once.
#include "ops/socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

namespace sluice::inline v0 {

std::int64_t adopt_socket(std::int64_t fd, handle_id& into, handle_id flags) noexcept {
  const int made = static_cast<int>(fd);
  if (!system_id::reserve_release(made)) {
    ::close(made);
    return -ENOMEM;
  }
  into = system_id::make(made, 1, flags);
  return 0;
}

void nonblocking_scope::set(int on) noexcept { ::ioctl(fd_, FIONBIO, &on); }

void make_nonblocking(int listener) noexcept {
  int on = 1;
  ::ioctl(listener, FIONBIO, &on);
}

namespace {

struct option_place {
  int level, name;
};

/// In the order of socket_option; linger is not an integer.
constexpr option_place places[] = {
    {IPPROTO_TCP, TCP_NODELAY},   {SOL_SOCKET, SO_KEEPALIVE},    {IPPROTO_TCP, TCP_KEEPIDLE},
    {IPPROTO_TCP, TCP_KEEPINTVL}, {IPPROTO_TCP, TCP_KEEPCNT},    {IPPROTO_TCP, TCP_USER_TIMEOUT},
    {SOL_SOCKET, SO_REUSEADDR},   {SOL_SOCKET, SO_REUSEPORT},    {SOL_SOCKET, SO_SNDBUF},
    {SOL_SOCKET, SO_RCVBUF},      {IPPROTO_TCP, TCP_CORK},       {IPPROTO_TCP, TCP_QUICKACK},
    {SOL_SOCKET, SO_LINGER},      {SOL_SOCKET, SO_BROADCAST},    {IPPROTO_IPV6, IPV6_V6ONLY},
    {SOL_SOCKET, SO_PASSCRED},    {SOL_SOCKET, SO_ERROR},
};
static_assert(std::size(places) == static_cast<std::size_t>(socket_option::pending_error) + 1);

std::int64_t set(int fd, socket_option o, int to) noexcept {
  const option_place at = places[static_cast<std::size_t>(o)];
  const linger wait{to >= 0, to >= 0 ? to : 0};
  const bool lingers = o == socket_option::linger;
  const void* value = lingers ? static_cast<const void*>(&wait) : &to;
  const socklen_t size = lingers ? sizeof wait : sizeof to;
  return ::setsockopt(fd, at.level, at.name, value, size) < 0 ? -errno : 0;
}

std::int64_t apply(int fd, const socket_settings& how, bool listens) noexcept {
  const std::pair<socket_option, int> wanted[] = {
      {socket_option::reuse_address, listens && how.reuse_address},
      {socket_option::reuse_port, how.reuse_port},
      {socket_option::only_ipv6, how.only_ipv6},
      {socket_option::no_delay, how.no_delay},
      {socket_option::broadcast, how.broadcast},
      {socket_option::send_buffer, how.send_buffer},
      {socket_option::receive_buffer, how.receive_buffer},
  };
  for (const auto& [option, to] : wanted) {
    if (to == 0) continue;
    if (const std::int64_t n = set(fd, option, to); n < 0) return n;
  }
  return 0;
}

/// A socket of an address's family, with its settings, or a negated errno.
std::int64_t make_socket(const address& a, const socket_settings& how, int type,
                         bool listens) noexcept {
  const int family = a.size() != 0 ? as_sockaddr(a)->sa_family : AF_UNSPEC;
  const int fd = ::socket(family, type | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  const bool local = family == AF_UNIX;
  socket_settings fitting = how;
  if (local) fitting.no_delay = fitting.only_ipv6 = fitting.reuse_address = false;
  if (family != AF_INET6) fitting.only_ipv6 = false;
  const std::int64_t n = apply(fd, fitting, listens);
  if (n >= 0) return fd;
  ::close(fd);
  return n;
}

/// What was made is closed when the rest fails.
std::int64_t or_close(std::int64_t fd, int result) noexcept {
  if (result == 0) return fd;
  const int why = errno;
  ::close(static_cast<int>(fd));
  return -why;
}

}  // namespace

template <>
std::int64_t native_maker<ops::listen>::make(ops::listen& op) noexcept {
  const std::int64_t made = make_socket(op.where, op.how, SOCK_STREAM, true);
  if (made < 0) return made;
  const int fd = static_cast<int>(made);
  const int bound = ::bind(fd, as_sockaddr(op.where), op.where.size());
  return or_close(made, bound == 0 ? ::listen(fd, op.how.backlog) : bound);
}

template <>
std::int64_t native_maker<ops::bind>::make(ops::bind& op) noexcept {
  const std::int64_t made = make_socket(op.where, op.how, SOCK_DGRAM, false);
  if (made < 0) return made;
  return or_close(made, ::bind(static_cast<int>(made), as_sockaddr(op.where), op.where.size()));
}

std::int64_t native<ops::connect>::begin(ops::connect& op) noexcept {
  op.begun = false;
  const std::int64_t made = make_socket(op.where, op.how, SOCK_STREAM, false);
  return made < 0 ? made : adopt_socket(made, op.id);
}

/// Interrupted, it goes on by itself, and asking again would be an error.
std::int64_t native<ops::connect>::perform(ops::connect& op) noexcept {
  const int fd = fd_of(op);
  if (::connect(fd, as_sockaddr(op.where), op.where.size()) == 0) return 0;
  if (errno != EINTR && errno != EINPROGRESS) return -errno;
  pollfd p{fd, POLLOUT, 0};
  retry([&] { return ::poll(&p, 1, -1); });
  int why = 0;
  socklen_t size = sizeof why;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size);
  return -why;
}

std::int64_t native<ops::connect>::attempt(ops::connect& op) noexcept {
  const int fd = fd_of(op);
  if (op.begun) {
    int why = 0;
    socklen_t size = sizeof why;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size);
    return -why;
  }
  op.begun = true;
  const nonblocking_scope at_once(fd);
  if (::connect(fd, as_sockaddr(op.where), op.where.size()) == 0) return 0;
  if (errno == EINPROGRESS || errno == EINTR) return -EAGAIN;
  // A Unix listener's backlog is full, and no event will tell when it is not.
  return errno == EAGAIN ? needs_a_thread : -errno;
}

void native<ops::connect>::finish(ops::connect& op, std::int64_t n) noexcept {
  if (n < 0) {
    op.failure = system_error(n);
    if (op.id != 0) ::close(fd_of(op));
  } else {
    op.value = op.id;
  }
  op.id = 0;
}

std::int64_t native<ops::get_option>::perform(ops::get_option& op) noexcept {
  const option_place at = places[static_cast<std::size_t>(op.option)];
  struct linger wait {};
  int value = 0;
  const bool lingers = op.option == socket_option::linger;
  socklen_t size = lingers ? sizeof wait : sizeof value;
  if (::getsockopt(fd_of(op), at.level, at.name, lingers ? static_cast<void*>(&wait) : &value,
                   &size) < 0)
    return -errno;
  op.value = lingers ? (wait.l_onoff != 0 ? wait.l_linger : -1) : value;
  return 0;
}

std::int64_t native<ops::set_option>::perform(ops::set_option& op) noexcept {
  return set(fd_of(op), op.option, op.wanted);
}

std::int64_t native<ops::socket_address>::perform(ops::socket_address& op) noexcept {
  op.value.size() = address::capacity;
  const auto ask = op.peer ? ::getpeername : ::getsockname;
  return ask(fd_of(op), as_sockaddr(op.value), &op.value.size()) < 0 ? -errno : 0;
}

}  // namespace sluice::inline v0
