// What has come from a client and was not used yet.
#pragma once

#include <cstring>
#include <span>

#include "work_buffers.hpp"

namespace sluice::serve {

/// A connection that waits has a small buffer of its own, enough for what browsers send in most
/// requests; a longer head is given a larger one until it has been answered.
class input {
 public:
  static constexpr std::size_t idle_bytes = 1024;

  explicit input(buffer_shelf& shelf) noexcept : shelf_(shelf) {}

  std::span<const char> bytes() const noexcept { return {data() + begin_, end_ - begin_}; }
  bool empty() const noexcept { return begin_ == end_; }

  /// Where more may be put; empty when there is no more room for one head. Moves what is there.
  /// Throws std::bad_alloc.
  std::span<char> room() {
    if (begin_ > 0) {
      std::memmove(data(), data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ == idle_bytes && !large_) {
      large_ = shelf_.take();
      std::memcpy(large_->out, small_, end_);
    }
    return {data() + end_, capacity() - end_};
  }
  void came(std::size_t n) noexcept { end_ += n; }
  void used(std::size_t n) noexcept { begin_ += n; }

  /// After a request: back into the small buffer, if what is left fits.
  void settle() noexcept {
    const std::size_t left = end_ - begin_;
    if (!large_ || left > idle_bytes) return;
    std::memcpy(small_, data() + begin_, left);
    large_ = buffer_lease();
    begin_ = 0;
    end_ = left;
  }

 private:
  char* data() noexcept { return large_ ? large_->out : small_; }
  const char* data() const noexcept { return large_ ? large_->out : small_; }
  std::size_t capacity() const noexcept { return large_ ? sizeof large_->out : sizeof small_; }

  buffer_shelf& shelf_;
  buffer_lease large_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  char small_[idle_bytes];
};

}  // namespace sluice::serve
