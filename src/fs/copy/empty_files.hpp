// Empty files of a directory that several workers fill.
#pragma once

#include "fs/copy/pair.hpp"

namespace sluice::inline v0::copying {

/// The system makes one name at a time in a directory. Where workers take turns at each, its lock and its
/// blocks go from core to core with each file, and two are slower than one. So what is to be made in it is
/// opened first, and then its names are made by one worker, many in a row. Only for files without bytes: of
/// those that have some, each worker is to leave one half one at most if it is killed.
class empty_files {
 public:
  empty_files(context& c, copy_dir& in) noexcept : context_(c), in_(in) {}

  /// Copies a regular file, or leaves it for `make`; what `i` refers to stays until then.
  task<void> copy(const item& i);
  task<void> make();

 private:
  bool leaves_for_later(const full_file& f) const noexcept;

  context& context_;
  copy_dir& in_;
  std::vector<std::unique_ptr<full_file>> opened_;
};

}  // namespace sluice::inline v0::copying
