#include "space/virtual/blocks.hpp"

#include <algorithm>
#include <bit>
#include <new>

#include "loop/current.hpp"

namespace sluice::inline v0::cache {

namespace {

// So that files which were opened for direct I/O can be read into it.
constexpr std::align_val_t alignment{4096};

}  // namespace

void blocks::given_back::operator()(std::byte* memory) const noexcept {
  ::operator delete(memory, alignment);
}

blocks::blocks(const cache_options& options)
    : block_size(std::max<std::size_t>(1, options.block)),
      all_(std::max<std::size_t>(1, options.bytes / block_size)),
      buckets_(std::bit_ceil(2 * all_.size())) {
  memory_.reset(static_cast<std::byte*>(::operator new(all_.size() * block_size, alignment)));
  for (std::size_t i = 0; i < all_.size(); ++i)
    all_[i].bytes = memory_.get() + i * block_size;
}

block*& blocks::bucket_of(const owner& of, std::uint64_t index) noexcept {
  std::uint64_t z = reinterpret_cast<std::uintptr_t>(&of) + index * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 29)) * 0xbf58476d1ce4e5b9;
  return buckets_[(z >> 32) & (buckets_.size() - 1)];
}

block* blocks::find(const owner& of, std::uint64_t index) noexcept {
  block* b = bucket_of(of, index);
  while (b != nullptr && (b->of != &of || b->index != index))
    b = b->next;
  return b;
}

void blocks::unlist(block& b) noexcept {
  if (!b.listed) return;
  block** at = &bucket_of(*b.of, b.index);
  while (*at != &b)
    at = &(*at)->next;
  *at = b.next;
  b.listed = false;
}

/// The hand goes round: who was used since it came by stays once more.
block* blocks::make_room() noexcept {
  for (std::size_t steps = 2 * all_.size(); steps > 0; --steps) {
    block& b = all_[hand_];
    hand_ = (hand_ + 1) % all_.size();
    if (b.is == block::state::loading || b.readers > 0) continue;
    if (b.is == block::state::ready && b.listed) {
      if (std::exchange(b.used, false)) continue;
      ++counts_.evictions;
      unlist(b);
    }
    return &b;
  }
  return nullptr;
}

blocks::found blocks::look(const owner& of, std::uint64_t index, split_waiter& w,
                           const driver& home, block*& at) noexcept {
  const std::lock_guard lock(mutex_);
  at = find(of, index);
  if (at != nullptr && at->is == block::state::loading) {
    if (stands_still_for(home, *at->loads)) {
      ++counts_.misses;
      return found::none;
    }
    w.next_waiter = at->waiting;
    w.waits_for = at;
    at->waiting = &w;
    return found::loading;
  }
  if (at != nullptr) {
    ++counts_.hits;
    ++at->readers;
    at->used = true;
    return found::ready;
  }
  ++counts_.misses;
  at = make_room();
  if (at == nullptr) return found::none;
  at->is = block::state::loading;
  at->used = false;  // one who reads everything once must not push out what is read often
  at->of = &of;
  at->loads = &home;
  at->index = index;
  at->changes = of.changes;
  block*& bucket = bucket_of(of, index);
  at->next = bucket;
  bucket = at;
  at->listed = true;
  return found::mine;
}

void blocks::unpin(block& b) noexcept {
  const std::lock_guard lock(mutex_);
  --b.readers;
}

void blocks::loaded(block& b, std::size_t bytes) noexcept {
  const std::lock_guard lock(mutex_);
  // Where the file ended may have moved since, whatever was written.
  const bool stale = bytes < block_size && b.changes != b.of->changes;
  if (bytes == 0 || stale) unlist(b);
  b.size = bytes;
  b.is = b.listed ? block::state::ready : block::state::unused;
  while (split_waiter* w = b.waiting) {
    b.waiting = w->next_waiter;
    w->waits_for = nullptr;
    splitter::wake(*w);
  }
}

bool blocks::forget(split_waiter& w) noexcept {
  const std::lock_guard lock(mutex_);
  auto* b = static_cast<block*>(w.waits_for);
  if (b == nullptr) return false;
  split_waiter** at = &b->waiting;
  while (*at != &w)
    at = &(*at)->next_waiter;
  *at = w.next_waiter;
  w.waits_for = nullptr;
  return true;
}

/// What is known by this name is not true any more. Who loads it, or copies out of it, goes on.
void blocks::overtake(block& b) noexcept {
  unlist(b);
  if (b.is == block::state::ready) b.is = block::state::unused;
}

template <class Wanted>
void blocks::drop_if(owner& of, Wanted wanted) noexcept {
  for (block& b : all_) {
    if (b.listed && b.of == &of && wanted(b)) overtake(b);
  }
}

void blocks::drop(owner& of, std::uint64_t offset, std::size_t size) noexcept {
  const std::lock_guard lock(mutex_);
  ++of.changes;
  const std::uint64_t first = offset / block_size, last = (offset + size - 1) / block_size;
  const auto touched = [&](const block& b) {
    const bool cut = b.is == block::state::ready && b.size < block_size;
    return cut || (b.index >= first && b.index <= last);
  };
  drop_if(of, touched);
}

void blocks::drop_all(owner& of) noexcept {
  const std::lock_guard lock(mutex_);
  ++of.changes;
  drop_if(of, [](const block&) { return true; });
}

cache_statistics blocks::statistics() const noexcept {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace sluice::inline v0::cache
