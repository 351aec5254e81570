// One of two file systems that are asked the same, and what it answers as text.
#pragma once

#include <array>
#include <string>

#include "sluice/sluice.hpp"

namespace memory_test {

using namespace sluice;

inline std::string word(const error& e) {
  return e ? std::string(e.domain->name) + " " + std::to_string(e.code) : "ok";
}
inline std::string word(const result<void>& r) { return r ? "ok" : word(r.error()); }
template <class T>
std::string number(const result<T>& r) {
  return r ? std::to_string(*r) : word(r.error());
}

/// What must be the same everywhere. Times are only told apart as old (set by the test) or new.
std::string describe_status(const result<file_status>& s);

/// The tree as text: types, modes, sizes, links, texts, attributes, contents and holes.
std::string describe_tree(const dir& at, const std::string& indent = "");

/// A file's bytes that are not zero, by their runs, and its data and holes.
std::string describe_content(const file& f);

std::string list(const dir& at);
std::string xattrs_of(const dir& at, path_ref name);

struct side {
  dir base;
  std::array<file, 3> files;
  std::array<dir, 3> dirs;
};

/// A folder on a tmpfs, removed with all in it; without a path where there is none.
class tmpfs_folder {
 public:
  tmpfs_folder();
  ~tmpfs_folder();
  tmpfs_folder(const tmpfs_folder&) = delete;
  tmpfs_folder& operator=(const tmpfs_folder&) = delete;
  const std::string& path() const { return path_; }
  dir open() const;

 private:
  std::string path_;
};

}  // namespace memory_test
