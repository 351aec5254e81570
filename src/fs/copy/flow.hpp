// Where copied bytes pass: they are counted there, and held to a rate.
#pragma once

#include <algorithm>
#include <mutex>

#include "sluice/core/pace.hpp"
#include "sluice/core/task.hpp"
#include "sluice/fs/copy.hpp"

namespace sluice::inline v0::copying {

/// For all files of a copy together.
class flow {
 public:
  explicit flow(const copy_options& o) noexcept;

  /// Somebody counts, or there is a limit. Otherwise `passed` need not be called.
  bool watched() const noexcept { return watched_; }
  /// How much is to be moved at once, where it would be so much. Not above a hundredth of a
  /// second's, so that many files side by side don't come in waves.
  std::size_t piece(std::size_t usual) const noexcept { return std::min(usual, piece_); }

  /// Before the first byte; later ones do nothing.
  void start();
  /// So many bytes have been moved; waits until that much time is used up. `in` tells the time.
  task<void> passed(space& in, std::uint64_t bytes);
  /// So many were got without moving any: holes and shared blocks.
  void skipped(std::uint64_t bytes) noexcept {
    if (tally_ != nullptr) tally_->bytes.fetch_add(bytes, std::memory_order_relaxed);
  }

 private:
  time_point_ns book(std::uint64_t bytes);

  copy_tally* tally_;
  const copy_stopper* stop_;
  bool watched_, limited_;
  bool started_ = false;
  std::size_t piece_;
  std::mutex mutex_;
  pace pace_;
};

}  // namespace sluice::inline v0::copying
