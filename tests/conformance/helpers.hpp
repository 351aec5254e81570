// What many cases do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/conformance/checks.hpp"

namespace sluice::conformance {

using bytes = std::vector<std::byte>;

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}
inline std::string as_text(std::span<const std::byte> b) {
  return std::string(reinterpret_cast<const char*>(b.data()), b.size());
}
/// Bytes that look random and are the same every time.
bytes pattern(std::size_t size, unsigned seed = 1);

inline constexpr open_mode create_new =
    open_mode::create | open_mode::exclusive | open_mode::read_write;

/// A new file with this in it, open for both.
task<result<file>> make_file(const dir& in, path_ref name, std::span<const std::byte> content);
/// The whole of a file.
task<result<bytes>> content_of(const file& f);
task<result<bytes>> content_of(const dir& in, path_ref name);
/// The names in a directory but "." and "..", sorted; opens it by itself.
task<result<std::vector<std::string>>> names_in(const dir& in, path_ref name,
                                                std::size_t buffer_size = 64 * 1024);

/// A read that has something to read, on the case's own loop.
task<void> one_byte_through_a_pipe(place& p);

/// Descriptors that this process has open.
std::size_t open_descriptors();
/// Lets this process have so many, if it may; how many it may have.
std::size_t allow_descriptors(std::size_t wanted);

}  // namespace sluice::conformance
