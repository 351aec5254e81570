// Names where they cost the kernel least, for machines that are only modelled.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdlib>
#include <memory>

namespace sluice::inline v0 {

/// User-mode-linux takes a name by copying from where it begins to the end of its page, and fills what is
/// left with zeros: up to 4 us, more than all else that it does for a status. So names lie at the ends of
/// pages there, at most eight to one. Each place belongs to one entry of the queue: the kernel has taken
/// the name by the time that the entry is free again.
class short_names {
 public:
  static constexpr std::size_t longest = 32;  // bytes with the one that ends it; longer ones stay

  /// Lets the entry mean a copy of its name, if it has a short one. `first` is the first of so many entries.
  void move(io_uring_sqe& e, const io_uring_sqe* first, std::size_t entries) noexcept;

 private:
  struct freed {
    void operator()(char* pages) const noexcept { std::free(pages); }
  };
  std::unique_ptr<char, freed> pages_;  // null until they are needed
};

}  // namespace sluice::inline v0
