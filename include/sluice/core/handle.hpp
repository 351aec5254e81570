#pragma once

#include <utility>

#include "sluice/core/call.hpp"

namespace sluice::inline v0 {

/// What all handles are: a space and the name of something in it. Move-only and tied to no loop:
/// any thread may use it, one at a time unless the verb says otherwise.
///
/// `close()` on the derived handles is the way to end one: it reports errors. A destructor only
/// releases: it neither blocks nor fails. A handle must outlive the operations that use it.
class handle {
 public:
  handle() noexcept = default;
  handle(adopt_t, space& s, handle_id id) noexcept : space_(&s), id_(id) {}
  handle(handle&& other) noexcept : space_(std::exchange(other.space_, nullptr)), id_(other.id_) {}
  handle& operator=(handle&& other) noexcept {
    std::swap(space_, other.space_);
    std::swap(id_, other.id_);
    return *this;
  }
  ~handle() {
    if (space_ != nullptr) space_->release(id_);
  }

  explicit operator bool() const noexcept { return space_ != nullptr; }
  space& in() const noexcept { return *space_; }
  handle_id id() const noexcept { return id_; }

  /// Gives the id away; whoever takes it ends it.
  handle_id detach() noexcept {
    space_ = nullptr;
    return id_;
  }
  /// The same thing as a handle of another kind; what it is, is the caller's to know.
  template <class Handle>
  [[nodiscard]] Handle become() && noexcept {
    space& s = *space_;
    return Handle(adopt, s, detach());
  }
  /// For a close that could not be done: the handle is again what it was. One that has got something
  /// else meanwhile keeps that, and the id is released.
  void take_back(space& s, handle_id id) noexcept {
    if (space_ != nullptr) return s.release(id);
    space_ = &s;
    id_ = id;
  }

 protected:
  space* space_ = nullptr;
  handle_id id_ = 0;
};

}  // namespace sluice::inline v0
