// Files of a directory whose turn to be told has not come, close together: there may be half a million.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "sluice/fs/size_totals.hpp"

namespace sluice::inline v0 {

struct waiting_file {
  std::uint64_t place = 0;  // in its directory
  std::string name;         // empty if it is only to be counted
  size_totals one;          // of the file alone
  std::uint64_t device = 0, inode = 0;  // if `again`
  bool again = false;       // other names may lead to it
};

/// Added at one end, taken from the other, in the order of their places.
class waiting_files {
 public:
  void add(const waiting_file& f);
  /// When no more will be added: gives back memory that is not used.
  void all_added() { bytes_.shrink_to_fit(); }

  bool empty() const noexcept { return read_ == bytes_.size(); }
  /// Of the next one. Not for nothing.
  std::uint64_t next_place() const noexcept;
  waiting_file take();

 private:
  // Of each: what there is of it, its place and device less those of the one before, and figures as short
  // as they can be.
  std::string bytes_;
  std::size_t read_ = 0;
  std::uint64_t last_place_ = 0, last_device_ = 0;   // added
  std::uint64_t place_ = 0, device_ = 0;             // taken
};

}  // namespace sluice::inline v0
