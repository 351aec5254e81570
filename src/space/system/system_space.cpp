#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend/closing.hpp"
#include "ops/calls.hpp"
#include "sluice/backend.hpp"
#include "sluice/system.hpp"

namespace sluice::inline v0 {

namespace {

backend* backend_of(const driver& d) noexcept { return static_cast<backend*>(d.carrier()); }

[[gnu::noinline]] void perform_here(operation& op) noexcept {
  if (machine* m = machine::of(op.id)) return m->perform(op);
  const native_row& row = *row_for(op.kind);
  std::int64_t n = row.begin != nullptr ? row.begin(op) : 0;
  if (n >= 0) n = row.perform(op);
  row.finish(op, n);
  op.complete();
}

/// Every native operation: the backend of the driver that asks, or, without one, a blocking call.
template <op_kind Kind>
void submit(space&, operation& op) noexcept {
  if (backend* b = backend_of(*op.home)) [[likely]] return b->submit(op, Kind);
  perform_here(op);
}

void submit_close(space&, operation& op) noexcept {
  if (backend* b = backend_of(*op.home)) return b->close(op);
  if (machine* m = machine::of(op.id)) return m->perform(op);
  close_descriptor(op);
}

/// A file of one space means nothing in another, so two ids of one space are always ours.
void cancel(space&, operation& op) noexcept {
  if (op.kind == op_kind::close) return;
  if (backend* b = backend_of(*op.home)) b->cancel(op);
}

way_taken way(space&, const operation& op) noexcept {
  const backend* b = backend_of(*op.home);
  return b != nullptr && !is_transfer(op.kind) ? b->way_of(op) : way_taken::unknown;
}

void release(space&, handle_id id) noexcept {
  if (machine::made(id)) {
    if (machine* m = machine::of(id)) m->release(id);
    return;
  }
  if ((id & system_id::borrowed) != 0) return;
  const int fd = system_id::descriptor(id);
  driver* d = port::current_driver();
  const bool room = system_id::has_release_link(fd);
  backend* b = room && d != nullptr ? backend_of(*d) : nullptr;
  if (b != nullptr && b->release(fd)) return;
  ::close(fd);  // a thread without a loop: nobody but the caller waits
}

constexpr space_table make_table() noexcept {
  space_table t{"system"};
#define SLUICE_SYSTEM_ROW(name) t[op_kind::name] = submit<op_kind::name>;
  SLUICE_OPERATIONS(SLUICE_SYSTEM_ROW)
#undef SLUICE_SYSTEM_ROW
  ops::carry_transfers_piecewise(t);
  t[op_kind::close] = submit_close;
  t.cancel = cancel;
  t.way = way;
  t.release = release;
  return t;
}

constexpr space_table rows = make_table();

}  // namespace

constinit system_space detail::the_system(rows);

handle_id system_space::id_of(int descriptor) noexcept {
  system_id::reserve_release(descriptor);
  return system_id::of_descriptor(descriptor);
}

dir system_space::current_dir() noexcept {
  return dir(adopt, *this, system_id::make(AT_FDCWD, 0, system_id::borrowed));
}

namespace {

stream standard(system_space& s, int fd) noexcept {
  return stream(adopt, s, system_id::make(fd, 0, system_id::borrowed));
}

}  // namespace

stream system_space::standard_input() noexcept { return standard(*this, STDIN_FILENO); }
stream system_space::standard_output() noexcept { return standard(*this, STDOUT_FILENO); }
stream system_space::standard_error() noexcept { return standard(*this, STDERR_FILENO); }

result<pipe_ends> system_space::make_pipe() noexcept {
  driver* d = port::current_driver();
  if (backend* b = d != nullptr ? backend_of(*d) : nullptr) {
    handle_id made[2];
    const error e = b->make_pipe(made);
    if (!e) return pipe_ends(stream(adopt, *this, made[0]), stream(adopt, *this, made[1]));
    if (e != errc::not_supported) return std::unexpected(e);
  }
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return std::unexpected(system_error(-errno));
  return pipe_ends(adopt_descriptor<stream>(ends[0]), adopt_descriptor<stream>(ends[1]));
}

namespace {

sigset_t set_of(std::initializer_list<int> numbers) noexcept {
  sigset_t set;
  sigemptyset(&set);
  for (int n : numbers) sigaddset(&set, n);
  return set;
}

}  // namespace

result<signal_stream> system_space::signals(std::initializer_list<int> numbers) noexcept {
  const sigset_t set = set_of(numbers);
  const int fd = ::signalfd(-1, &set, SFD_CLOEXEC);
  if (fd < 0) return std::unexpected(system_error(-errno));
  return adopt_descriptor<signal_stream>(fd);
}

result<child> system_space::watch_child(int process_id) noexcept {
  const auto fd = static_cast<int>(::syscall(SYS_pidfd_open, process_id, 0));
  if (fd < 0) return std::unexpected(system_error(-errno));
  return adopt_descriptor<child>(fd);
}

result<void> block_signals(std::initializer_list<int> numbers) noexcept {
  const sigset_t set = set_of(numbers);
  const int e = ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  if (e != 0) return std::unexpected(system_error(-e));
  return {};
}

}  // namespace sluice::inline v0
