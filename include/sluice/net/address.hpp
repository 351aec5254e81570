// Where a socket is: IPv4, IPv6 or a Unix path. Values, free of any operating system's headers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sluice/core/error.hpp"

namespace sluice::inline v0 {

enum class address_family : std::uint8_t { none, ipv4, ipv6, local };

/// An address of a socket. Small enough to copy, compared by value.
class address {
 public:
  /// No address: what a Unix socket without a name has.
  address() noexcept = default;

  /// This machine, reachable from this machine only.
  static address loopback(std::uint16_t port) noexcept { return ipv4(127, 0, 0, 1, port); }
  static address loopback6(std::uint16_t port) noexcept;
  static address ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d,
                      std::uint16_t port) noexcept;
  /// A name in the file system, or, after '@', one that is in none (Linux's abstract names).
  /// errc::name_too_long over 107 bytes, errc::invalid when empty or with a NUL in it.
  static result<address> local(std::string_view path) noexcept;
  /// "127.0.0.1:80", "[::1]:80", "unix:/run/x", "unix:@name". Numbers only: names are looked up by
  /// network::resolve. errc::invalid for anything else.
  static result<address> parse(std::string_view text) noexcept;
  /// From the system's own form (a sockaddr). errc::not_supported for a family that is not here.
  static result<address> from_raw(std::span<const std::byte> sockaddr) noexcept;

  address_family family() const noexcept;
  /// 0 where there is none.
  std::uint16_t port() const noexcept;
  void set_port(std::uint16_t port) noexcept;
  /// Of a Unix address; with '@' before an abstract name.
  std::string path() const;
  bool is_loopback() const noexcept;
  /// As `parse` reads it; "none" without an address.
  std::string text() const;

  friend bool operator==(const address& a, const address& b) noexcept;

  /// The system's form, for whoever carries out operations: `capacity` bytes may be written.
  static constexpr std::uint32_t capacity = 112;
  const std::byte* data() const noexcept { return bytes_; }
  std::byte* data() noexcept { return bytes_; }
  std::uint32_t size() const noexcept { return size_; }
  std::uint32_t& size() noexcept { return size_; }

 private:
  alignas(8) std::byte bytes_[capacity] = {};
  std::uint32_t size_ = 0;
};

}  // namespace sluice::inline v0
