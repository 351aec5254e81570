#include <time.h>

#include <cerrno>
#include <mutex>
#include <new>

#include "core/system_error.hpp"
#include "sluice/io/ops.hpp"
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

/// As the others, but where the lock is not free and may be waited for.
void submit_lock(space& s, operation& base) noexcept {
  auto& op = static_cast<ops::lock&>(base);
  memory::store& nodes = nodes_of(s);
  std::int64_t n;
  {
    const std::lock_guard lock(nodes.mutex());
    try {
      n = memory::perform(nodes, op);
    } catch (const std::bad_alloc&) {
      n = -ENOMEM;
    }
    if (n == -EAGAIN && op.wait) return nodes.waiting().join(op, *nodes.find(op.id)->of);
  }
  finish_plainly<ops::lock>(op, n);
  op.complete();
}

void submit_nop(space&, operation& op) noexcept { op.complete(); }

/// Its deadline ends it.
void submit_sleep(space&, operation&) noexcept {}

void cancel(space& s, operation& op) noexcept {
  if (op.kind == op_kind::sleep) return op.expired ? op.complete() : op.fail(errc::canceled);
  if (op.kind != op_kind::lock) return;
  memory::store& nodes = nodes_of(s);
  const std::lock_guard lock(nodes.mutex());
  nodes.waiting().leave(static_cast<ops::lock&>(op));
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
  t[op_kind::lock] = submit_lock;
  t[op_kind::nop] = submit_nop;
  t[op_kind::sleep] = submit_sleep;
  t.cancel = cancel;
  t.release = release;
  return t;
}

constexpr space_table rows =
    make_table<ops::open, ops::close, ops::read_at, ops::write_at, ops::readv_at, ops::writev_at,
               ops::truncate, ops::sync, ops::sync_range, ops::allocate, ops::advise, ops::cached,
               ops::copy_range, ops::clone, ops::seek_extent, ops::stat, ops::set_mode,
               ops::set_owner, ops::set_times, ops::list_xattr, ops::get_xattr, ops::set_xattr,
               ops::remove_xattr, ops::stat_fs, ops::mkdir, ops::unlink, ops::rename, ops::link,
               ops::symlink, ops::readlink, ops::mknod, ops::entries>();

}  // namespace

memory_space::memory_space(const memory_options& options)
    : space(rows),
      nodes_(std::make_unique<memory::store>(
          options.tell_time != nullptr ? options.tell_time : system_time, options.byte_limit)) {}

memory_space::memory_space(clock tell_time) : memory_space(memory_options{tell_time}) {}

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
