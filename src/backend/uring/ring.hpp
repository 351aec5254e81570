#pragma once

#include <liburing.h>

#include <atomic>
#include <bitset>
#include <cstdint>
#include <string>

#include "backend/uring/thread_sanitizer.hpp"

namespace sluice::inline v0 {

/// A ring with the best flags that the running kernel takes, found by trying.
struct ring {
  io_uring raw{};
  bool open = false;
  bool enabled = false;      // some thread has made it its own
  bool defers_work = false;  // completions are only made while we are inside the kernel
  std::bitset<256> supports; // opcodes
  std::string flags;         // for the report

  ring() = default;
  ~ring() {
    unseen::ring_memory.release();
    if (open) io_uring_queue_exit(&raw);
  }
  ring(const ring&) = delete;
  ring& operator=(const ring&) = delete;

  /// Empty on success; else what stands in the way and how to remove it.
  std::string set_up(unsigned entries);
  /// From now on the ring belongs to the calling thread; nothing is submitted before.
  void enable() noexcept;
  /// Any thread: makes a completion with this user data. False: the kernel does not do that, or the
  /// ring belongs to nobody yet.
  bool send_message(std::uint64_t data) noexcept;

 private:
  std::atomic<bool> takes_messages_ = true;  // until the kernel says otherwise
};

}  // namespace sluice::inline v0
