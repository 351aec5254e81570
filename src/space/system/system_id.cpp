#include "space/system/system_id.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <new>

namespace sluice::inline v0::system_id {

namespace {

unsigned key_of(const struct stat& found) noexcept {
  static std::atomic<std::uint64_t> devices[fs_keys];  // 0: free
  const std::uint64_t device = found.st_dev + 1;
  for (unsigned key = 1; key < fs_keys; ++key) {
    // Without a look first: a fresh page that is written at once takes one fault, not two.
    std::uint64_t known = 0;
    if (devices[key].compare_exchange_strong(known, device) || known == device) return key;
  }
  return 1 + static_cast<unsigned>(device % (fs_keys - 1));  // many file systems: share
}

constexpr int chunk_size = 256;
constexpr int chunk_count = 16384;
/// Of each number a link, whoever has it at present.
std::atomic<release_place*> chunks[chunk_count];

release_place* find(int fd) noexcept {
  if (fd < 0 || fd / chunk_size >= chunk_count) return nullptr;
  release_place* chunk = chunks[fd / chunk_size].load(std::memory_order_acquire);
  return chunk == nullptr ? nullptr : chunk + fd % chunk_size;
}

}  // namespace

unsigned find_fs_key(int fd) noexcept {
  struct stat found;
  return ::fstat(fd, &found) < 0 ? 1 : key_of(found);
}

/// Counted for all numbers together, and a thread takes many counts at once: numbers wander from thread
/// to thread, and a count beside each would wander with it.
handle_id fresh(int fd, unsigned key, handle_id flags) noexcept {
  constexpr std::uint32_t at_once = 1024, all = 1u << serial_bits;
  static std::atomic<std::uint32_t> taken = 0;
  thread_local std::uint32_t next = 0;
  if (next % at_once == 0) next = taken.fetch_add(at_once, std::memory_order_relaxed);
  ++next;
  const handle_id serial = next % all;
  return make(fd, key, flags) | serial << serial_at;
}

handle_id of_descriptor(int fd) noexcept {
  struct stat found;
  if (::fstat(fd, &found) < 0) return make(fd, 1, 0);
  if (S_ISSOCK(found.st_mode)) return fresh(fd, 1, socket);
  const int flags = ::fcntl(fd, F_GETFL);
  return fresh(fd, key_of(found), flags >= 0 && (flags & O_DIRECT) != 0 ? direct : 0);
}

bool reserve_release(int fd) noexcept {
  if (fd / chunk_size >= chunk_count) return false;
  std::atomic<release_place*>& place = chunks[fd / chunk_size];
  if (place.load(std::memory_order_acquire) != nullptr) return true;
  auto* made = new (std::nothrow) release_place[chunk_size];
  if (made == nullptr) return false;
  release_place* expected = nullptr;
  if (!place.compare_exchange_strong(expected, made, std::memory_order_acq_rel)) delete[] made;
  return true;
}

bool has_release_link(int fd) noexcept {
  return find(fd) != nullptr;
}

release_place& release_link(int fd) noexcept {
  return *find(fd);
}

}  // namespace sluice::inline v0::system_id
