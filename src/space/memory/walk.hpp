// From a path to a node.
#pragma once

#include <cerrno>
#include <string_view>

#include "space/memory/store.hpp"

namespace sluice::inline v0::memory {

inline constexpr std::size_t name_max = 255;
inline constexpr std::size_t path_max = 4095;
inline constexpr unsigned links_max = 40;  // followed on one walk

/// Where a path leads: to the directory that has, or would have, its last name. A path that ends
/// in "." or "..", or is all slashes, leads to a directory under no name.
struct destination {
  int error = 0;                // an errno; then the rest means nothing
  node* parent = nullptr;
  std::string_view name;        // points into the path or a link; empty: the path ends at `found`
  std::string_view last;        // as written: may be "." or ".."
  node* found = nullptr;        // null: there is nothing of that name,
  int missing = ENOENT;         // which is this error
  bool must_be_directory = false;  // slashes follow the name
};

/// How far "..", links and absolute paths may go.
enum class confinement : std::uint8_t { none, beneath, in_root };

/// What becomes of a symbolic link under the last name.
enum class last_link : std::uint8_t {
  stays,          // the name is what counts: it is made, removed or renamed
  through_slash,  // slashes behind it ask for what it points to
  follow
};

struct walk_rules {
  last_link at_end = last_link::stays;
  confinement within = confinement::none;
  bool no_symlinks = false;
  bool makes_file = false;  // a last name with slashes behind it can't be one
};

/// `from` is where relative paths begin.
destination walk(store& nodes, handle_id from, path_ref path, const walk_rules& rules = {}) noexcept;

/// To a name that has to be new, in a directory that takes names; only one of a directory may have
/// slashes behind it.
destination walk_to_new(store& nodes, handle_id from, path_ref path,
                        bool directory = false) noexcept;

inline last_link end_of(lookup how) noexcept {
  return any(how & lookup::no_follow) ? last_link::through_slash : last_link::follow;
}

/// The node that exists under the path; an empty path is the handle's own, be it a location or
/// not. Negated errno on error.
std::int64_t look_up(store& nodes, handle_id from, path_ref path, lookup how,
                     node*& found) noexcept;
/// The same for those to whom a location is no open file.
std::int64_t look_up_open(store& nodes, handle_id from, path_ref path, lookup how,
                          node*& found) noexcept;

}  // namespace sluice::inline v0::memory
