#include <time.h>

#include <cerrno>
#include <mutex>
#include <new>

#include "core/system_error.hpp"
#include "space/memory/rows.hpp"

namespace sluice::inline v0 {

namespace {

memory::store& nodes_of(space& s) noexcept { return static_cast<memory_space&>(s).nodes(); }

/// Every operation finishes inside its submission.
template <class Op>
void submit(space& s, operation& base) noexcept {
  memory::store& nodes = nodes_of(s);
  std::int64_t n;
  {
    const std::lock_guard lock(nodes.mutex());
    try {
      n = memory::perform(nodes, static_cast<Op&>(base));
    } catch (const std::bad_alloc&) {
      n = -ENOMEM;
    }
  }
  finish_plainly<Op>(base, n);
  base.complete();
}

void release(space& s, handle_id id) noexcept {
  memory::store& nodes = nodes_of(s);
  const std::lock_guard lock(nodes.mutex());
  nodes.close(id);
}

template <class... Ops>
constexpr space_table make_table() noexcept {
  space_table t{"memory"};
  ((t[Ops::its_kind] = submit<Ops>), ...);
  ops::carry_transfers_piecewise(t);
  t.release = release;
  return t;
}

constexpr space_table rows =
    make_table<ops::open, ops::close, ops::read_at, ops::write_at, ops::readv_at, ops::writev_at,
               ops::truncate, ops::sync, ops::stat, ops::set_mode, ops::set_owner, ops::set_times,
               ops::mkdir, ops::unlink, ops::entries>();

}  // namespace

memory_space::memory_space(clock tell_time)
    : space(rows), nodes_(std::make_unique<memory::store>(tell_time)) {}

memory_space::~memory_space() = default;

dir memory_space::root() {
  const std::lock_guard lock(nodes_->mutex());
  return dir(adopt, *this, nodes_->open(nodes_->root(), true, false, false));
}

timestamp memory_space::system_time() noexcept {
  timespec t;
  ::clock_gettime(CLOCK_REALTIME, &t);
  return {t.tv_sec, static_cast<std::uint32_t>(t.tv_nsec)};
}

}  // namespace sluice::inline v0
