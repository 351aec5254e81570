// Sluice's core without a system below it: a driver, a space and a device of one's own. Nothing here
// but headers of sluice/core, and what port.cpp gives.
#include <sluice/core/handle.hpp>
#include <sluice/core/on.hpp>
#include <sluice/core/when.hpp>

#include <new>

#include "port.hpp"

namespace {

using sluice::operation;
using sluice::task;

/// Turns the device, whatever it is, when there is nothing else to do.
class toy_driver final : public sluice::driver {
 public:
  explicit toy_driver(void (&turn_device)() noexcept) noexcept : turn_device_(turn_device) {}

  void post(sluice::job& j) noexcept override { schedule(j); }  // here there is one thread
  sluice::time_point_ns now() noexcept override { return time_; }

  template <class T>
  T run(task<T> work) {
    bool done = false;
    sluice::promise_base& p = work.prepare(*this, nullptr, &done, [](sluice::promise_base& ended) noexcept {
      *static_cast<bool*>(ended.owner) = true;
    });
    schedule(p);
    run_until(done);
    return work.take();
  }

  void run_until(const bool& done) noexcept {
    sluice::port::set_current_driver(this);
    while (!done) turn();
    sluice::port::set_current_driver(nullptr);
  }

 private:
  void turn() noexcept {
    inline_left_ = inline_budget;
    if (sluice::job* j = ready_.pop()) return run_job(*j);
    turn_device_();
    timers_.expire(++time_);
  }

  void (&turn_device_)() noexcept;
  sluice::time_point_ns time_ = 0;  // a turn is a nanosecond
};

// What can be asked of a disk: operations in the core's vocabulary of kinds, with their arguments.
template <sluice::op_kind Kind, class Byte>
struct transfer : sluice::operation_of<Kind, std::size_t> {
  transfer(sluice::space& s, sluice::handle_id i, std::span<Byte> b, std::size_t o) noexcept
      : sluice::operation_of<Kind, std::size_t>(s, i), buffer(b), offset(o) {}
  void move_by(std::size_t n) noexcept { offset += n; }
  std::span<Byte> buffer;
  std::size_t offset;
};
struct read_at : transfer<sluice::op_kind::read_at, std::byte> {
  using transfer::transfer;
};
struct write_at : transfer<sluice::op_kind::write_at, const std::byte> {
  using transfer::transfer;
};

struct flush_all : sluice::operation_of<sluice::op_kind::sync, void> {
  using operation_of::operation_of;
};

/// What the device keeps of a request, in the operation's scratch space.
struct request : sluice::job {
  operation* op;
};

/// A disk in an array. It takes a request, and carries it out some turns later; at most one sector
/// at once, so that long transfers come back short.
class disk_space final : public sluice::space {
 public:
  static constexpr std::size_t sector = 64;
  static constexpr std::size_t size = 64 * sector;

  constexpr disk_space() noexcept : space(rows) {}

  void turn() noexcept {
    if (requests_.empty() || ++turns_ % 3 != 0) return;
    carry_out(*static_cast<request*>(requests_.pop())->op);
  }

 private:
  static const sluice::space_table rows;
  static constexpr sluice::space_table make_rows() noexcept;

  static void accept(space& s, operation& op) noexcept {
    auto* r = ::new (static_cast<void*>(op.scratch)) request;
    r->op = &op;
    static_cast<disk_space&>(s).requests_.push(*r);
  }

  /// What the device has not begun with can still be taken back.
  static void cancel(space& s, operation& op) noexcept {
    auto& queued = *reinterpret_cast<request*>(op.scratch);
    if (static_cast<disk_space&>(s).requests_.remove(queued)) op.fail(sluice::errc::canceled);
  }

  void carry_out(operation& op) noexcept {
    if (op.kind == sluice::op_kind::read_at) {
      auto& r = static_cast<read_at&>(op);
      r.value = length(r.offset, r.buffer.size());
      for (std::size_t i = 0; i < r.value; ++i) r.buffer[i] = bytes_[r.offset + i];
    } else {
      auto& w = static_cast<write_at&>(op);
      w.value = length(w.offset, w.buffer.size());
      for (std::size_t i = 0; i < w.value; ++i) bytes_[w.offset + i] = w.buffer[i];
      if (w.value == 0) return op.fail(sluice::errc::no_space);
    }
    op.complete();
  }

  static std::size_t length(std::size_t offset, std::size_t wanted) noexcept {
    const std::size_t left = offset < size ? size - offset : 0;
    const std::size_t most = left < sector ? left : sector;
    return wanted < most ? wanted : most;
  }

  std::byte bytes_[size] = {};
  sluice::job_queue requests_;
  unsigned turns_ = 0;
};

constexpr sluice::space_table disk_space::make_rows() noexcept {
  sluice::space_table t{"disk"};
  t[sluice::op_kind::read_at] = accept;
  t[sluice::op_kind::write_at] = accept;
  t.cancel = cancel;
  return t;
}
constexpr sluice::space_table disk_space::rows = make_rows();

constinit disk_space the_disk;
void turn_the_disk() noexcept { the_disk.turn(); }

/// A handle, with verbs as everywhere.
class disk : public sluice::handle {
 public:
  using handle::handle;
  auto read_exact_at(std::span<std::byte> into, std::size_t offset) const noexcept {
    return sluice::exact_call<read_at>(*space_, id_, into, offset);
  }
  auto write_all_at(std::span<const std::byte> from, std::size_t offset) const noexcept {
    return sluice::exact_call<write_at>(*space_, id_, from, offset);
  }
  auto read(std::span<std::byte> into, std::size_t offset) const noexcept {
    return sluice::call<read_at>(*space_, id_, into, offset);
  }
  auto flush() const noexcept { return sluice::call<flush_all>(*space_, id_); }
};

constexpr std::size_t extent = 5 * disk_space::sector + 7;
std::byte buffers[4][extent];

std::byte pattern(std::size_t i, unsigned seed) {
  return static_cast<std::byte>(i * 31 + seed * 17 + i / 64);
}

task<void> write_and_read_back(disk& d, unsigned which, unsigned& good) {
  auto& buffer = buffers[which];
  for (std::size_t i = 0; i < extent; ++i) buffer[i] = pattern(i, which);
  auto written = co_await d.write_all_at(buffer, which * extent);
  for (std::byte& b : buffer) b = {};
  auto read = co_await d.read_exact_at(buffer, which * extent);
  bool same = written && read;
  for (std::size_t i = 0; i < extent; ++i) same = same && buffer[i] == pattern(i, which);
  if (same) ++good;
}

task<unsigned> four_at_once(disk& d) {
  unsigned good = 0;
  auto body = [&](sluice::scope& children) -> task<void> {
    for (unsigned i = 0; i < 4; ++i) children.spawn(write_and_read_back(d, i, good));
    co_return;
  };
  auto all = sluice::with_scope(body);
  co_await std::move(all);
  co_return good;
}

task<bool> ends_at_the_end(disk& d) {
  std::byte last[16];
  auto read = co_await d.read_exact_at(last, disk_space::size - 5);
  auto written = co_await d.write_all_at(last, disk_space::size - 5);
  co_return read.end && read.done == 5 && written.done == 5 && written.first_error == sluice::errc::no_space;
}

/// A deadline that is over before the device has come to the request.
task<bool> deadlines_end(disk& d) {
  std::byte one[1];
  auto n = co_await d.read(one, 0).within(0);
  co_return !n && n.error() == sluice::errc::timed_out;
}

task<bool> unknown_is_refused(disk& d) {
  auto r = co_await d.flush();
  co_return !r && r.error() == sluice::errc::not_supported;
}

task<bool> side_by_side(disk& d) {
  auto both = sluice::when_all(ends_at_the_end(d), deadlines_end(d), unknown_is_refused(d));
  auto as_told = co_await std::move(both);
  co_return std::get<0>(as_told) && std::get<1>(as_told) && std::get<2>(as_told);
}

/// Not ours: awaits through the driver that it names.
struct detached {
  struct promise_type {
    detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept {}
    static void* operator new(std::size_t n) { return sluice::port::allocate_frame(n); }
    static void operator delete(void* p, std::size_t n) noexcept { sluice::port::release_frame(p, n); }
  };
};

detached by_another_coroutine(toy_driver& home, disk& d, std::byte& got, bool& done) {
  auto n = co_await sluice::on(home, d.read(std::span(&got, 1), 1));
  if (!n) got = {};
  done = true;
}

}  // namespace

/// 0: all is as it should be; else which part was not.
int use_the_disk() noexcept {
  toy_driver home(turn_the_disk);
  disk d(sluice::adopt, the_disk, 1);
  if (home.run(four_at_once(d)) != 4) return 1;
  if (!home.run(side_by_side(d))) return 2;
  std::byte got{};
  bool done = false;
  by_another_coroutine(home, d, got, done);
  home.run_until(done);
  if (got != pattern(1, 0)) return 3;
  return 0;
}
