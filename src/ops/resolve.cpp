// Names of hosts and services.
#include <netdb.h>

#include <cstring>
#include <memory>

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

std::int64_t native<ops::resolve>::perform(ops::resolve& op) noexcept {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int n = ::getaddrinfo(op.host.empty() ? nullptr : op.host.c_str(),
                              op.service.empty() ? nullptr : op.service.c_str(), &hints, &found);
  if (n == EAI_SYSTEM) return -errno;
  if (n != 0) return resolver_base + n;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, ::freeaddrinfo);
  std::size_t count = 0;
  for (const addrinfo* a = found; a != nullptr && count < op.into.size(); a = a->ai_next) {
    const auto raw = std::span(reinterpret_cast<const std::byte*>(a->ai_addr), a->ai_addrlen);
    if (const auto made = address::from_raw(raw)) op.into[count++] = *made;
  }
  return static_cast<std::int64_t>(count);
}

void native<ops::resolve>::finish(ops::resolve& op, std::int64_t n) noexcept {
  if (n >= 0) {
    op.value = static_cast<std::size_t>(n);
  } else if (n <= resolver_base) {
    op.failure = error(static_cast<std::int32_t>(n - resolver_base), lookup_domain);
  } else {
    op.failure = system_error(n);
  }
}

}  // namespace sluice::inline v0
