// What the core asks of a hosted system: the current driver of a thread, memory for frames.
#include <pthread.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "sluice/core/config.hpp"

namespace sluice::inline v0::port {

namespace {

thread_local driver* current = nullptr;

/// Frames of tasks, recycled by size. A frame may be freed on another thread than the one that
/// made it; it then serves that thread. It has no destructor: a thread that can't register one for
/// want of memory is ended by the C library, with the whole program. What is kept is given back by
/// way of a key instead, which may fail.
class frame_cache {
 public:
  /// The thread is ending.
  void end() noexcept {
    for (block*& list : free_) {
      while (list != nullptr) {
        block* b = list;
        list = b->next;
        ::operator delete(b);
      }
    }
    how_ = keeping::no_more;
  }

  void* take(std::size_t bytes) {
    const std::size_t c = class_of(bytes);
    if (c >= classes) return ::operator new(bytes);
    if (block* b = free_[c]) {
      free_[c] = b->next;
      --kept_[c];
      return b;
    }
    return ::operator new((c + 1) * granule);
  }

  void give(void* frame, std::size_t bytes) noexcept {
    const std::size_t c = class_of(bytes);
    if (c >= classes || kept_[c] >= keep || !keeps()) return ::operator delete(frame);
    auto* b = static_cast<block*>(frame);
    b->next = free_[c];
    free_[c] = b;
    ++kept_[c];
  }

 private:
  struct block {
    block* next;
  };
  static constexpr std::size_t granule = 64;  // bytes between size classes
  static constexpr std::size_t classes = 64;  // up to 4 KiB; larger frames are not kept
  static constexpr std::size_t keep = 4096;   // blocks of one size

  enum class keeping : std::uint8_t { not_yet, now, no_more };

  static std::size_t class_of(std::size_t bytes) noexcept { return (bytes - 1) / granule; }
  bool keeps() noexcept {
    if (how_ == keeping::not_yet) [[unlikely]] how_ = will_end() ? keeping::now : keeping::no_more;
    return how_ == keeping::now;
  }
  bool will_end() noexcept;

  block* free_[classes] = {};
  std::size_t kept_[classes] = {};
  keeping how_ = keeping::not_yet;
};

/// Calls a function for each thread that ends, with what the thread has set.
struct thread_end {
  pthread_key_t key = {};
  bool made = false;
  explicit thread_end(void (*ended)(void*)) noexcept
      : made(::pthread_key_create(&key, ended) == 0) {}
};

bool frame_cache::will_end() noexcept {
  static const thread_end noticed([](void* cache) { static_cast<frame_cache*>(cache)->end(); });
  return noticed.made && ::pthread_setspecific(noticed.key, this) == 0;
}

constinit thread_local frame_cache frames;

}  // namespace

void panic(const char* why) noexcept {
  std::fprintf(stderr, "%s\n", why);  // tidy: allow(library-output) the last words before the end
  std::abort();                       // tidy: allow(library-output) an invariant is broken
}

driver* current_driver() noexcept {
  return current;
}
void set_current_driver(driver* d) noexcept {
  current = d;
}

void* allocate_frame(std::size_t bytes) {
  return frames.take(bytes);
}
void release_frame(void* frame, std::size_t bytes) noexcept {
  frames.give(frame, bytes);
}

}  // namespace sluice::inline v0::port
