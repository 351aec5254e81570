// Streams, signals, children and time.
#include <sluice/sluice.hpp>

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

constexpr sluice::time_point_ns millisecond = 1'000'000;

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "not as told: %s\n", what);
  std::exit(1);
}

// Starts `program` with its output in the pipe. Sluice starts no processes; it waits for them.
int start(const char* program, const sluice::stream& output) {
  const int fd = sluice::system_space::descriptor(output);
  const pid_t id = ::fork();
  if (id != 0) return id;
  ::dup2(fd, STDOUT_FILENO);
  ::execlp("sh", "sh", "-c", program, static_cast<char*>(nullptr));
  ::_exit(127);
}

sluice::task<std::string> all_of_it(sluice::stream& from) {
  std::string text;
  std::byte buffer[512];
  for (;;) {
    auto n = co_await from.read_some(buffer);
    if (!n || *n == 0) co_return text;
    text.append(reinterpret_cast<const char*>(buffer), *n);
  }
}

sluice::task<void> run_a_child() {
  auto ends = sluice::system().make_pipe();
  expect(ends.has_value(), "a pipe");
  const int id = start("echo hello; exit 3", ends->writer);
  auto closed = co_await ends->writer.close();  // or the end would never come
  expect(closed.has_value(), "our end of it is closed");
  auto watched = sluice::system().watch_child(id);
  expect(watched.has_value(), "the child is watched");
  auto both = sluice::when_all(all_of_it(ends->reader), [](sluice::child& c) -> sluice::task<int> {
    auto exit = co_await c.exited();
    co_return exit && !exit->signaled ? exit->status : -1;
  }(*watched));
  auto results = co_await std::move(both);
  expect(std::get<0>(results) == "hello\n", "what it said");
  expect(std::get<1>(results) == 3, "how it ended");
}

sluice::task<void> hear_a_signal() {
  // main() has blocked SIGUSR1 in every thread: a handler never runs.
  auto heard = sluice::system().signals({SIGUSR1});
  expect(heard.has_value(), "listening");
  ::kill(::getpid(), SIGUSR1);
  auto signal = co_await heard->next();
  expect(signal && signal->number == SIGUSR1, "heard");
  auto nothing = co_await heard->next().within(5 * millisecond);
  expect(!nothing && nothing.error() == sluice::errc::timed_out, "there was only one");
}

sluice::task<void> tick(sluice::loop& loop) {
  const sluice::time_point_ns begin = loop.now();
  for (int i = 1; i <= 3; ++i) {
    const sluice::time_point_ns next = begin + i * 2 * millisecond;
    // What the work takes does not add up: each tick has its own time.
    auto slept = co_await sluice::system().sleep(next - loop.now());
    expect(slept.has_value(), "slept");
  }
  expect(loop.now() - begin >= 6 * millisecond, "three ticks of two milliseconds");
}

int main() {
  if (!sluice::block_signals({SIGUSR1})) return 1;
  sluice::loop loop;
  loop.run(run_a_child());
  loop.run(hear_a_signal());
  loop.run(tick(loop));
}
