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
std::atomic<release_place*> chunks[chunk_count];

}  // namespace

unsigned find_fs_key(int fd) noexcept {
  struct stat found;
  return ::fstat(fd, &found) < 0 ? 1 : key_of(found);
}

handle_id of_descriptor(int fd) noexcept {
  struct stat found;
  if (::fstat(fd, &found) < 0) return make(fd, 1, 0);
  if (S_ISSOCK(found.st_mode)) return make(fd, 1, socket);
  const int flags = ::fcntl(fd, F_GETFL);
  return make(fd, key_of(found), flags >= 0 && (flags & O_DIRECT) != 0 ? direct : 0);
}

bool reserve_release(int fd) noexcept {
  if (fd / chunk_size >= chunk_count) return false;
  std::atomic<release_place*>& place = chunks[fd / chunk_size];
  if (place.load(std::memory_order_acquire) != nullptr) return true;
  auto* fresh = new (std::nothrow) release_place[chunk_size];
  if (fresh == nullptr) return false;
  release_place* expected = nullptr;
  if (!place.compare_exchange_strong(expected, fresh, std::memory_order_acq_rel)) delete[] fresh;
  return true;
}

bool has_release_link(int fd) noexcept {
  return fd / chunk_size < chunk_count &&
         chunks[fd / chunk_size].load(std::memory_order_acquire) != nullptr;
}

release_place& release_link(int fd) noexcept {
  return chunks[fd / chunk_size].load(std::memory_order_acquire)[fd % chunk_size];
}

}  // namespace sluice::inline v0::system_id
