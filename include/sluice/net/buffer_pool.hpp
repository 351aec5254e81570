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

/// One buffer of a pool, as those see it who carry out operations.
struct pool_buffer {
  pool_buffer* next = nullptr;
  buffer_pool* of = nullptr;
  std::byte* data = nullptr;
  std::uint32_t size = 0;    // bytes in it
  std::uint16_t index = 0;
  bool taken = false;        // holds something, or is about to
};

struct pool_limits {
  std::size_t buffer_size = 4096;
  unsigned first = 16;   // buffers that are there at once
  unsigned most = 1024;  // at most 32768; it doubles as it grows
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
    unsigned in_use = 0;         // hold something, or are about to
    std::uint64_t starved = 0;   // times that somebody had to wait for one
  };
  /// On the loop's thread.
  numbers count() const noexcept { return {static_cast<unsigned>(all_.size()), in_use_, starved_}; }
  std::size_t buffer_size() const noexcept { return limits_.buffer_size; }
  const pool_limits& limits() const noexcept { return limits_; }

  // For those who carry out operations; on the loop's thread.

  /// A buffer; null when all are in use.
  pool_buffer* take() noexcept;
  /// The one with this number, which somebody picked whom they were provided to.
  pool_buffer& picked(unsigned index) noexcept {
    ++in_use_;
    all_[index]->taken = true;
    return *all_[index];
  }
  bool any_free() const noexcept { return in_use_ < all_.size(); }
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
    virtual ~provider() = default;
    virtual void provide(pool_buffer& free) noexcept = 0;
  };
  provider* provided() const noexcept { return provider_.get(); }
  /// Null: it has none any more, and all that is free is the pool's again.
  void provide_to(std::unique_ptr<provider> p) noexcept;

 private:
  struct returns;

  void put(pool_buffer& b) noexcept;
  void collect() noexcept;
  void tell_waiters() noexcept;
  bool add(unsigned count);

  driver& home_;
  pool_limits limits_;
  std::vector<pool_buffer*> all_;
  std::vector<std::unique_ptr<std::byte[]>> memory_;
  std::vector<std::unique_ptr<pool_buffer[]>> records_;
  pool_buffer* free_ = nullptr;
  unsigned in_use_ = 0;
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
