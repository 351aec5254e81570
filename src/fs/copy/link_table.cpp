#include "fs/copy/link_table.hpp"

#include "fs/copy/context.hpp"

namespace sluice::inline v0::copying {

link_table::claim link_table::ask(std::uint64_t device, std::uint64_t inode) {
  const std::lock_guard lock(mutex_);
  const auto [at, fresh] = entries_.try_emplace({device, inode});
  entry& e = at->second;
  const bool first = fresh || e.is == entry::state::failed;
  if (first) e.is = entry::state::pending;
  return {&e, first};
}

void link_table::made(entry& e, const item& i) {
  {
    const std::lock_guard lock(mutex_);
    e.in = i.in;
    e.above = i.above;
    e.name.assign(i.target_name.c_str(), i.target_name.size());
  }
  settle(e, entry::state::made);
}

void link_table::given_up(entry& e) noexcept { settle(e, entry::state::failed); }

bool link_table::wait(entry& e, waiter& w) noexcept {
  const std::lock_guard lock(mutex_);
  if (e.is != entry::state::pending) return false;
  e.waiting.push(w);
  return true;
}

/// Where it was given up, another may already be the first again.
bool link_table::is_made(const entry& e) noexcept {
  const std::lock_guard lock(mutex_);
  return e.is == entry::state::made;
}

void link_table::settle(entry& e, entry::state how) noexcept {
  job_queue waiting;
  {
    const std::lock_guard lock(mutex_);
    e.is = how;
    waiting.append(e.waiting);
  }
  // Each goes on with its own loop, which may be another thread's.
  while (job* j = waiting.pop()) static_cast<waiter*>(j)->home_->post(*j);
}

}  // namespace sluice::inline v0::copying
