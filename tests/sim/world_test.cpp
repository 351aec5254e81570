// The simulated machine by itself: time, files, pipes, several loops, dead ends.
#include "sluice/sim/world.hpp"

#include <gtest/gtest.h>

#include "sluice/sluice.hpp"

namespace {

using namespace sluice;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }
std::string text_of(std::span<const std::byte> b) {
  return std::string(reinterpret_cast<const char*>(b.data()), b.size());
}

constexpr open_mode create = open_mode::create | open_mode::read_write;

task<std::string> write_and_read_back() {
  const dir here = system().current_dir();
  auto made = co_await here.open("greeting", create, 0644);
  if (!made) co_return "open: " + describe(made.error());
  const auto put = co_await made->write_all_at(bytes_of("hello, disk"), 0);
  if (!put) co_return "write";
  std::vector<std::byte> all;
  const auto got = co_await made->read_to_end(all);
  if (!got.end) co_return "read";
  const auto closed = co_await made->close();
  if (!closed) co_return "close";
  co_return text_of(all);
}

TEST(World, HasADisk) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    sim::world w({.seed = seed});
    EXPECT_EQ(w.run(write_and_read_back()), "hello, disk");
    EXPECT_EQ(w.count().begun, w.count().ended);
    EXPECT_EQ(w.count().open_handles, 0u);
  }
}

task<void> sleep_for(time_point_ns duration) {
  const auto slept = co_await system().sleep(duration);
  EXPECT_TRUE(slept.has_value());
}

TEST(World, SleepsInNoTime) {
  sim::world w;
  const time_point_ns begun = w.now();
  const timestamp date = w.date();
  w.run(sleep_for(3'600'000'000'000));
  EXPECT_GE(w.now() - begun, 3'600'000'000'000);
  EXPECT_LT(w.now() - begun, 3'600'100'000'000);
  EXPECT_EQ(w.date().seconds - date.seconds, 3600);
}

task<void> send_all(const stream& to, std::size_t count) {
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i * 7);
  const auto sent = co_await to.write_all(bytes);
  EXPECT_TRUE(sent.whole());
}

task<void> receive_all(const stream& from, std::size_t count) {
  std::vector<std::byte> bytes(count);
  const auto got = co_await from.read_exact(bytes);
  EXPECT_TRUE(got.whole());
  for (std::size_t i = 0; i < count; ++i) {
    if (bytes[i] != static_cast<std::byte>(i * 7)) {
      ADD_FAILURE() << "byte " << i;
      break;
    }
  }
}

task<pipe_ends> make_pipe() {
  auto ends = system().make_pipe();
  co_return std::move(*ends);
}

TEST(World, PipesJoinLoops) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    sim::world w({.seed = seed, .faults = {.short_transfer = 300}});
    loop& a = w.make_loop();
    loop& b = w.make_loop();
    const pipe_ends ends = w.run(make_pipe());
    w.start(a, send_all(ends.writer, 20'000));
    w.start(b, receive_all(ends.reader, 20'000));
    w.run_all();
  }
}

task<void> read_for_ever(const stream& from) {
  std::vector<std::byte> bytes(10);
  const auto got = co_await from.read_some(bytes);
  static_cast<void>(got);
}

TEST(World, FindsDeadEnds) {
  sim::world w({.seed = 77});
  pipe_ends ends = w.run(make_pipe());
  try {
    w.run(read_for_ever(ends.reader));
    FAIL() << "nobody writes";
  } catch (const sim::dead_end& e) {
    EXPECT_NE(std::string(e.what()).find("read in flight on loop 0"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("SLUICE_SIM_SEED=77"), std::string::npos) << e.what();
  }
}

}  // namespace
