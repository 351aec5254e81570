// Sluice inside libuv: one poll handle on the loop's descriptor, one timer for its next deadline.
// libuv's own timer goes on ticking beside it.
//
// Output: a task slept 5 times and read 65536 bytes while libuv ticked
#include <sluice/sluice.hpp>

#include <uv.h>

#include <cstdio>
#include <vector>

constexpr sluice::time_point_ns millisecond = 1'000'000;

class sluice_in_uv {
 public:
  explicit sluice_in_uv(uv_loop_t& outer) {
    uv_poll_init(&outer, &readable_, inner.native_handle());
    uv_timer_init(&outer, &deadline_);
    readable_.data = deadline_.data = this;
    uv_poll_start(&readable_, UV_READABLE, [](uv_poll_t* h, int, int) { of(h->data).turn(); });
  }

  // Once at the beginning, and after anything that was begun from outside.
  void turn() {
    inner.run_once(0);
    const sluice::time_point_ns next = inner.next_deadline();
    if (next == sluice::never) {
      uv_timer_stop(&deadline_);
      return;
    }
    const sluice::time_point_ns left = next - inner.now();
    const auto whole = left <= 0 ? 0 : static_cast<std::uint64_t>((left + millisecond - 1) / millisecond);
    uv_update_time(deadline_.loop);  // its clock stands still during a turn
    uv_timer_start(&deadline_, [](uv_timer_t* h) { of(h->data).turn(); }, whole, 0);
  }

  // libuv goes on until its handles are closed.
  void close() {
    uv_close(reinterpret_cast<uv_handle_t*>(&readable_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&deadline_), nullptr);
  }

  sluice::loop inner;

 private:
  static sluice_in_uv& of(void* data) { return *static_cast<sluice_in_uv*>(data); }

  uv_poll_t readable_;
  uv_timer_t deadline_;
};

struct program {
  sluice_in_uv& sluice;
  uv_timer_t& ticking;
  int naps = 0;
  std::size_t bytes = 0;
};

sluice::task<void> work(program& p) {
  for (int i = 0; i < 5; ++i) {
    auto slept = co_await sluice::system().sleep(3 * millisecond);
    if (slept) ++p.naps;
  }
  sluice::dir root = sluice::system().current_dir();
  auto zeros = co_await root.open("/dev/zero", sluice::open_mode::read);
  if (!zeros) co_return;
  std::vector<std::byte> buffer(64 * 1024);
  auto read = co_await zeros->read_exact_at(buffer, 0);
  p.bytes = read.done;
}

int main() {
  uv_loop_t outer;
  uv_loop_init(&outer);
  int ticks = 0;
  uv_timer_t ticking;
  uv_timer_init(&outer, &ticking);
  ticking.data = &ticks;
  uv_timer_start(&ticking, [](uv_timer_t* h) { ++*static_cast<int*>(h->data); }, 1, 1);
  {
    sluice_in_uv sluice(outer);
    program p{sluice, ticking};
    auto task = work(p);
    sluice.inner.schedule(task.prepare(sluice.inner, nullptr, &p, [](sluice::promise_base& ended) noexcept {
      auto& done = *static_cast<program*>(ended.owner);
      done.sluice.close();
      uv_close(reinterpret_cast<uv_handle_t*>(&done.ticking), nullptr);
    }));
    sluice.turn();
    uv_run(&outer, UV_RUN_DEFAULT);
    task.take();
    std::printf("a task slept %d times and read %zu bytes while libuv %s\n", p.naps, p.bytes,
                ticks > 1 ? "ticked" : "stood still");
  }
  return uv_loop_close(&outer) == 0 ? 0 : 1;
}
