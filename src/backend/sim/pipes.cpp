#include "backend/sim/pipes.hpp"

#include <algorithm>
#include <cerrno>

#include "backend/sim/visit.hpp"

namespace sluice::inline v0::sim {

void pipes::make(handle_id (&ends)[2], std::size_t room) {
  std::size_t index = 0;
  while (index < all_.size() && (all_[index].open[0] || all_[index].open[1])) ++index;
  if (index == all_.size()) all_.emplace_back();
  pipe& p = all_[index];
  p.bytes.clear();
  p.room = room;
  p.open[pipe::reader] = p.open[pipe::writer] = true;
  p.generation = (p.generation + 1) & 0xffffff;
  const handle_id id = ids_ | mark | handle_id{p.generation} << 32 | index << 1;
  ends[0] = id;
  ends[1] = id | writer_mark;
}

pipe_end pipes::find(handle_id id) noexcept {
  if (!about(id)) return {};
  const std::size_t index = (id & 0x3ffffff) >> 1;
  if (index >= all_.size()) return {};
  pipe& p = all_[index];
  const auto which = (id & writer_mark) != 0 ? pipe::writer : pipe::reader;
  if (p.generation != (id >> 32 & 0xffffff) || !p.open[which]) return {};
  return {&p, which};
}

std::size_t pipes::index_of(const pipe& p) const noexcept {
  std::size_t index = 0;
  while (&all_[index] != &p) ++index;
  return index;
}

std::uint64_t pipes::open_ends() const noexcept {
  std::uint64_t n = 0;
  for (const pipe& p : all_) n += (p.open[0] ? 1u : 0u) + (p.open[1] ? 1u : 0u);
  return n;
}

void pipes::close_all() noexcept {
  for (pipe& p : all_) {
    p.open[0] = p.open[1] = false;
    p.waiting[0].clear();
    p.waiting[1].clear();
  }
}

namespace {

std::size_t take(pipe& p, std::byte* into, std::size_t n) {
  const auto end = p.bytes.begin() + static_cast<std::ptrdiff_t>(n);
  std::copy(p.bytes.begin(), end, into);
  p.bytes.erase(p.bytes.begin(), end);
  p.room += n;
  return n;
}

std::size_t put(pipe& p, const std::byte* from, std::size_t n) {
  p.bytes.insert(p.bytes.end(), from, from + n);
  p.room -= n;
  return n;
}

}  // namespace

std::int64_t pipes::transfer(pipe_end at, operation& op, std::size_t most) {
  const bool writes = at.which == pipe::writer;
  pipe& p = *at.of;
  std::size_t asked = 0;
  const bool vectored = op.kind == op_kind::readv || op.kind == op_kind::writev;
  bool first = vectored;  // the array of slices comes before what they point to
  regions_of(op, [&](const region& r) { asked += std::exchange(first, false) ? 0 : r.size; });
  if (asked == 0) return 0;
  if (writes && !p.open[pipe::reader]) return -EPIPE;
  const std::size_t there = writes ? p.room : p.bytes.size();
  if (there == 0) return !writes && !p.open[pipe::writer] ? 0 : -EAGAIN;

  std::size_t left = std::min({asked, there, most});
  const auto total = static_cast<std::int64_t>(left);
  first = vectored;
  regions_of(op, [&](const region& r) {
    if (std::exchange(first, false) || left == 0) return;
    const std::size_t n = std::min(left, r.size);
    left -= writes ? put(p, r.data, n) : take(p, r.data, n);
  });
  return total;
}

}  // namespace sluice::inline v0::sim
