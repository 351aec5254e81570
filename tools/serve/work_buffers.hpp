// Memory that a request needs while it is answered, and an idle connection does not.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace sluice::serve {

struct work_buffer {
  static constexpr std::size_t out_bytes = 64 * 1024;
  char out[out_bytes];       // the head of the answer, and as much of its body as fits behind it
  char path[16 * 1024];      // of the file
};

class buffer_shelf;

/// Lent from a shelf, to which it goes back. Move-only.
class buffer_lease {
 public:
  buffer_lease() noexcept = default;
  buffer_lease(buffer_shelf& of, std::unique_ptr<work_buffer> b) noexcept
      : of_(&of), buffer_(std::move(b)) {}
  buffer_lease(buffer_lease&&) noexcept = default;
  buffer_lease& operator=(buffer_lease&& other) noexcept {
    std::swap(of_, other.of_);
    std::swap(buffer_, other.buffer_);
    return *this;
  }
  ~buffer_lease();

  explicit operator bool() const noexcept { return buffer_ != nullptr; }
  work_buffer& operator*() const noexcept { return *buffer_; }
  work_buffer* operator->() const noexcept { return buffer_.get(); }

 private:
  buffer_shelf* of_ = nullptr;
  std::unique_ptr<work_buffer> buffer_;
};

/// Of one worker; keeps some for the next request.
class buffer_shelf {
 public:
  buffer_shelf() { free_.reserve(most_kept); }

  /// Throws std::bad_alloc.
  buffer_lease take() {
    if (free_.empty()) return {*this, std::unique_ptr<work_buffer>(new work_buffer)};
    buffer_lease lease(*this, std::move(free_.back()));
    free_.pop_back();
    return lease;
  }
  void put(std::unique_ptr<work_buffer> b) noexcept {
    if (free_.size() < most_kept) free_.push_back(std::move(b));
  }

 private:
  static constexpr std::size_t most_kept = 32;
  std::vector<std::unique_ptr<work_buffer>> free_;
};

inline buffer_lease::~buffer_lease() {
  if (buffer_ != nullptr) of_->put(std::move(buffer_));
}

}  // namespace sluice::serve
