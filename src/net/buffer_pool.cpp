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
  SLUICE_ASSERT(in_use_ == 0, "a pool ended before its buffers were given back");
  SLUICE_ASSERT(waiting_.empty(), "a pool ended while somebody waited for a buffer");
  provider_.reset();
  returns_->of = nullptr;
  returns_->leave();
}

bool buffer_pool::add(unsigned count) {
  std::unique_ptr<std::byte[]> bytes(new (std::nothrow) std::byte[count * limits_.buffer_size]);
  std::unique_ptr<pool_buffer[]> fresh(new (std::nothrow) pool_buffer[count]);
  if (!bytes || !fresh) return false;
  memory_.reserve(memory_.size() + 1);
  records_.reserve(records_.size() + 1);
  for (unsigned i = 0; i < count; ++i) {
    pool_buffer& b = fresh[i];
    b.of = this;
    b.data = bytes.get() + i * limits_.buffer_size;
    b.index = static_cast<std::uint16_t>(all_.size());
    all_.push_back(&b);
    ++in_use_;
    put(b);
  }
  memory_.push_back(std::move(bytes));
  records_.push_back(std::move(fresh));
  return true;
}

bool buffer_pool::grow() noexcept {
  const auto there = static_cast<unsigned>(all_.size());
  if (there >= limits_.most) return false;
  try {
    return add(std::min(there, limits_.most - there));
  } catch (...) {
    return false;
  }
}

pool_buffer* buffer_pool::take() noexcept {
  if (free_ == nullptr && !grow()) return nullptr;
  pool_buffer* b = free_;
  if (b == nullptr) return nullptr;  // they all went to the provider
  free_ = b->next;
  b->taken = true;
  ++in_use_;
  return b;
}

void buffer_pool::put(pool_buffer& b) noexcept {
  --in_use_;
  b.taken = false;
  if (provider_ != nullptr) {
    provider_->provide(b);
  } else {
    b.next = free_;
    free_ = &b;
  }
  pass_on();
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
  for (std::size_t n = all_.size() - in_use_; n > 0; --n) {
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
    for (pool_buffer* b : all_) {
      if (!b->taken) b->next = std::exchange(free_, b);
    }
    return;
  }
  while (free_ != nullptr) {
    pool_buffer& b = *std::exchange(free_, free_->next);
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
