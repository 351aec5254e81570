#include "connections.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "sluice/system.hpp"

namespace sluice::serve {

std::optional<std::uint64_t> acknowledged(const stream& socket) noexcept {
  // The C library's tcp_info ends before this field.
  struct {
    tcp_info begin;
    std::uint64_t pacing_rate, max_pacing_rate, bytes_acked;
  } told{};
  static_assert(sizeof(tcp_info) == 104, "bytes_acked is at 120");
  socklen_t size = sizeof told;
  const int fd = system_space::descriptor(socket);
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &told, &size) != 0 || size < sizeof told) return std::nullopt;
  return told.bytes_acked;
}

void abort_connection(const stream& socket) noexcept {
  // A shutdown, and even a close, would leave TCP's queue to a client that may never take it. Other sockets
  // have no such queue, and refuse this.
  const int fd = system_space::descriptor(socket);
  const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
  if (::connect(fd, &nobody, sizeof nobody) != 0) ::shutdown(fd, SHUT_RDWR);
}

void connection_watch::ask_to_leave() noexcept {
  if (leaves.exchange(true, std::memory_order_relaxed)) return;
  ::shutdown(system_space::descriptor(socket), SHUT_RD);
}

bool connection_watch::goes_on(time_point_ns now, time_point_ns patience) noexcept {
  const std::uint64_t before = taken.load(std::memory_order_relaxed);
  if (before == not_followed || now == never) return false;
  const auto by_now = acknowledged(socket);
  if (!by_now || *by_now <= before) return false;
  taken.store(*by_now, std::memory_order_relaxed);
  deadline.store(now + patience, std::memory_order_relaxed);
  return true;
}

bool connection_list::end_idlest() noexcept {
  const std::lock_guard hold(mutex_);
  connection_watch* idlest = nullptr;
  time_point_ns first = never;
  for (connection_watch* c = first_; c != nullptr; c = c->next) {
    // All of them have the same time to be idle.
    const time_point_ns deadline = c->deadline.load(std::memory_order_relaxed);
    const bool idle = c->idle.load(std::memory_order_relaxed) && !c->leaves.load(std::memory_order_relaxed);
    const bool may_go = c->answered && idle;
    if (!may_go || deadline >= first) continue;
    first = deadline;
    idlest = c;
  }
  if (idlest == nullptr) return false;
  idlest->ask_to_leave();
  return true;
}

}  // namespace sluice::serve
