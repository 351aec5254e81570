// What the thread sanitizer cannot see: the kernel on the other side of a ring, and that the memory
// of a ring which was given back is another's when it comes again.
#pragma once

#if defined(__SANITIZE_THREAD__)
#define SLUICE_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SLUICE_TSAN 1
#endif
#endif

#if defined(SLUICE_TSAN)
extern "C" void __tsan_acquire(void*);
extern "C" void __tsan_release(void*);
#endif

namespace sluice::inline v0::unseen {

/// Something with an order that goes through the kernel.
struct order {
  char address = 0;
#if defined(SLUICE_TSAN)
  void release() noexcept { __tsan_release(&address); }
  void acquire() noexcept { __tsan_acquire(&address); }
#else
  void release() noexcept {}
  void acquire() noexcept {}
#endif
};

inline order streams;      // what a write has before it, its reader has before it
inline order ring_memory;  // unmapped here, mapped there

}  // namespace sluice::inline v0::unseen
