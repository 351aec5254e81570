#include "sluice/net/buffer_pool.hpp"

#include <algorithm>
#include <atomic>
#include <new>
#include <stdexcept>

#include "sluice/core/promise.hpp"

namespace sluice::inline v0 {

/// What other threads give back, and when those who wait are told. Outlives the pool while the loop has
/// still to look at it.
struct buffer_pool::returns : job {
  struct round : job {
    returns* of = nullptr;
    bool posted = false;
  };
  round next_round;
  std::atomic<pool_buffer*> first = nullptr;
  std::atomic<unsigned> users = 1;
  driver* home = nullptr;
  buffer_pool* of = nullptr;

  void leave() noexcept {
    if (users.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
};

buffer_pool::buffer_pool(driver& home, const pool_limits& limits) : home_(home), limits_(limits) {
  if (limits.buffer_size == 0 || limits.buffer_size > UINT32_MAX || limits.most == 0 ||
      limits.most > 32768) {
    throw std::invalid_argument("sluice: a pool of no buffers, or of too many, or of empty ones");
  }
  limits_.first = std::clamp(limits.first, 1u, limits.most);
  all_.reserve(limits_.most);
  if (!add(limits_.first)) throw std::bad_alloc();
  returns_ = new returns;
  returns_->home = &home;
  returns_->of = this;
  returns_->run = [](job& j) noexcept {
    auto& r = static_cast<returns&>(j);
    if (r.of != nullptr) r.of->collect();
    r.leave();
  };
  returns_->next_round.of = returns_;
  returns_->next_round.run = [](job& j) noexcept {
    auto& n = static_cast<returns::round&>(j);
    n.posted = false;
    if (n.of->of != nullptr) n.of->of->tell_waiters();
    n.of->leave();
  };
}

buffer_pool::~buffer_pool() {
  collect();
  SLUICE_ASSERT(count().in_use == 0, "a pool ended before its buffers were given back");
  SLUICE_ASSERT(waiting_.empty(), "a pool ended while somebody waited for a buffer");
  provider_.reset();
  returns_->of = nullptr;
  returns_->leave();
}

buffer_pool::numbers buffer_pool::count() const noexcept {
  numbers n{static_cast<unsigned>(all_.size()), 0, starved_, limits_.shared};
  for (const pool_block* b : all_) n.in_use += b->parts > 0 ? 1 : 0;
  if (provider_ != nullptr) n.shared = provider_->fills_up;
  return n;
}

bool buffer_pool::add(unsigned count) noexcept {
  try {
    auto bytes = std::make_unique_for_overwrite<std::byte[]>(count * limits_.buffer_size);
    auto fresh = std::make_unique<pool_block[]>(count);
    if (!add_parts(count)) return false;
    memory_.reserve(memory_.size() + 1);
    blocks_.reserve(blocks_.size() + 1);
    for (unsigned i = 0; i < count; ++i) {
      pool_block& b = fresh[i];
      b.data = bytes.get() + i * limits_.buffer_size;
      b.index = static_cast<std::uint16_t>(all_.size());
      all_.push_back(&b);
      put(b);
    }
    memory_.push_back(std::move(bytes));
    blocks_.push_back(std::move(fresh));
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

bool buffer_pool::add_parts(std::size_t count) noexcept {
  try {
    parts_.reserve(parts_.size() + 1);
    parts_.push_back(std::make_unique<pool_buffer[]>(count));
  } catch (const std::bad_alloc&) {
    return false;
  }
  part_count_ += count;
  for (std::size_t i = 0; i < count; ++i) {
    pool_buffer& fresh = parts_.back()[i];
    fresh.of = this;
    fresh.next = std::exchange(spare_, &fresh);
  }
  return true;
}

bool buffer_pool::grow() noexcept {
  const auto there = static_cast<unsigned>(all_.size());
  if (there >= limits_.most || !add(std::min(there, limits_.most - there))) return false;
  pass_on();
  return true;
}

/// What is left of it.
pool_buffer* buffer_pool::part_of(pool_block& b) noexcept {
  if (spare_ == nullptr && !add_parts(part_count_)) return nullptr;
  pool_buffer& part = *std::exchange(spare_, spare_->next);
  part.in = &b;
  part.data = b.data + b.filled;
  part.size = static_cast<std::uint32_t>(limits_.buffer_size - b.filled);
  ++b.parts;
  return &part;
}

void buffer_pool::use_up(pool_block& b, std::size_t size, bool fills_up) noexcept {
  b.filled += static_cast<std::uint32_t>(size);
  b.full = !fills_up || b.filled == limits_.buffer_size;
  if (b.full) ++full_;
}

pool_buffer* buffer_pool::take() noexcept {
  if (free_ == nullptr && !grow()) return nullptr;
  if (free_ == nullptr) return nullptr;  // they all went to the provider
  return part_of(*free_);
}

void buffer_pool::fill(pool_buffer& room, std::size_t size) noexcept {
  pool_block& b = *room.in;
  SLUICE_ASSERT(&b == free_, "room of a pool was not filled at once");
  room.size = static_cast<std::uint32_t>(size);
  use_up(b, size, limits_.shared);
  if (b.full) free_ = b.next;
}

pool_buffer* buffer_pool::picked(unsigned index, std::size_t size) noexcept {
  pool_block& b = *all_[index];
  pool_buffer* part = part_of(b);
  use_up(b, size, provider_->fills_up);
  if (part != nullptr) {
    part->size = static_cast<std::uint32_t>(size);
  } else if (b.full && b.parts == 0) {
    put(b);
  }
  return part;
}

void buffer_pool::put(pool_buffer& part) noexcept {
  pool_block& b = *part.in;
  part.next = std::exchange(spare_, &part);
  if (--b.parts > 0) return;
  if (b.full) {
    --full_;
    b.full = false;
    put(b);
    pass_on();
  } else if (provider_ == nullptr) {
    b.filled = 0;
  }
}

/// Nothing is in it.
void buffer_pool::put(pool_block& b) noexcept {
  b.filled = 0;
  if (provider_ != nullptr) {
    provider_->provide(b);
  } else {
    b.next = std::exchange(free_, &b);
  }
}

void buffer_pool::pass_on() noexcept {
  if (!any_free() || waiting_.empty()) return;
  returns::round& next = returns_->next_round;
  if (next.posted) return;
  next.posted = true;
  returns_->users.fetch_add(1, std::memory_order_relaxed);
  home_.post(next);
}

/// Once in a turn of the loop: by then those of the turn before have taken their buffers, or have nothing
/// to put into one.
void buffer_pool::tell_waiters() noexcept {
  for (std::size_t n = all_.size() - full_; n > 0; --n) {
    job* waiter = waiting_.pop();
    if (waiter == nullptr) return;
    home_.schedule(*waiter);
  }
  pass_on();
}

void buffer_pool::provide_to(std::unique_ptr<provider> p) noexcept {
  const bool had_one = provider_ != nullptr;
  provider_ = std::move(p);
  if (provider_ == nullptr && had_one) {
    for (pool_block* b : all_) {
      if (!b->full) b->next = std::exchange(free_, b);
    }
    return;
  }
  while (free_ != nullptr) {
    pool_block& b = *std::exchange(free_, free_->next);
    provider_->provide(b);
  }
}

void buffer_pool::when_free(job& waiter) noexcept {
  ++starved_;
  waiting_.push(waiter);
}

void buffer_pool::give_back(pool_buffer& b) noexcept {
  if (port::current_driver() == &home_) return put(b);
  returns& r = *returns_;
  b.next = r.first.load(std::memory_order_relaxed);
  while (!r.first.compare_exchange_weak(b.next, &b, std::memory_order_acq_rel,
                                        std::memory_order_relaxed)) {
  }
  if (b.next != nullptr) return;  // the loop has been told
  r.users.fetch_add(1, std::memory_order_relaxed);
  r.home->post(r);
}

void buffer_pool::collect() noexcept {
  pool_buffer* b = returns_->first.exchange(nullptr, std::memory_order_acq_rel);
  while (b != nullptr) put(*std::exchange(b, b->next));
}

}  // namespace sluice::inline v0
