#include "space/memory/content.hpp"

#include <algorithm>
#include <cstring>
#include <new>

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

}  // namespace

std::size_t content::read(std::span<std::byte> into, std::uint64_t offset) const noexcept {
  if (offset >= size_) return 0;
  const std::size_t total = std::min<std::uint64_t>(into.size(), size_ - offset);
  for (std::size_t done = 0; done < total;) {
    const piece p = piece_at(offset + done, total - done);
    const auto found = blocks_.find(p.block);
    if (found == blocks_.end()) {
      std::memset(into.data() + done, 0, p.size);
    } else {
      std::memcpy(into.data() + done, found->second.get() + p.start, p.size);
    }
    done += p.size;
  }
  return total;
}

/// Null: no memory.
std::byte* content::block_at(std::uint64_t index) noexcept {
  try {
    block& b = blocks_[index];
    if (!b) b = std::make_unique<std::byte[]>(block_size);
    return b.get();
  } catch (const std::bad_alloc&) {
    const auto empty = blocks_.find(index);
    if (empty != blocks_.end()) blocks_.erase(empty);
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

void content::resize(std::uint64_t size) noexcept {
  if (size < size_) {
    // What is cut off must read as zeros if the file grows again.
    const piece last = piece_at(size, block_size);
    if (last.start > 0) {
      const auto kept = blocks_.find(last.block);
      if (kept != blocks_.end()) std::memset(kept->second.get() + last.start, 0, last.size);
    }
    blocks_.erase(blocks_.lower_bound(last.block + (last.start > 0 ? 1 : 0)), blocks_.end());
  }
  size_ = size;
}

}  // namespace sluice::inline v0::memory
