#pragma once

#include <utility>

#include "sluice/fs/file.hpp"

namespace sluice::inline v0 {

/// A file that another is made of: `std::move(f)` is owned by it and closed with it, `f` is only
/// borrowed and has to outlive it. Of any space.
class backing {
 public:
  backing(file&& owned) noexcept  // implicit on purpose, and so is the next
      : owned_(std::move(owned)), in_(&owned_.in()), id_(owned_.id()) {}
  backing(const file& borrowed) noexcept : in_(&borrowed.in()), id_(borrowed.id()) {}

  space& in() const noexcept { return *in_; }
  handle_id id() const noexcept { return id_; }
  bool owned() const noexcept { return static_cast<bool>(owned_); }
  /// Gives the id of an owned one away: whoever takes it closes it.
  handle_id detach() noexcept { return owned_.detach(); }

 private:
  file owned_;
  space* in_;
  handle_id id_;
};

}  // namespace sluice::inline v0
