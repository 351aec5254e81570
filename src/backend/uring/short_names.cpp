#include "backend/uring/short_names.hpp"

#include <cstdint>
#include <cstring>

namespace sluice::inline v0 {

void short_names::move(io_uring_sqe& e, const io_uring_sqe* first, std::size_t entries) noexcept {
  if (e.opcode != IORING_OP_STATX && e.opcode != IORING_OP_OPENAT) return;
  const auto* name = reinterpret_cast<const char*>(e.addr);
  const std::size_t size = ::strnlen(name, longest) + 1;
  if (size > longest) return;
  constexpr std::size_t page = 4096, in_a_page = 8;
  const std::size_t pages = (entries + in_a_page - 1) / in_a_page;
  if (!pages_) pages_.reset(static_cast<char*>(std::aligned_alloc(page, pages * page)));
  if (!pages_) return;
  // Neighbours in the queue are on different pages: the nearest to its end is the cheapest.
  const auto index = static_cast<std::size_t>(&e - first);
  char* const end = pages_.get() + (index % pages + 1) * page - index / pages * longest;
  std::memcpy(end - size, name, size);
  e.addr = reinterpret_cast<std::uint64_t>(end - size);
}

}  // namespace sluice::inline v0
