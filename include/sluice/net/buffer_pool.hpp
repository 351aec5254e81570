// Buffers that whoever receives picks when there is something to put into them, so that ten thousand
// idle connections hold none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "sluice/core/driver.hpp"

namespace sluice::inline v0 {

class buffer_pool;

/// Memory of a pool.
struct pool_block {
  pool_block* next = nullptr;  // among those that nobody was provided with
  std::byte* data = nullptr;
  std::uint32_t filled = 0;  // bytes that something was put into
  std::uint32_t parts = 0;   // of it, that somebody has
  std::uint16_t index = 0;
  bool full = false;  // gets nothing more before all its parts have come back
};

/// A part of a block, as those see it who carry out operations: all of it, unless blocks are shared.
struct pool_buffer {
  pool_buffer* next = nullptr;
  buffer_pool* of = nullptr;
  pool_block* in = nullptr;
  std::byte* data = nullptr;
  std::uint32_t size = 0;  // room; then the bytes in it
};

struct pool_limits {
  std::size_t buffer_size = 4096;
  unsigned first = 16;   // buffers that are there at once
  unsigned most = 1024;  // at most 32768; it doubles as it grows
  /// What is received next is put behind what was received before, on whichever connection, until the
  /// buffer is full: few large buffers serve many small messages. A buffer is free again when all that is
  /// in it has been given back, so one message that is kept keeps its buffer. On io_uring before Linux
  /// 6.14 each message has a buffer of its own all the same.
  bool shared = false;
};

/// Belongs to one loop, on which everything is received into it; its buffers may be given back by any
/// thread. It must outlive the operations that use it and its buffers, and its loop must outlive it.
class buffer_pool {
 public:
  /// Throws std::bad_alloc; std::invalid_argument for limits that make no sense.
  explicit buffer_pool(driver& home, const pool_limits& limits = {});
  ~buffer_pool();
  buffer_pool(const buffer_pool&) = delete;
  buffer_pool& operator=(const buffer_pool&) = delete;

  struct numbers {
    unsigned buffers = 0;        // there are
    unsigned in_use = 0;         // something is in them that was not given back yet
    std::uint64_t starved = 0;   // times that somebody had to wait for one
    bool shared = false;         // a buffer is filled up here
  };
  /// On the loop's thread. Looks at each buffer.
  numbers count() const noexcept;
  std::size_t buffer_size() const noexcept { return limits_.buffer_size; }
  const pool_limits& limits() const noexcept { return limits_; }

  // For those who carry out operations; on the loop's thread.

  /// Room to receive into, at once; null when all are in use. Then comes `fill`, or the room is given back.
  pool_buffer* take() noexcept;
  /// So many bytes were put into it.
  void fill(pool_buffer& room, std::size_t size) noexcept;
  /// The kernel put `size` bytes into the buffer with this number, with which it was provided. Null: no
  /// memory to note it, and they are lost.
  pool_buffer* picked(unsigned index, std::size_t size) noexcept;
  bool any_free() const noexcept { return full_ < all_.size(); }
  /// More of them, unless there are as many as may be, or no memory.
  bool grow() noexcept;
  /// Runs `waiter` on the loop once a buffer is free; or not, if `forget` comes first.
  void when_free(job& waiter) noexcept;
  bool forget(job& waiter) noexcept { return waiting_.remove(waiter); }
  /// If buffers are free, tells as many of those who wait, in the next turn of the loop. Whoever is told
  /// may have nothing to put into it: then the next ones are told in the turn after.
  void pass_on() noexcept;
  /// Any thread.
  void give_back(pool_buffer& b) noexcept;

  /// A ring of the kernel's, from which it picks by itself. It is told of every buffer that is free.
  struct provider {
    explicit provider(bool shares) noexcept : fills_up(shares) {}
    virtual ~provider() = default;
    virtual void provide(pool_block& free) noexcept = 0;
    const bool fills_up;  // it puts more into a buffer until it is full
  };
  provider* provided() const noexcept { return provider_.get(); }
  /// Null: it has none any more, and all that is free is the pool's again.
  void provide_to(std::unique_ptr<provider> p) noexcept;

 private:
  struct returns;

  pool_buffer* part_of(pool_block& b) noexcept;
  void use_up(pool_block& b, std::size_t size, bool fills_up) noexcept;
  void put(pool_buffer& part) noexcept;
  void put(pool_block& b) noexcept;
  void collect() noexcept;
  void tell_waiters() noexcept;
  bool add(unsigned count) noexcept;
  bool add_parts(std::size_t count) noexcept;

  driver& home_;
  pool_limits limits_;
  std::vector<pool_block*> all_;
  std::vector<std::unique_ptr<std::byte[]>> memory_;
  std::vector<std::unique_ptr<pool_block[]>> blocks_;
  std::vector<std::unique_ptr<pool_buffer[]>> parts_;
  pool_block* free_ = nullptr;
  pool_buffer* spare_ = nullptr;  // parts of nothing
  std::size_t part_count_ = 0;
  unsigned full_ = 0;
  std::uint64_t starved_ = 0;
  job_queue waiting_;
  returns* returns_;
  std::unique_ptr<provider> provider_;
};

/// What was received, in a buffer of a pool; the buffer goes back when this dies. Move-only; any
/// thread.
class pooled_buffer {
 public:
  pooled_buffer() noexcept = default;
  explicit pooled_buffer(pool_buffer& b) noexcept : buffer_(&b) {}
  pooled_buffer(pooled_buffer&& other) noexcept : buffer_(std::exchange(other.buffer_, nullptr)) {}
  pooled_buffer& operator=(pooled_buffer&& other) noexcept {
    std::swap(buffer_, other.buffer_);
    return *this;
  }
  ~pooled_buffer() {
    if (buffer_ != nullptr) buffer_->of->give_back(*buffer_);
  }

  explicit operator bool() const noexcept { return buffer_ != nullptr; }
  std::span<std::byte> bytes() const noexcept { return {buffer_->data, buffer_->size}; }
  std::size_t size() const noexcept { return buffer_->size; }
  pool_buffer* detach() noexcept { return std::exchange(buffer_, nullptr); }

 private:
  pool_buffer* buffer_ = nullptr;
};

}  // namespace sluice::inline v0
