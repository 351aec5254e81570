// What the core asks of a hosted system: the current driver of a thread, memory for frames.
#include <cstdio>
#include <cstdlib>
#include <new>

#include "sluice/core/config.hpp"

namespace sluice::inline v0::port {

namespace {

thread_local driver* current = nullptr;

/// Frames of tasks, recycled by size. A frame may be freed on another thread than the one that
/// made it; it then serves that thread.
class frame_cache {
 public:
  ~frame_cache() {
    for (block*& list : free_) {
      while (list != nullptr) {
        block* b = list;
        list = b->next;
        ::operator delete(b);
      }
    }
    gone_ = true;
  }

  void* take(std::size_t bytes) {
    const std::size_t c = class_of(bytes);
    if (c >= classes || gone_) return ::operator new(bytes);
    if (block* b = free_[c]) {
      free_[c] = b->next;
      --kept_[c];
      return b;
    }
    return ::operator new((c + 1) * granule);
  }

  void give(void* frame, std::size_t bytes) noexcept {
    const std::size_t c = class_of(bytes);
    if (c >= classes || gone_ || kept_[c] >= keep) return ::operator delete(frame);
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

  static std::size_t class_of(std::size_t bytes) noexcept { return (bytes - 1) / granule; }

  block* free_[classes] = {};
  std::size_t kept_[classes] = {};
  bool gone_ = false;  // the thread is ending; what comes later goes straight to the heap
};

thread_local frame_cache frames;

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
