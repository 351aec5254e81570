#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sluice/core/call.hpp"

namespace sluice::inline v0 {

/// Reads until the end into a vector that grows: read_to_end. What the vector held is kept, and the
/// bytes come behind it; on an error those that came before it stay. `total` is what was read, `end`
/// tells that the end was reached. Memory that can't be had is errc::out_of_memory.
template <class Op>
class [[nodiscard]] to_end_call : public detail::repeated_call<to_end_call<Op>, Op> {
 public:
  template <class... Arguments>
  to_end_call(std::vector<std::byte>& into, space& s, handle_id id, Arguments... position) noexcept
      : detail::repeated_call<to_end_call<Op>, Op>(s, id, std::span<std::byte>(), position...),
        into_(into),
        used_(into.size()) {}

 private:
  friend detail::repeated_call<to_end_call<Op>, Op>;

  static constexpr std::size_t least_room = 64 * 1024;
  static constexpr std::size_t most_growth = 16 * 1024 * 1024;

  bool nothing_to_do() noexcept { return !make_room(); }

  /// False: it is over.
  bool make_room() noexcept {
    std::size_t more = into_.capacity() - used_;
    if (more < least_room / 2) more = used_ < least_room ? least_room : used_;
    if (more > most_growth) more = most_growth;
    try {
      into_.resize(used_ + more);
    } catch (...) {
      this->outcome_.first_error = errc::out_of_memory;
      into_.resize(used_);
      return false;
    }
    this->buffer = std::span(into_).subspan(used_);
    return true;
  }

  bool advance() noexcept {
    transfer_result& so_far = this->outcome_;
    if (this->failure) {
      so_far.first_error = this->failure;
    } else {
      so_far.end = this->value == 0;
      so_far.done += this->value;
      used_ += this->value;
      this->buffer = this->buffer.subspan(this->value);
      this->move_by(this->value);
    }
    so_far.total = so_far.done;
    if (!so_far.first_error && !so_far.end && (!this->buffer.empty() || make_room())) return true;
    into_.resize(used_);
    return false;
  }

  std::vector<std::byte>& into_;
  std::size_t used_;
};

}  // namespace sluice::inline v0
