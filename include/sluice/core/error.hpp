// Errors are small values: a code and the domain that gives it meaning. They hold no path; the
// caller who knows the path makes the message (see sluice/describe.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>

namespace sluice::inline v0 {

/// The portable list: what programs branch on, whichever system reported it.
enum class errc : std::uint8_t {
  none,
  canceled,         // a stop was requested and the operation had not happened
  timed_out,        // its deadline passed and the operation had not happened
  not_supported,    // this space has no such operation
  would_deadlock,   // a synchronous call inside something that must make progress first
  abandoned,        // whoever held the operation dropped it
  end_of_file,      // a channel is closed and empty; transfers tell of the end without an error
  not_found,
  exists,
  permission_denied,
  is_directory,
  not_directory,
  not_empty,
  invalid,
  no_space,
  too_many_files,
  out_of_memory,
  name_too_long,
  too_many_links,   // symbolic links in a path, or hard links to a file
  cross_device,
  read_only,
  busy,
  again,
  broken_pipe,
  interrupted,
  io,
  bad_handle,
  too_large,
  no_attribute,
  connection_refused,
  connection_reset, // by the peer, or by the way to it
  not_connected,
  address_in_use,
  no_such_address,  // of this machine, to listen at or to come from
  unreachable,      // no way to the peer
  too_small,        // the buffer for an attribute: an empty one asks for the size
  other
};

/// One family of numbers: errno, Win32, 9P, TLS. Instances are constants with static lifetime.
struct error_domain {
  const char* name;
  errc (*portable)(std::int32_t code) noexcept;
  /// Writes the text for `code` into `text` (at most `size` bytes, always terminated).
  void (*message)(std::int32_t code, char* text, std::size_t size) noexcept;
};

/// Sluice's own domain: its codes are the values of errc.
extern const error_domain core_domain;

struct error {
  std::int32_t code = 0;
  const error_domain* domain = nullptr;

  constexpr error() noexcept = default;
  constexpr error(std::int32_t c, const error_domain& d) noexcept : code(c), domain(&d) {}
  constexpr error(errc c) noexcept  // implicit on purpose: `return std::unexpected(errc::x)`
      : code(static_cast<std::int32_t>(c)), domain(c == errc::none ? nullptr : &core_domain) {}

  constexpr explicit operator bool() const noexcept { return domain != nullptr; }
  errc portable() const noexcept { return domain ? domain->portable(code) : errc::none; }

  friend bool operator==(const error& a, const error& b) noexcept {
    return a.domain == b.domain && a.code == b.code;
  }
  friend bool operator==(const error& a, errc b) noexcept { return a.portable() == b; }
};
static_assert(sizeof(error) == 16);

template <class T>
using result = std::expected<T, error>;

}  // namespace sluice::inline v0
