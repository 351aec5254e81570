// What each operation does when its turn comes at an end of a pipe, a connection or a listener; and
// sockets, of which some things happen at once.
#include <algorithm>
#include <cerrno>

#include "backend/sim/engine.hpp"
#include "sluice/system.hpp"

namespace sluice::inline v0::sim {

namespace {

constexpr std::size_t large_window = 64 * 1024;
constexpr std::int64_t no_room = static_cast<std::int64_t>(items_end::no_room);

constexpr bool brings(op_kind k) noexcept {
  using enum op_kind;
  return k == write || k == writev || k == send_zc || k == send_file;
}
constexpr bool takes(op_kind k) noexcept {
  using enum op_kind;
  return k == read || k == readv || k == receive_many;
}

std::size_t size_of(std::span<const io_slice> slices) noexcept {
  std::size_t n = 0;
  for (const io_slice& s : slices) n += s.size;
  return n;
}

}  // namespace

/// About something that flows, or waits for somebody.
bool engine::is_networked(const operation& op) noexcept {
  if (op.kind == op_kind::listen || op.kind == op_kind::connect) return true;
  return machine::made(op.id) && (pipes::about(op.id) || sockets::about(op.id));
}

std::size_t engine::window() {
  return rng.chance(options.small_windows) ? rng.between(1, 5000) : large_window;
}

/// Where the operation stands in line. None: `why_not` tells.
pipe_end engine::line_of(const operation& op, std::int64_t& why_not) noexcept {
  if (op.kind == op_kind::connect) {
    const address& where = static_cast<const ops::connect&>(op).where;
    const bool refused = rng.chance(options.faults.refused);
    if (refused) ++counts_.faults;
    socket* l = refused ? nullptr : sockets_.at(where);
    why_not = -ECONNREFUSED;
    if (l == nullptr) return {};
    return {l->in, pipe::writer};
  }
  why_not = -EBADF;
  if (const pipe_end end = pipes_.find(op.id); end.of != nullptr) {
    const bool plain = op.kind != op_kind::receive_many && op.kind != op_kind::send_zc;
    const bool fits = end.which == pipe::reader ? takes(op.kind) : brings(op.kind);
    return fits && plain ? end : pipe_end{};
  }
  const socket* s = sockets_.find(op.id);
  if (s == nullptr) return {};
  const bool accepts = op.kind == op_kind::accept || op.kind == op_kind::accept_many;
  why_not = s->listens() ? -ENOTCONN : -EINVAL;
  if (s->listens() != accepts) return {};
  if (accepts || takes(op.kind)) return {s->in, pipe::reader};
  why_not = -EOPNOTSUPP;
  return brings(op.kind) ? pipe_end{s->out, pipe::writer} : pipe_end{};
}

void engine::look_after_both(socket& s) {
  look_after(*s.in);
  if (s.out != nullptr) look_after(*s.out);
}

/// True: it has happened, and `n` is what came of it.
bool engine::do_at_once(operation& op, std::int64_t& n) {
  n = 0;
  if (op.kind == op_kind::listen) {
    auto& o = static_cast<ops::listen&>(op);
    const bool out = rng.chance(options.faults.too_many_files);
    n = out ? -EMFILE : sockets_.listen(o.where, static_cast<std::size_t>(o.how.backlog));
    return true;
  }
  const bool about_socket = op.kind == op_kind::shutdown || op.kind == op_kind::get_option ||
                            op.kind == op_kind::set_option || op.kind == op_kind::socket_address;
  if (!about_socket) return false;
  socket* s = sockets_.find(op.id);
  if (s == nullptr) {
    n = -ENOTSOCK;
  } else if (op.kind == op_kind::socket_address) {
    auto& o = static_cast<ops::socket_address&>(op);
    if (o.peer && s->listens()) n = -ENOTCONN;
    o.value = o.peer ? s->peer : s->local;
  } else if (op.kind == op_kind::get_option) {
    auto& o = static_cast<ops::get_option&>(op);
    o.value = s->option(o.option);
  } else if (op.kind == op_kind::set_option) {
    const auto& o = static_cast<ops::set_option&>(op);
    s->option(o.option) = o.wanted;
  } else if (s->listens()) {
    n = -ENOTCONN;
  } else {
    const shutdown_side which = static_cast<ops::shutdown&>(op).which;
    if (which != shutdown_side::reading) s->out->open[pipe::writer] = false;
    if (which != shutdown_side::writing) s->in->open[pipe::reader] = false;
    look_after_both(*s);
  }
  return true;
}

/// What its number is, or -EAGAIN where it has to wait for more.
std::int64_t engine::attempt(pipe_end at, operation& op) {
  pipe& p = *at.of;
  switch (op.kind) {
    case op_kind::connect: return knock(static_cast<ops::connect&>(op));
    case op_kind::accept: return accept_next(p, static_cast<ops::accept&>(op).from);
    case op_kind::accept_many: return accept_many(p, static_cast<ops::accept_many&>(op));
    case op_kind::receive_many: return receive_many(p, static_cast<ops::receive_many&>(op));
    case op_kind::send_file: return send_file(p, static_cast<ops::send_file&>(op));
    case op_kind::write: {
      auto& o = static_cast<ops::write&>(op);
      return write(at, op, o.whole, o.done, o.buffer.size());
    }
    case op_kind::writev: {
      auto& o = static_cast<ops::writev&>(op);
      return write(at, op, o.whole, o.done, size_of(o.slices));
    }
    case op_kind::send_zc: {
      const std::int64_t n = pipes::transfer(at, op, piece());
      if (n < 0) return n;
      static_cast<ops::send_zc&>(op).give(static_cast<std::size_t>(n));
      return static_cast<std::int64_t>(items_end::ended);
    }
    default: return pipes::transfer(at, op, piece());
  }
}

/// One that is to be whole stays at the head of its line until it is.
std::int64_t engine::write(pipe_end at, operation& op, bool whole, std::size_t& done,
                           std::size_t size) {
  for (;;) {
    const std::int64_t n = pipes::transfer(at, op, piece(), done);
    if (!whole || n <= 0 || done + static_cast<std::size_t>(n) >= size) return n;
    done += static_cast<std::size_t>(n);
  }
}

std::int64_t engine::knock(ops::connect& op) {
  socket* l = sockets_.at(op.where);
  if (l == nullptr) return -ECONNREFUSED;
  if (l->in->arrivals.size() > l->backlog) return -EAGAIN;
  if (rng.chance(options.faults.too_many_files)) {
    ++counts_.faults;
    return -EMFILE;
  }
  const handle_id made = sockets_.connect(*l, window(), window());
  look_after(*l->in);
  return static_cast<std::int64_t>(made);
}

/// Out of descriptors, it leaves the connection for later.
std::int64_t engine::accept_next(pipe& from, address* where) {
  if (from.arrivals.empty()) return -EAGAIN;
  if (rng.chance(options.faults.too_many_files)) {
    ++counts_.faults;
    return -EMFILE;
  }
  const handle_id id = from.arrivals.front();
  from.arrivals.pop_front();
  look_after(from);  // there is room for one more to connect
  socket& s = *sockets_.find(id);
  s.held = true;
  if (where != nullptr) *where = s.peer;
  return static_cast<std::int64_t>(id);
}

std::int64_t engine::accept_many(pipe& from, ops::accept_many& op) {
  while (op.has_room()) {
    if (rng.chance(options.faults.items_end)) {
      ++counts_.faults;
      return no_room;
    }
    const std::int64_t id = accept_next(from, nullptr);
    if (id < 0) return id;
    op.give(static_cast<handle_id>(id));
  }
  return no_room;
}

std::int64_t engine::receive_many(pipe& from, ops::receive_many& op) {
  while (op.has_room()) {
    if (rng.chance(options.faults.items_end)) {
      ++counts_.faults;
      return no_room;
    }
    if (from.bytes.empty() || from.reset) {
      const std::int64_t why = pipes::take(from, nullptr, 1);
      return why == 0 ? static_cast<std::int64_t>(items_end::ended) : why;
    }
    pool_buffer* b = op.pool->take();
    if (b == nullptr) return static_cast<std::int64_t>(items_end::starved);
    pooled_buffer held(*b);
    const std::int64_t n = pipes::take(from, b->data, std::min<std::size_t>(b->size, piece()));
    look_after(from);
    op.pool->fill(*b, static_cast<std::size_t>(n));
    op.give(std::move(held));
  }
  return no_room;
}

std::int64_t engine::send_file(pipe& to, ops::send_file& op) {
  while (op.done < op.size) {
    std::byte part[4096];
    const std::size_t most = std::min({op.size - op.done, sizeof part, piece()});
    if (to.room == 0) return pipes::put(to, part, most);
    ops::read_at read(system(), op.source_id, std::span(part).first(std::min(most, to.room)),
                      op.offset + op.done);
    disk_.perform(read);
    if (read.failure) return -EBADF;
    if (read.value == 0) break;
    const std::int64_t n = pipes::put(to, part, read.value);
    if (n < 0) return n;
    op.done += static_cast<std::size_t>(n);
  }
  return 0;
}

}  // namespace sluice::inline v0::sim
