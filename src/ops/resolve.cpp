// Names of hosts and services.
#include <netdb.h>

#include <cstring>

#include "ops/name_lookup.hpp"
#include "ops/socket.hpp"

namespace sluice::inline v0 {

namespace {

errc portable_lookup(std::int32_t code) noexcept {
  switch (code) {
    case EAI_NONAME: case EAI_SERVICE: case EAI_NODATA: return errc::not_found;
    case EAI_AGAIN: return errc::again;
    case EAI_MEMORY: return errc::out_of_memory;
    case EAI_FAMILY: case EAI_SOCKTYPE: return errc::not_supported;
    default: return errc::other;
  }
}

void lookup_message(std::int32_t code, char* text, std::size_t size) noexcept {
  if (size == 0) return;
  std::strncpy(text, ::gai_strerror(code), size - 1);
  text[size - 1] = '\0';
}

constexpr error_domain lookup_domain{"resolver", portable_lookup, lookup_message};

/// Numbers of two lists in one: those of the resolver lie below all of errno.
constexpr std::int64_t resolver_base = -100'000;

}  // namespace

std::int64_t native<ops::resolve>::begin(ops::resolve& op) noexcept {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
  if (!system_id::reserve_release(pair[0])) {
    ::close(pair[0]);
    ::close(pair[1]);
    return -ENOMEM;
  }
  op.under_way = name_lookup::begin(op.host, op.service, pair[1]);
  if (op.under_way == nullptr) {
    ::close(pair[0]);
    return -EAGAIN;
  }
  op.id = system_id::fresh(pair[0], 1, 0);
  return 0;
}

std::int64_t native<ops::resolve>::perform(ops::resolve& op) noexcept {
  pollfd p{fd_of(op), POLLIN, 0};
  const std::int64_t waited = retry([&] { return ::poll(&p, 1, -1); });
  return waited < 0 ? waited : take(op);
}

std::int64_t native<ops::resolve>::take(ops::resolve& op) noexcept {
  const name_lookup::answer& a = op.under_way->came();
  // Of a call, EAGAIN would mean that there is no answer yet.
  if (a.code == EAI_SYSTEM && a.number == EAGAIN) return resolver_base + EAI_AGAIN;
  if (a.code == EAI_SYSTEM) return -a.number;
  if (a.code != 0) return resolver_base + a.code;
  std::size_t count = 0;
  for (const addrinfo* at = a.found; at != nullptr && count < op.into.size(); at = at->ai_next) {
    const auto raw = std::span(reinterpret_cast<const std::byte*>(at->ai_addr), at->ai_addrlen);
    if (const auto made = address::from_raw(raw)) op.into[count++] = *made;
  }
  op.value = count;
  return 0;
}

void native<ops::resolve>::finish(ops::resolve& op, std::int64_t n) noexcept {
  if (n > 0) n = take(op);  // from the ring comes only that there is an answer
  if (n <= resolver_base) {
    op.failure = error(static_cast<std::int32_t>(n - resolver_base), lookup_domain);
  } else if (n < 0) {
    op.failure = system_error(n);
  }
  if (op.under_way == nullptr) return;
  op.under_way->leave();
  op.under_way = nullptr;
  ::close(fd_of(op));
  op.id = 0;
}

}  // namespace sluice::inline v0
