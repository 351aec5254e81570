#include "space/memory/content.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace sluice::inline v0::memory {

namespace {

struct piece {
  std::uint64_t block;
  std::size_t start;  // in the block
  std::size_t size;
};

piece piece_at(std::uint64_t offset, std::size_t wanted) noexcept {
  const std::size_t start = offset % content::block_size;
  return {offset / content::block_size, start, std::min(wanted, content::block_size - start)};
}

std::uint64_t end_of_block(std::uint64_t offset) noexcept {
  return (offset / content::block_size + 1) * content::block_size;
}

}  // namespace

content::~content() { give_back(blocks_.size()); }

bool content::take(std::uint64_t blocks) noexcept {
  if (budget_ == nullptr) return true;
  if (blocks > (budget_->limit - budget_->used) / block_size) return false;
  budget_->used += blocks * block_size;
  return true;
}

void content::give_back(std::uint64_t blocks) noexcept {
  if (budget_ != nullptr) budget_->used -= blocks * block_size;
}

std::size_t content::read(std::span<std::byte> into, std::uint64_t offset) const noexcept {
  if (offset >= size_) return 0;
  const std::size_t total = std::min<std::uint64_t>(into.size(), size_ - offset);
  for (std::size_t done = 0; done < total;) {
    const piece p = piece_at(offset + done, total - done);
    const auto found = blocks_.find(p.block);
    if (found == blocks_.end() || !found->second) {
      std::memset(into.data() + done, 0, p.size);
    } else {
      std::memcpy(into.data() + done, found->second.get() + p.start, p.size);
    }
    done += p.size;
  }
  return total;
}

/// Null: no room. Throws std::bad_alloc.
content::block* content::slot_at(std::uint64_t index) {
  const auto at = blocks_.lower_bound(index);
  if (at != blocks_.end() && at->first == index) return &at->second;
  if (!take(1)) return nullptr;
  try {
    return &blocks_.try_emplace(at, index)->second;
  } catch (...) {
    give_back(1);
    throw;
  }
}

/// Null: no room or no memory. A block that could not be filled stays reserved.
std::byte* content::block_at(std::uint64_t index) noexcept {
  try {
    block* b = slot_at(index);
    if (b == nullptr) return nullptr;
    if (!*b) *b = std::make_unique<std::byte[]>(block_size);
    return b->get();
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

std::size_t content::write(std::span<const std::byte> from, std::uint64_t offset) noexcept {
  std::size_t done = 0;
  while (done < from.size()) {
    const piece p = piece_at(offset + done, from.size() - done);
    std::byte* to = block_at(p.block);
    if (to == nullptr) break;
    std::memcpy(to + p.start, from.data() + done, p.size);
    done += p.size;
  }
  if (done > 0) size_ = std::max(size_, offset + done);
  return done;
}

/// Inside one block.
void content::zero(std::uint64_t offset, std::size_t size) noexcept {
  const auto at = blocks_.find(offset / block_size);
  if (at == blocks_.end() || !at->second) return;
  std::memset(at->second.get() + offset % block_size, 0, size);
}

/// Blocks with these numbers, but the last one.
void content::drop(std::uint64_t first, std::uint64_t last) noexcept {
  if (first >= last) return;
  const std::size_t before = blocks_.size();
  blocks_.erase(blocks_.lower_bound(first), blocks_.lower_bound(last));
  give_back(before - blocks_.size());
}

void content::resize(std::uint64_t size) noexcept {
  if (size <= size_) {
    // What is cut off must read as zeros if the file grows again.
    const piece last = piece_at(size, block_size);
    if (last.start > 0) zero(size, last.size);
    drop(last.block + (last.start > 0 ? 1 : 0), UINT64_MAX);
  }
  size_ = size;
}

bool content::reserve(std::uint64_t offset, std::uint64_t size) {
  const std::uint64_t first = offset / block_size;
  const std::uint64_t last = (offset + size - 1) / block_size + 1;
  if (budget_ != nullptr) {
    const std::uint64_t free = budget_->limit - budget_->used;
    if (last - first > (free + allocated()) / block_size) return false;
  }
  block_map fresh;
  auto there = blocks_.lower_bound(first);
  for (std::uint64_t at = first; at < last; ++at) {
    if (there != blocks_.end() && there->first == at) {
      ++there;
    } else {
      fresh.try_emplace(fresh.end(), at);
    }
  }
  if (!take(fresh.size())) return false;
  blocks_.merge(fresh);
  return true;
}

void content::punch(std::uint64_t offset, std::uint64_t size) noexcept {
  const std::uint64_t end = offset + size;
  const std::uint64_t inner = (offset + block_size - 1) / block_size;
  const std::uint64_t behind = end / block_size;
  if (inner > behind) return zero(offset, size);
  zero(offset, inner * block_size - offset);
  drop(inner, behind);
  zero(behind * block_size, end % block_size);
}

bool content::begin_as(const content& from) {
  block_map made;
  for (const auto& [index, data] : from.blocks_) {
    block& b = made.try_emplace(made.end(), index)->second;
    if (!data) continue;
    b = std::make_unique_for_overwrite<std::byte[]>(block_size);
    std::memcpy(b.get(), data.get(), block_size);
  }
  const std::uint64_t behind = (from.size_ + block_size - 1) / block_size;
  const auto kept = blocks_.lower_bound(behind);
  const auto replaced = static_cast<std::uint64_t>(std::distance(blocks_.begin(), kept));
  // What the source has reserved behind its end comes last, and gives way to what is there.
  made.erase(made.lower_bound(behind), made.end());
  if (made.size() > replaced && !take(made.size() - replaced)) return false;
  if (made.size() < replaced) give_back(replaced - made.size());
  blocks_.erase(blocks_.begin(), kept);
  blocks_.merge(made);
  size_ = std::max(size_, from.size_);
  return true;
}

std::optional<std::uint64_t> content::next_data(std::uint64_t offset) const noexcept {
  auto at = blocks_.lower_bound(offset / block_size);
  while (at != blocks_.end() && !at->second) ++at;
  if (at == blocks_.end() || at->first * block_size >= size_) return std::nullopt;
  return std::max(offset, at->first * block_size);
}

std::uint64_t content::next_hole(std::uint64_t offset) const noexcept {
  auto at = blocks_.find(offset / block_size);
  while (offset < size_ && at != blocks_.end() && at->second && at->first == offset / block_size) {
    offset = end_of_block(offset);
    ++at;
  }
  return std::min(offset, size_);
}

}  // namespace sluice::inline v0::memory
