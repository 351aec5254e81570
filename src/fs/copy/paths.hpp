#pragma once

#include <string>
#include <string_view>

#include "sluice/core/path_ref.hpp"

namespace sluice::inline v0::copying {

/// Where a path's last name begins. 0: nothing is above it.
inline std::size_t last_name_in(std::string_view path) {
  const std::size_t end = path.find_last_not_of('/');
  if (end == path.npos) return 0;
  return path.rfind('/', end) + 1;  // none is npos
}

/// The directory that a path's last name lies in.
inline std::string directory_of(path_ref whole) {
  std::string path(whole.c_str(), whole.size());
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

inline std::string last_name_of(path_ref whole) {
  std::string path(whole.c_str(), whole.size());
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path.substr(path.rfind('/') + 1);
}

}  // namespace sluice::inline v0::copying
