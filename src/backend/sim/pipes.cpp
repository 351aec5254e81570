#include "backend/sim/pipes.hpp"

#include <algorithm>
#include <cerrno>

#include "backend/sim/visit.hpp"

namespace sluice::inline v0::sim {

pipe& pipes::fresh(std::size_t room) {
  const auto in_use = [](const pipe& p) { return p.held[0] || p.held[1]; };
  auto free = std::ranges::find_if_not(all_, in_use);
  if (free == all_.end()) free = all_.emplace(free);
  pipe& p = *free;
  p.bytes.clear();
  p.arrivals.clear();
  p.room = room;
  p.reset = p.connects = p.of_socket = false;
  p.open[0] = p.open[1] = p.held[0] = p.held[1] = true;
  p.generation = (p.generation + 1) & 0xffffff;
  return p;
}

void pipes::make(handle_id (&ends)[2], std::size_t room) {
  const pipe& p = fresh(room);
  const handle_id id = ids_ | mark | handle_id{p.generation} << 32 | index_of(p) << 1;
  ends[0] = id;
  ends[1] = id | writer_mark;
}

pipe_end pipes::find(handle_id id) noexcept {
  if (!about(id)) return {};
  const std::size_t index = (id & 0x1fffffff) >> 1;
  if (index >= all_.size()) return {};
  pipe& p = all_[index];
  const auto which = (id & writer_mark) != 0 ? pipe::writer : pipe::reader;
  if (p.generation != (id >> 32 & 0xffffff) || !p.held[which]) return {};
  return {&p, which};
}

std::size_t pipes::index_of(const pipe& p) const noexcept {
  std::size_t index = 0;
  while (&all_[index] != &p) ++index;
  return index;
}

std::uint64_t pipes::open_ends() const noexcept {
  std::uint64_t n = 0;
  for (const pipe& p : all_) n += p.of_socket ? 0 : (p.held[0] ? 1u : 0u) + (p.held[1] ? 1u : 0u);
  return n;
}

void pipes::close_all() noexcept {
  for (pipe& p : all_) {
    p.open[0] = p.open[1] = p.held[0] = p.held[1] = false;
    p.waiting[0].clear();
    p.waiting[1].clear();
  }
}

namespace {

/// Why nothing can be taken, or brought; -EAGAIN: it has to be waited for. 0 is the end.
std::int64_t obstacle(const pipe& p, pipe::end at) noexcept {
  if (p.reset) return at == pipe::writer ? -EPIPE : -ECONNRESET;
  if (at == pipe::writer) return p.open[pipe::reader] && p.open[pipe::writer] ? -EAGAIN : -EPIPE;
  return p.open[pipe::writer] && p.open[pipe::reader] ? -EAGAIN : 0;
}

}  // namespace

std::int64_t pipes::take(pipe& p, std::byte* into, std::size_t most) {
  const std::size_t n = std::min(most, p.bytes.size());
  if (n == 0 || p.reset) return obstacle(p, pipe::reader);
  const auto end = p.bytes.begin() + static_cast<std::ptrdiff_t>(n);
  std::copy(p.bytes.begin(), end, into);
  p.bytes.erase(p.bytes.begin(), end);
  p.room += n;
  return static_cast<std::int64_t>(n);
}

std::int64_t pipes::put(pipe& p, const std::byte* from, std::size_t most) {
  const std::int64_t why = obstacle(p, pipe::writer);
  const std::size_t n = std::min(most, p.room);
  if (why != -EAGAIN || n == 0) return why;
  p.bytes.insert(p.bytes.end(), from, from + n);
  p.room -= n;
  return static_cast<std::int64_t>(n);
}

std::int64_t pipes::transfer(pipe_end at, operation& op, std::size_t most, std::size_t skip) {
  const bool vectored = op.kind == op_kind::readv || op.kind == op_kind::writev;
  bool first = vectored;  // the array of slices comes before what they point to
  std::int64_t moved = 0;
  std::int64_t last = 0;
  bool asked = false;
  regions_of(op, [&](const region& r) {
    if (std::exchange(first, false)) return;
    const std::size_t before = std::min(skip, r.size);
    skip -= before;
    const std::size_t wanted = std::min(r.size - before, most - static_cast<std::size_t>(moved));
    if (wanted == 0 || (asked && last <= 0)) return;
    asked = true;
    last = at.which == pipe::writer ? put(*at.of, r.data + before, wanted)
                                    : take(*at.of, r.data + before, wanted);
    if (last > 0) moved += last;
  });
  return moved > 0 ? moved : last;
}

}  // namespace sluice::inline v0::sim
