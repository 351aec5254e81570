#include "sluice/net/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace sluice::inline v0 {

static_assert(sizeof(sockaddr_un) <= address::capacity);

namespace {

template <class Sockaddr>
Sockaddr load(const address& a) noexcept {
  Sockaddr s{};
  std::memcpy(&s, a.data(), std::min<std::size_t>(a.size(), sizeof s));
  return s;
}
template <class Sockaddr>
void store(address& a, const Sockaddr& s, std::size_t size = sizeof(Sockaddr)) noexcept {
  std::memcpy(a.data(), &s, size);
  a.size() = static_cast<std::uint32_t>(size);
}

constexpr std::size_t path_begin = offsetof(sockaddr_un, sun_path);

/// The number of a port, whole and nothing else.
bool read_port(std::string_view text, std::uint16_t& port) noexcept {
  const auto [end, e] = std::from_chars(text.data(), text.data() + text.size(), port);
  return e == std::errc() && end == text.data() + text.size() && !text.empty();
}

/// With a terminating NUL, as the C functions want it.
struct terminated {
  char text[INET6_ADDRSTRLEN + 1] = {};
  /// Empty, which is no address, where it can't be one.
  explicit terminated(std::string_view s) noexcept {
    if (s.size() < sizeof text && s.find('\0') == s.npos) s.copy(text, s.size());
  }
};

}  // namespace

address address::ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d,
                      std::uint16_t port) noexcept {
  sockaddr_in s{};
  s.sin_family = AF_INET;
  s.sin_port = htons(port);
  const std::uint8_t octets[] = {a, b, c, d};
  std::memcpy(&s.sin_addr, octets, sizeof octets);
  address made;
  store(made, s);
  return made;
}

address address::loopback6(std::uint16_t port) noexcept {
  sockaddr_in6 s{};
  s.sin6_family = AF_INET6;
  s.sin6_port = htons(port);
  s.sin6_addr = IN6ADDR_LOOPBACK_INIT;
  address made;
  store(made, s);
  return made;
}

result<address> address::local(std::string_view path) noexcept {
  if (path.empty() || path.find('\0') != path.npos) return std::unexpected(errc::invalid);
  sockaddr_un s{};
  s.sun_family = AF_UNIX;
  // One that ends without a NUL the system would take, and we could not give back as a path.
  if (path.size() >= sizeof s.sun_path) return std::unexpected(errc::name_too_long);
  path.copy(s.sun_path, path.size());
  const bool abstract = path.front() == '@';
  if (abstract) s.sun_path[0] = '\0';
  address made;
  store(made, s, path_begin + path.size() + (abstract ? 0 : 1));
  return made;
}

result<address> address::parse(std::string_view text) noexcept {
  constexpr std::string_view unix_prefix = "unix:";
  if (text.starts_with(unix_prefix)) return local(text.substr(unix_prefix.size()));
  const std::size_t colon = text.rfind(':');
  std::uint16_t port = 0;
  if (colon == text.npos || !read_port(text.substr(colon + 1), port))
    return std::unexpected(errc::invalid);
  std::string_view host = text.substr(0, colon);
  address made;
  if (host.starts_with('[') && host.ends_with(']')) {
    sockaddr_in6 s{};
    s.sin6_family = AF_INET6;
    s.sin6_port = htons(port);
    if (::inet_pton(AF_INET6, terminated(host.substr(1, host.size() - 2)).text, &s.sin6_addr) != 1)
      return std::unexpected(errc::invalid);
    store(made, s);
    return made;
  }
  sockaddr_in s{};
  s.sin_family = AF_INET;
  s.sin_port = htons(port);
  if (::inet_pton(AF_INET, terminated(host).text, &s.sin_addr) != 1)
    return std::unexpected(errc::invalid);
  store(made, s);
  return made;
}

result<address> address::from_raw(std::span<const std::byte> raw) noexcept {
  address made;
  if (raw.size() > capacity) return std::unexpected(errc::invalid);
  std::copy(raw.begin(), raw.end(), made.bytes_);
  made.size_ = static_cast<std::uint32_t>(raw.size());
  if (made.size_ != 0 && made.family() == address_family::none)
    return std::unexpected(errc::not_supported);
  return made;
}

address_family address::family() const noexcept {
  if (size_ < sizeof(sa_family_t)) return address_family::none;
  sa_family_t f;
  std::memcpy(&f, bytes_, sizeof f);
  switch (f) {
    case AF_INET: return address_family::ipv4;
    case AF_INET6: return address_family::ipv6;
    case AF_UNIX: return address_family::local;
    default: return address_family::none;
  }
}

std::uint16_t address::port() const noexcept {
  switch (family()) {
    case address_family::ipv4: return ntohs(load<sockaddr_in>(*this).sin_port);
    case address_family::ipv6: return ntohs(load<sockaddr_in6>(*this).sin6_port);
    default: return 0;
  }
}

void address::set_port(std::uint16_t port) noexcept {
  if (family() == address_family::ipv4) {
    auto s = load<sockaddr_in>(*this);
    s.sin_port = htons(port);
    store(*this, s);
  } else if (family() == address_family::ipv6) {
    auto s = load<sockaddr_in6>(*this);
    s.sin6_port = htons(port);
    store(*this, s);
  }
}

std::string address::path() const {
  if (family() != address_family::local || size_ <= path_begin) return {};
  const char* begin = reinterpret_cast<const char*>(bytes_) + path_begin;
  std::string name(begin, size_ - path_begin);
  if (name.front() == '\0') {
    name.front() = '@';
  } else if (const auto end = name.find('\0'); end != name.npos) {
    name.resize(end);
  }
  return name;
}

bool address::is_loopback() const noexcept {
  switch (family()) {
    case address_family::ipv4: {
      const auto s = load<sockaddr_in>(*this);
      return (ntohl(s.sin_addr.s_addr) >> 24) == 127;
    }
    case address_family::ipv6: {
      const auto s = load<sockaddr_in6>(*this);
      return IN6_IS_ADDR_LOOPBACK(&s.sin6_addr);
    }
    case address_family::local: return true;
    default: return false;
  }
}

std::string address::text() const {
  char host[INET6_ADDRSTRLEN] = {};
  switch (family()) {
    case address_family::ipv4: {
      const auto s = load<sockaddr_in>(*this);
      ::inet_ntop(AF_INET, &s.sin_addr, host, sizeof host);
      return std::string(host) + ":" + std::to_string(port());
    }
    case address_family::ipv6: {
      const auto s = load<sockaddr_in6>(*this);
      ::inet_ntop(AF_INET6, &s.sin6_addr, host, sizeof host);
      return "[" + std::string(host) + "]:" + std::to_string(port());
    }
    case address_family::local: return "unix:" + path();
    default: return "none";
  }
}

bool operator==(const address& a, const address& b) noexcept {
  return a.size_ == b.size_ && std::memcmp(a.bytes_, b.bytes_, a.size_) == 0;
}

}  // namespace sluice::inline v0
