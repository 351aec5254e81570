#include "backend/sim/sockets.hpp"

#include <algorithm>
#include <cerrno>

namespace sluice::inline v0::sim {

socket& sockets::fresh() {
  auto free = std::ranges::find_if_not(all_, &socket::used);
  if (free == all_.end()) free = all_.emplace(free);
  const std::uint32_t generation = (free->generation + 1) & 0xffffff;
  *free = socket();
  free->generation = generation;
  free->used = true;
  free->option(socket_option::linger) = -1;
  return *free;
}

handle_id sockets::id_of(const socket& s) const noexcept {
  std::size_t index = 0;
  while (&all_[index] != &s) ++index;
  return ids_ | mark | handle_id{s.generation} << 32 | index;
}

socket* sockets::find(handle_id id) noexcept {
  if (!about(id)) return nullptr;
  const std::size_t index = id & 0x1fffffff;
  if (index >= all_.size()) return nullptr;
  socket& s = all_[index];
  return s.used && s.generation == (id >> 32 & 0xffffff) ? &s : nullptr;
}

socket* sockets::at(const address& where) noexcept {
  const auto found = std::ranges::find_if(
      all_, [&](const socket& s) { return s.listens() && s.local == where; });
  return found == all_.end() ? nullptr : &*found;
}

std::uint64_t sockets::held() const noexcept {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(all_, [](const socket& s) { return s.used && s.held; }));
}

std::int64_t sockets::listen(const address& where, std::size_t backlog) {
  address local = where;
  if (local.family() == address_family::none) return -EAFNOSUPPORT;
  const bool any_port = local.family() != address_family::local && local.port() == 0;
  if (any_port) local.set_port(next_port());
  while (any_port && at(local) != nullptr) local.set_port(next_port());
  if (at(local) != nullptr) return -EADDRINUSE;
  socket& s = fresh();
  s.in = &pipes_.fresh(0);
  s.in->of_socket = true;
  s.local = local;
  s.backlog = backlog;
  s.held = true;
  return static_cast<std::int64_t>(id_of(s));
}

handle_id sockets::connect(socket& listener, std::size_t room, std::size_t room_back) {
  pipe& there = pipes_.fresh(room);
  pipe& back = pipes_.fresh(room_back);
  there.connects = back.connects = there.of_socket = back.of_socket = true;
  socket& theirs = fresh();
  theirs.in = &there;
  theirs.out = &back;
  theirs.local = listener.local;
  socket& ours = fresh();
  ours.in = &back;
  ours.out = &there;
  ours.peer = listener.local;
  if (listener.local.family() != address_family::local) {
    ours.local = listener.local;
    ours.local.set_port(next_port());
    theirs.peer = ours.local;
  }
  ours.held = true;
  listener.in->arrivals.push_back(id_of(theirs));
  return id_of(ours);
}

void sockets::reset(socket& s) noexcept {
  for (pipe* p : {s.in, s.out}) {
    if (p == nullptr) continue;
    p->reset = true;
    p->bytes.clear();
  }
}

socket* sockets::around(const pipe& p) noexcept {
  const auto found = std::ranges::find_if(
      all_, [&](const socket& s) { return s.used && !s.listens() && (s.in == &p || s.out == &p); });
  return found != all_.end() ? &*found : nullptr;
}

void sockets::close(socket& s, bool with_reset) noexcept {
  if (s.listens()) {
    for (const handle_id waiting : s.in->arrivals) {
      if (socket* one = find(waiting)) close(*one, true);
    }
    s.in->arrivals.clear();
    s.in->open[0] = s.in->open[1] = s.in->held[0] = s.in->held[1] = false;
  } else {
    // What comes for nobody is answered with a reset.
    if (with_reset || !s.in->bytes.empty()) reset(s);
    s.in->open[pipe::reader] = s.in->held[pipe::reader] = false;
    s.out->open[pipe::writer] = s.out->held[pipe::writer] = false;
  }
  s.used = s.held = false;
}

void sockets::close_all() noexcept {
  for (socket& s : all_) s.used = s.held = false;
}

}  // namespace sluice::inline v0::sim
