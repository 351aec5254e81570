// Chapter 14: a backend of one's own: a device in memory with a clock of its own, and a loop on it.
#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "sluice/backend.hpp"
#include "sluice/sluice.hpp"

namespace {

using sluice::errc;
using sluice::op_kind;
using sluice::operation;
using sluice::time_point_ns;
namespace ops = sluice::ops;

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "not as told: %s\n", what);
  std::exit(1);
}

// What handles are about: the current directory has one file in it, "device".
class device final : public sluice::machine, public sluice::backend_source {
 public:
  std::unique_ptr<sluice::backend> make(sluice::loop&, const sluice::loop_options&) override;

  // Puts the result in place; whoever holds the operation completes it.
  void carry_out(operation& op) noexcept {
    const std::lock_guard lock(mutex_);
    if (op.kind == op_kind::nop) return;
    if (op.kind == op_kind::open) return open(static_cast<ops::open&>(op));
    slot* s = find(op.id);
    if (s == nullptr) {
      op.failure = errc::bad_handle;
    } else if (op.kind == op_kind::read_at) {
      auto& read = static_cast<ops::read_at&>(op);
      const auto part = here(read, any(s->mode & sluice::open_mode::read));
      std::ranges::copy(part, read.buffer.begin());
    } else if (op.kind == op_kind::write_at) {
      auto& write = static_cast<ops::write_at&>(op);
      const auto part = here(write, any(s->mode & sluice::open_mode::write));
      std::copy_n(write.buffer.begin(), part.size(), part.begin());
      if (part.empty() && !write.buffer.empty() && !write.failure) write.failure = errc::no_space;
    } else if (op.kind == op_kind::close) {
      s->open = false;
    } else {
      op.failure = errc::not_supported;
    }
  }

  // For threads without a loop: nobody waits there for a device, so it is done at once.
  void perform(operation& op) noexcept override {
    if (op.kind == op_kind::close && served_) {  // the loop may have something under way on it
      auto& closing = static_cast<ops::close&>(op);
      if (closing.from != nullptr) closing.from->take_back(*op.target, op.id);
      return op.fail(errc::would_deadlock);
    }
    carry_out(op);
    op.complete();
  }

  void release(sluice::handle_id id) noexcept override {
    const std::lock_guard lock(mutex_);
    if (slot* s = find(id)) s->open = false;
  }

  static bool is_root(sluice::handle_id id) noexcept {
    return id == sluice::system().current_dir().id();
  }
  void left() noexcept { served_ = false; }

 private:
  struct slot {
    bool open = false;
    sluice::open_mode mode{};
    std::uint32_t uses = 0;
  };

  // Which slot, and above it how often it was used: an old id is a bad handle, and not somebody
  // else's file.
  sluice::handle_id id_of(std::size_t number) const noexcept {
    return ids() | sluice::handle_id{slots_[number].uses & 0xffffff} << 32 | number;
  }
  slot* find(sluice::handle_id id) noexcept {
    const std::size_t number = id & 0x7fffffff;
    const bool ours = number < slots_.size() && slots_[number].open && id_of(number) == id;
    return ours ? &slots_[number] : nullptr;
  }

  void open(ops::open& op) noexcept {
    const auto free = std::ranges::find(slots_, false, &slot::open);
    if (!is_root(op.id) || std::string_view(op.path.c_str()) != "device") {
      op.failure = errc::not_found;
    } else if ((op.mode & sluice::open_mode::read_write) != op.mode) {
      op.failure = errc::not_supported;
    } else if (free == slots_.end()) {
      op.failure = errc::too_many_files;
    } else {
      *free = {true, op.mode, free->uses + 1};
      op.value = id_of(static_cast<std::size_t>(free - slots_.begin()));
    }
  }

  template <class Transfer>
  std::span<std::byte> here(Transfer& op, bool allowed) noexcept {
    if (!allowed) op.failure = errc::bad_handle;
    const std::size_t from = std::min<std::uint64_t>(op.offset, bytes_.size());
    op.value = allowed ? std::min(op.buffer.size(), bytes_.size() - from) : 0;
    return std::span(bytes_).subspan(from, op.value);
  }

  std::mutex mutex_;  // handles are destroyed on any thread
  std::array<std::byte, 4096> bytes_{};
  std::array<slot, 16> slots_;
  std::atomic<bool> served_ = false;
};

constexpr time_point_ns latency = 100'000;

class device_backend final : public sluice::backend {
 public:
  explicit device_backend(device& d) noexcept : device_(d) {
    for (carrier& c : carriers_) {
      c = [](backend&, operation& op) noexcept { op.fail(errc::not_supported); };
    }
    for (op_kind k :
         {op_kind::nop, op_kind::sleep, op_kind::open, op_kind::read_at, op_kind::write_at}) {
      carriers_[static_cast<std::size_t>(k)] = [](backend& b, operation& op) noexcept {
        auto& self = static_cast<device_backend&>(b);
        self.hold(op, op.kind == op_kind::sleep ? sluice::never : self.now_ + latency);
      };
    }
  }

  void cancel(operation& op) noexcept override {
    end_early([&](operation& held) { return &held == &op; });
  }
  void cancel_all() noexcept override {
    end_early([](operation&) { return true; });
  }

  void close(operation& closing) noexcept override {
    if (device::is_root(closing.id)) return closing.complete();
    if (sluice::machine::of(closing.id) != &device_) return closing.fail(errc::bad_handle);
    end_early([&](operation& held) { return held.id == closing.id; });
    hold(closing, now_ + latency);
  }

  void turn(time_point_ns until) noexcept override {
    for (operation* op = first_; op != nullptr; op = request_of(*op).next) {
      until = std::min(until, request_of(*op).due);
    }
    std::unique_lock lock(mutex_);
    if (until == sluice::never) woken_.wait(lock, [&] { return wake_; });
    // Time passes when somebody waits, and a little with each turn: who polls gets on, too.
    now_ = wake_ ? now_ + 1 : std::max(now_ + 1, until);
    wake_ = false;
    lock.unlock();
    const auto due = [&](operation& op) { return request_of(op).due <= now_; };
    take_out(due, [&](operation& op) {
      device_.carry_out(op);
      op.complete();
    });
  }

  void wake() noexcept override {
    const std::lock_guard lock(mutex_);
    wake_ = true;
    woken_.notify_one();
  }

  time_point_ns now() noexcept override { return now_; }
  bool idle() const noexcept override { return first_ == nullptr; }
  void retire() noexcept override { device_.left(); }
  void collect(sluice::loop_statistics&) const noexcept override {}
  std::string report() const override { return "device: it was asked for"; }

 private:
  // Until it completes, an operation's scratch is the backend's: so nothing is allocated for it.
  struct request {
    operation* next;
    time_point_ns due;
  };
  static request& request_of(operation& op) noexcept {
    return *std::launder(reinterpret_cast<request*>(op.scratch));
  }

  void hold(operation& op, time_point_ns due) noexcept {
    ::new (static_cast<void*>(op.scratch)) request{nullptr, due};
    operation** at = &first_;
    while (*at != nullptr)
      at = &request_of(**at).next;
    *at = &op;
  }

  template <class Which, class Then>
  void take_out(Which which, Then then) noexcept {
    for (operation** at = &first_; *at != nullptr;) {
      operation& op = **at;
      if (which(op)) {
        *at = request_of(op).next;
        then(op);  // completes it, and from then on it is not ours
      } else {
        at = &request_of(op).next;
      }
    }
  }

  // The device has done nothing for these. A close is done whatever is asked.
  template <class Which>
  void end_early(Which which) noexcept {
    const auto chosen = [&](operation& op) { return op.kind != op_kind::close && which(op); };
    take_out(chosen, [](operation& op) {
      const bool slept_enough = op.kind == op_kind::sleep && op.expired;
      if (!slept_enough) op.failure = errc::canceled;
      op.complete();
    });
  }

  device& device_;
  operation* first_ = nullptr;
  time_point_ns now_ = 1;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool wake_ = false;
};

std::unique_ptr<sluice::backend> device::make(sluice::loop&, const sluice::loop_options&) {
  if (served_.exchange(true)) throw std::runtime_error("the device serves one loop");
  return std::make_unique<device_backend>(*this);
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

sluice::task<sluice::file> use(sluice::loop& l) {
  const sluice::dir here = sluice::system().current_dir();
  auto none = co_await here.open("else", sluice::open_mode::read);
  expect(!none && none.error() == errc::not_found, "there is one file");
  auto f = co_await here.open("device", sluice::open_mode::read_write);
  expect(f.has_value(), "it opens");
  const auto written = co_await f->write_all_at(bytes_of("water"), 4090);
  expect(written.whole(), "all is written");
  std::array<std::byte, 8> buffer{};
  const auto read = co_await f->read_exact_at(buffer, 4090);
  expect(read.done == 6 && read.end && buffer[4] == std::byte{'r'}, "and read, up to the end");
  const auto synced = co_await f->sync();
  expect(synced.error() == errc::not_supported, "what the backend lacks is refused");

  const time_point_ns began = l.now();
  const auto slept = co_await sluice::system().sleep(3'600'000'000'000);
  expect(slept && l.now() - began >= 3'600'000'000'000, "an hour has passed");
  const auto late = co_await f->read_at(buffer, 0).within(latency / 2);
  expect(late.error() == errc::timed_out, "half its time was not enough");
  co_return std::move(*f);
}

sluice::task<sluice::file> open_to_read() {
  const sluice::dir here = sluice::system().current_dir();
  auto f = co_await here.open("device", sluice::open_mode::read);
  co_return std::move(f.value());
}

sluice::task<errc> read_from(const sluice::file& f) {
  std::array<std::byte, 1> buffer{};
  const auto n = co_await f.read_at(buffer, 4090);
  co_return n ? errc::none : n.error().portable();
}

sluice::task<errc> close_it(sluice::file& f) {
  expect(sluice::sync(f.close()).error() == errc::would_deadlock, "not without its loop");
  const auto closed = co_await f.close();
  co_return closed ? errc::none : closed.error().portable();
}

}  // namespace

int main() {
  device d;
  sluice::loop_options options;
  options.source = &d;
  sluice::file left;
  {
    sluice::loop l(options);
    sluice::file f = l.run(use(l));
    const time_point_ns began = l.now();
    const auto [a, b] = l.run(sluice::when_all(read_from(f), read_from(f)));
    expect(a == errc::none && b == errc::none, "both are read");
    expect(l.now() - began < 2 * latency, "and at the same time");
    const auto [ended, closed] = l.run(sluice::when_all(read_from(f), close_it(f)));
    expect(ended == errc::canceled && closed == errc::none, "closing ends what is under way");

    left = l.run(open_to_read());
    std::thread other([&] { l.stop(); });
    l.run();  // nothing is under way: it sleeps until the other thread wakes it
    other.join();
  }
  std::array<std::byte, 5> buffer{};
  const auto n = sluice::sync(left.read_at(buffer, 4090));
  expect(n == 5u && buffer[0] == std::byte{'w'}, "a handle is good without a loop, too");
  expect(sluice::sync(left.close()).has_value(), "and is closed");
}
