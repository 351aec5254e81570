#include "sluice/fs/waiting_files.hpp"

#include <cassert>
#include <utility>

namespace sluice::inline v0 {

namespace {

enum : unsigned char { has_name = 1, has_time = 2, comes_again = 4 };

/// Seven bits in each byte, the lowest first; the eighth says that more follow.
void put(std::string& into, std::uint64_t n) {
  for (; n >= 0x80; n >>= 7) into.push_back(static_cast<char>(n | 0x80));
  into.push_back(static_cast<char>(n));
}

std::uint64_t get(const std::string& from, std::size_t& at) noexcept {
  std::uint64_t n = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(from[at++]);
    n |= std::uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return n;
  }
}

}  // namespace

void waiting_files::add(const waiting_file& f) {
  assert(f.place >= last_place_ && f.one.entries == 1);
  const bool timed = f.one.newest != size_totals::never;
  bytes_.push_back(static_cast<char>((f.name.empty() ? 0 : has_name) | (timed ? has_time : 0) |
                                     (f.again ? comes_again : 0)));
  put(bytes_, f.place - std::exchange(last_place_, f.place));
  put(bytes_, f.one.apparent);
  put(bytes_, f.one.allocated);
  if (!f.name.empty()) {
    put(bytes_, f.name.size());
    bytes_ += f.name;
  }
  if (timed) {
    put(bytes_, static_cast<std::uint64_t>(f.one.newest.seconds));
    put(bytes_, f.one.newest.nanoseconds);
  }
  if (f.again) {
    put(bytes_, f.device - std::exchange(last_device_, f.device));
    put(bytes_, f.inode);
  }
}

std::uint64_t waiting_files::next_place() const noexcept {
  std::size_t at = read_ + 1;
  return place_ + get(bytes_, at);
}

waiting_file waiting_files::take() {
  waiting_file f;
  const auto what = static_cast<unsigned char>(bytes_[read_++]);
  f.place = place_ += get(bytes_, read_);
  f.one.entries = 1;
  f.one.apparent = get(bytes_, read_);
  f.one.allocated = get(bytes_, read_);
  if ((what & has_name) != 0) {
    const auto length = static_cast<std::size_t>(get(bytes_, read_));
    f.name.assign(bytes_, read_, length);
    read_ += length;
  }
  if ((what & has_time) != 0) {
    f.one.newest.seconds = static_cast<std::int64_t>(get(bytes_, read_));
    f.one.newest.nanoseconds = static_cast<std::uint32_t>(get(bytes_, read_));
  }
  f.again = (what & comes_again) != 0;
  if (f.again) {
    f.device = device_ += get(bytes_, read_);
    f.inode = get(bytes_, read_);
  }
  return f;
}

}  // namespace sluice::inline v0
