// From a path to a node.
#pragma once

#include <string_view>

#include "space/memory/store.hpp"

namespace sluice::inline v0::memory {

inline constexpr std::size_t name_max = 255;
inline constexpr std::size_t path_max = 4095;

/// Where a path leads: to the directory that has, or would have, its last name. A path that ends
/// in "." or "..", or is all slashes, leads to a directory under no name.
struct destination {
  int error = 0;                // an errno; then the rest means nothing
  node* parent = nullptr;
  std::string_view name;        // points into the path; empty: the path ends at `found`
  std::string_view last;        // as written: may be "." or ".."
  node* found = nullptr;        // null: there is nothing of that name
  bool must_be_directory = false;  // slashes follow the name
};

/// How far ".." and absolute paths may go.
enum class confinement : std::uint8_t { none, beneath, in_root };

/// `from` is where relative paths begin.
destination walk(store& nodes, handle_id from, path_ref path,
                 confinement within = confinement::none) noexcept;

/// The node that exists under the path; an empty path is the handle's own. Negated errno on error.
std::int64_t look_up(store& nodes, handle_id from, path_ref path, node*& found) noexcept;

}  // namespace sluice::inline v0::memory
