// Sluice's operations awaited in coroutine types that are not Sluice's. `detached` knows nothing of
// Sluice, so each await names the loop; the promise of `job` tells the loop itself.
//
// Output: read "by hand", a task gave 42, the sleep was stopped
#include <sluice/sluice.hpp>

#include <array>
#include <coroutine>
#include <cstdio>
#include <exception>
#include <string_view>

constexpr sluice::time_point_ns millisecond = 1'000'000;

// The smallest coroutine type there is: it starts at once and nobody awaits it.
struct detached {
  struct promise_type {
    detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};

// One that can be asked to stop, and whose promise says where Sluice's things are carried out.
struct job {
  struct promise_type {
    sluice::surroundings where;
    promise_type(sluice::loop& home, sluice::stop_source& stop, auto&...) noexcept
        : where{&home, &stop} {}
    sluice::surroundings sluice_surroundings() noexcept { return where; }

    job get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};

sluice::task<int> answer() { co_return 42; }

struct outcome {
  std::array<char, 16> text{};
  std::size_t size = 0;
  int from_task = 0;
  sluice::error stopped;
  int ended = 0;
};

detached transfer(sluice::loop& home, sluice::pipe_ends& ends, outcome& out) {
  constexpr std::string_view text = "by hand";
  auto sent = co_await sluice::on(home, ends.writer.write_all(std::as_bytes(std::span(text))));
  auto got = co_await sluice::on(home, ends.reader.read_some(std::as_writable_bytes(std::span(out.text))));
  if (sent && got) out.size = *got;
  out.from_task = co_await sluice::on(home, answer());  // tasks, channels and scopes just the same
  ++out.ended;
}

job wait_long(sluice::loop&, sluice::stop_source&, outcome& out) {
  auto slept = co_await sluice::system().sleep(3600 * 1000 * millisecond);
  if (!slept) out.stopped = slept.error();
  ++out.ended;
}

int main() {
  sluice::loop loop;
  auto ends = sluice::system().make_pipe();
  if (!ends) return 1;
  outcome out;
  sluice::stop_source stop(loop);

  transfer(loop, *ends, out);
  wait_long(loop, stop, out);
  stop.request_stop();
  while (out.ended < 2) loop.run_once();

  std::printf("read \"%s\", a task gave %d, the sleep was %s\n", out.text.data(), out.from_task,
              out.stopped == sluice::errc::canceled ? "stopped" : "not stopped");
}
