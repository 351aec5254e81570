// What the machine watches: memory that was lent to it, operations that must not die, and that it
// keeps to itself.
#include <dlfcn.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "sim/support.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLUICE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLUICE_SANITIZED 1
#endif
#endif

// What memory is lent is poisoned where the compiler helps, else filled with a pattern.
#if defined(__SANITIZE_ADDRESS__)
#define SLUICE_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLUICE_POISONS 1
#endif
#endif

#ifndef SLUICE_SANITIZED
namespace {
std::atomic<int> clock_readings = 0;
}

/// In place of the C library's, also for the C++ library's clocks.
extern "C" int clock_gettime(clockid_t which, timespec* into) noexcept {
  ++clock_readings;
  return static_cast<int>(::syscall(SYS_clock_gettime, which, into));
}
#endif

namespace sluice::sim_tests {
namespace {

struct watched {
  explicit watched(unsigned at_once) {
    o.at_once = at_once;
    o.complain = [this](const std::string& what) { complaints.push_back(what); };
  }
  sim::world_options o;
  std::vector<std::string> complaints;
};

task<void> read_into(const file& f, bytes& buffer, std::size_t& got) {
  const auto n = co_await f.read_at(buffer, 0);
  got = n.value_or(0);
}
task<void> write_from(const file& f, const bytes& buffer) {
  const auto n = co_await f.write_at(buffer, 0);
  EXPECT_TRUE(n.has_value());
}

task<file> make_file(std::string_view text) {
  auto f = co_await system().current_dir().open("f", create, 0600);
  const auto put = co_await f->write_all_at(bytes_of(text), 0);
  EXPECT_TRUE(put.whole());
  co_return std::move(*f);
}

/// Reads, and in the meantime somebody does `meddle`.
template <class Meddle>
task<void> read_meddled(const file& f, bytes& buffer, std::size_t& got, Meddle& meddle) {
  auto here = co_await this_task();
  scope reading(here);
  reading.spawn(read_into(f, buffer, got));
  co_await yield();
  meddle();
  co_await reading.join();
}

TEST(Oracle, ABufferThatIsLentIsNotTheCallers) {
  watched with(0);
  sim::world w(with.o);
  file f = w.run(make_file("the machine's"));
  bytes buffer(100, std::byte{'.'});
  std::size_t got = 0;
  const auto look = [&] {
#ifndef SLUICE_POISONS
    EXPECT_NE(buffer[50], std::byte{'.'}) << "what is in it now tells nothing";
#endif
  };
  w.run(read_meddled(f, buffer, got, look));
  EXPECT_TRUE(with.complaints.empty());
  EXPECT_EQ(text_of(std::span(buffer).first(got)), "the machine's");
  EXPECT_EQ(buffer[50], std::byte{'.'}) << "behind the end it is left alone";
}

#ifndef SLUICE_POISONS
TEST(Oracle, NoticesAWriteIntoALentBuffer) {
  watched with(0);
  sim::world w(with.o);
  file f = w.run(make_file("the machine's"));
  bytes buffer(100);
  std::size_t got = 0;
  const auto scribble = [&] { buffer[99] = std::byte{1}; };
  w.run(read_meddled(f, buffer, got, scribble));
  ASSERT_EQ(with.complaints.size(), 1u);
  EXPECT_NE(with.complaints[0].find("read_at: somebody wrote into a buffer"), std::string::npos);
  EXPECT_NE(with.complaints[0].find("SLUICE_SIM_SEED=1"), std::string::npos);
}
#else
TEST(OracleDeathTest, NoticesAWriteIntoALentBuffer) {
  const auto scribbling = [] {
    watched with(0);
    sim::world w(with.o);
    file f = w.run(make_file("the machine's"));
    bytes buffer(100);
    std::size_t got = 0;
    const auto scribble = [&] { buffer[90] = std::byte{1}; };
    w.run(read_meddled(f, buffer, got, scribble));
  };
  EXPECT_DEATH(scribbling(), "use-after-poison");
}
#endif

template <class Meddle>
task<void> write_meddled(const file& f, const bytes& buffer, Meddle& meddle) {
  auto here = co_await this_task();
  scope writing(here);
  writing.spawn(write_from(f, buffer));
  co_await yield();
  meddle();
  co_await writing.join();
}

TEST(Oracle, NoticesAChangeToWhatIsBeingWritten) {
  watched with(0);
  sim::world w(with.o);
  file f = w.run(make_file("old"));
  bytes buffer(100);
  const auto change = [&] { buffer[3] = std::byte{1}; };
  w.run(write_meddled(f, buffer, change));
  ASSERT_EQ(with.complaints.size(), 1u);
  EXPECT_NE(with.complaints[0].find("write_at: what the machine was to read changed"),
            std::string::npos);
}

#if defined(NDEBUG) && !defined(SLUICE_SANITIZED)
TEST(Oracle, NoticesAnOperationThatDies) {
  watched with(0);
  sim::world w(with.o);
  loop& l = w.make_loop();
  alignas(ops::nop) std::byte place[sizeof(ops::nop)];
  auto& op = *::new (static_cast<void*>(place)) ops::nop(system(), 0);
  op.run = [](job&) noexcept {};
  EXPECT_FALSE(start(op, l, nullptr));
  op.~nop();
  std::fill(std::begin(place), std::end(place), std::byte{0});
  while (w.step()) {
  }
  ASSERT_EQ(with.complaints.size(), 1u);
  EXPECT_NE(with.complaints[0].find("destroyed"), std::string::npos);
}
#endif

std::size_t threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

task<void> use_everything(std::size_t& threads_seen) {
  auto f = co_await make_file("some");
  bytes buffer(10);
  const auto read = co_await f.read_at(buffer, 0).within(1'000'000'000);
  EXPECT_TRUE(read.has_value());
  const auto synced = co_await f.sync();
  EXPECT_TRUE(synced.has_value());
  const auto slept = co_await system().sleep(1'000'000'000);
  EXPECT_TRUE(slept.has_value());
  const auto nothing = co_await system().nop();
  EXPECT_TRUE(nothing.has_value());
  threads_seen = threads();
  const auto closed = co_await f.close();
  EXPECT_TRUE(closed.has_value());
}

TEST(Oracle, NoThreadIsStartedAndNoClockRead) {
  const std::size_t before = threads();
  std::size_t within = 0;
#ifndef SLUICE_SANITIZED
  const int readings = clock_readings;
#endif
  {
    sim::world w({.at_once = 100});
    w.run(use_everything(within));
  }
  EXPECT_EQ(within, before);
#ifndef SLUICE_SANITIZED
  EXPECT_EQ(clock_readings, readings);
  // It would be noticed: the same on this machine reads the clock.
  loop real;
  static_cast<void>(real.now());
  EXPECT_GT(clock_readings, readings);
#endif
}

}  // namespace
}  // namespace sluice::sim_tests
