// What the core needs from whoever ports it: the functions in `port`, and core_domain of error.hpp.
// The hosted library defines them; a freestanding user supplies their own, as examples/freestanding.
#pragma once

#include <cstddef>

#ifdef NDEBUG
#define SLUICE_ASSERT(condition, why) static_cast<void>(0)
#else
#define SLUICE_ASSERT(condition, why) \
  ((condition) ? static_cast<void>(0) : ::sluice::port::panic("sluice: " why))
#endif

namespace sluice::inline v0 {

class driver;

/// What one thread writes and another uses at the same time lies at least so far apart: bytes that are
/// nearer go from core to core together. A constant of ours: the compiler's may differ between two files.
inline constexpr std::size_t cache_line = 64;

namespace port {

/// Ends the program: an invariant is broken or, where there are no exceptions, one was needed.
[[noreturn]] void panic(const char* why) noexcept;

/// The driver that is resuming coroutines on this thread; null outside of one.
driver* current_driver() noexcept;
void set_current_driver(driver* d) noexcept;

/// Memory for coroutine frames where neither an argument nor the current driver supplies it.
void* allocate_frame(std::size_t bytes);
void release_frame(void* frame, std::size_t bytes) noexcept;

}  // namespace port
}  // namespace sluice::inline v0
