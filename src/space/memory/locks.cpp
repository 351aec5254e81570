#include "space/memory/locks.hpp"

#include <cerrno>
#include <new>

#include "core/system_error.hpp"
#include "space/memory/rows.hpp"

namespace sluice::inline v0::memory {

bool range_locks::set(handle_id owner, lock_kind how, std::uint64_t first, std::uint64_t last) {
  std::vector<held> after;
  after.reserve(held_.size() + 2);
  for (const held& h : held_) {
    if (!h.meets(first, last)) {
      after.push_back(h);
    } else if (h.owner != owner) {
      const bool shares = how == lock_kind::shared && h.how == lock_kind::shared;
      if (how != lock_kind::unlock && !shares) return false;
      after.push_back(h);
    } else {
      if (h.first < first) after.push_back({owner, h.how, h.first, first - 1});
      if (h.last > last) after.push_back({owner, h.how, last + 1, h.last});
    }
  }
  if (how != lock_kind::unlock) after.push_back({owner, how, first, last});
  held_.swap(after);
  return true;
}

bool range_locks::end(handle_id owner) noexcept {
  return std::erase_if(held_, [&](const held& h) { return h.owner == owner; }) > 0;
}

void lock_line::join(ops::lock& op, node& on) noexcept {
  auto& w = *::new (static_cast<void*>(op.scratch)) lock_waiter;
  w.op = &op;
  w.on = &on;
  w.next_waiting = nullptr;
  w.run = [](job& j) noexcept {
    auto& ended = static_cast<lock_waiter&>(j);
    ops::lock& lock = *ended.op;
    finish_plainly<ops::lock>(lock, ended.outcome);
    lock.complete();
  };
  *end_ = &w;
  end_ = &w.next_waiting;
}

/// `outcome` tells how each one's waiting ends, -EAGAIN that it does not.
template <class Outcome>
void lock_line::settle(Outcome outcome) noexcept {
  for (lock_waiter** at = &first_; *at != nullptr;) {
    lock_waiter& w = **at;
    w.outcome = outcome(w);
    if (w.outcome == -EAGAIN) {
      at = &w.next_waiting;
      continue;
    }
    *at = w.next_waiting;
    if (end_ == &w.next_waiting) end_ = at;
    w.op->home->post(w);
  }
}

void lock_line::leave(ops::lock& op) noexcept {
  settle([&](const lock_waiter& w) noexcept { return w.op == &op ? -ECANCELED : -EAGAIN; });
}

void lock_line::leave(handle_id id) noexcept {
  settle([&](const lock_waiter& w) noexcept { return w.op->id == id ? -ECANCELED : -EAGAIN; });
}

void lock_line::changed(node& on) noexcept {
  settle([&](const lock_waiter& w) noexcept {
    if (w.on != &on) return -EAGAIN;
    try {
      return static_cast<int>(set_lock(on, *w.op));
    } catch (const std::bad_alloc&) {
      return -ENOMEM;
    }
  });
}

std::int64_t set_lock(node& on, const ops::lock& op) {
  const std::uint64_t last = op.size == 0 ? UINT64_MAX : op.offset + op.size - 1;
  return on.locks.set(op.id, op.how, op.offset, last) ? 0 : -EAGAIN;
}

std::int64_t perform(store& nodes, ops::lock& op) {
  open_node* o = nodes.find(op.id);
  if (o == nullptr || o->is_location()) return -EBADF;
  if (op.offset > content::size_max || op.size > content::size_max) return -EINVAL;
  if (op.size > 0 && op.offset + op.size - 1 > content::size_max) return -EOVERFLOW;
  if (op.how == lock_kind::shared && !o->reads) return -EBADF;
  if (op.how == lock_kind::exclusive && !o->writes) return -EBADF;
  const std::int64_t n = set_lock(*o->of, op);
  // A lock may also have become a shared one, or a smaller one.
  if (n == 0) nodes.waiting().changed(*o->of);
  return n;
}

}  // namespace sluice::inline v0::memory
