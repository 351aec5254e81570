// A small number for each thread: who does the same all the time finds its own among a few of a kind.
#pragma once

#include <atomic>

namespace sluice::inline v0 {

/// Counted from 0 in the order in which threads ask first; never given twice.
inline unsigned this_thread_number() noexcept {
  static std::atomic<unsigned> threads = 0;
  thread_local const unsigned mine = threads.fetch_add(1, std::memory_order_relaxed);
  return mine;
}

}  // namespace sluice::inline v0
