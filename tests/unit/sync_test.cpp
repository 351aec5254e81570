#include <poll.h>

#include <atomic>
#include <string>
#include <thread>

#include "unit/support.hpp"

namespace {

using namespace unit;

std::span<const std::byte> bytes_of(const std::string& s) {
  return std::as_bytes(std::span(s));
}

TEST(Sync, CallsBlockAndTellTheirErrors) {
  auto here = sluice::system().current_dir();
  EXPECT_TRUE(sluice::sync(here.stat(".")));
  auto none = sluice::sync(here.open("no such file", sluice::open_mode::read));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(), errc::not_found);
  EXPECT_TRUE(sluice::sync(sluice::system().nop()));
  EXPECT_TRUE(sluice::sync(sluice::system().sleep(ms)));
  EXPECT_TRUE(sluice::sync(here.close())) << "borrowed: nothing happens";
  EXPECT_TRUE(sluice::sync(sluice::system().current_dir().stat(".")));
}

TEST(Sync, ExactCallsGoOnUntilTheEnd) {
  auto ends = make_pipe();
  const std::string text = "hello, world";
  auto w = sluice::sync(ends.writer.write_all(bytes_of(text)));
  EXPECT_TRUE(w);
  EXPECT_EQ(w.done, text.size());
  ASSERT_TRUE(sluice::sync(ends.writer.close()));
  char buffer[32];
  auto r = sluice::sync(ends.reader.read_exact(std::as_writable_bytes(std::span(buffer))));
  EXPECT_FALSE(r);
  EXPECT_TRUE(r.end);
  EXPECT_EQ(std::string(buffer, r.done), text);
  EXPECT_TRUE(sluice::sync(ends.reader.read_exact(std::span<std::byte>())));
}

task<std::string> through_a_pipe(std::string text) {
  auto ends = make_pipe();
  auto w = co_await ends.writer.write_all(bytes_of(text));
  EXPECT_TRUE(w);
  std::string back(text.size(), '\0');
  auto r = co_await ends.reader.read_exact(std::as_writable_bytes(std::span(back)));
  EXPECT_TRUE(r);
  auto closed = co_await ends.reader.close();
  EXPECT_TRUE(closed);
  co_return back;
}

TEST(Sync, TasksToo) {
  EXPECT_EQ(sluice::sync(through_a_pipe("abc")), "abc");
}

TEST(Sync, ConcurrencyIsThereButWaitsInTurn) {
  auto both = sluice::when_all(through_a_pipe("1"), through_a_pipe("2"));
  const auto r = sluice::sync(std::move(both));
  EXPECT_EQ(std::get<1>(r), "2");
}

task<void> raise(std::atomic<bool>& flag, sluice::driver& on_which) {
  struct message : sluice::job {
    std::atomic<bool>* flag;
  } here;
  here.flag = &flag;
  here.run = [](sluice::job& j) noexcept { *static_cast<message&>(j).flag = true; };
  std::thread other([&] { on_which.post(here); });
  other.join();
  while (!flag)
    co_await sluice::yield();
}
task<void> raise_by_a_post(std::atomic<bool>& flag) {
  auto here = co_await sluice::this_task();
  auto raised = raise(flag, *here.home);
  co_await std::move(raised);
}

/// What other threads post has its turn though something here is always ready.
TEST(Sync, PostsAreHeardBesideTasksThatAreReady) {
  std::atomic<bool> flag = false;
  sluice::sync(raise_by_a_post(flag));
  EXPECT_TRUE(flag);
}

class SyncBesideALoop : public on_backend {};
ON_EVERY_BACKEND(SyncBesideALoop);

task<sluice::error> read_once(sluice::stream& from, std::span<std::byte> into) {
  auto n = co_await from.read_some(into);
  co_return n ? sluice::error() : n.error();
}

/// A close from a thread without a loop ends the read that a loop has under way.
TEST_P(SyncBesideALoop, CloseDrainsALoopOfAnotherThread) {
  loop l(options());
  auto ends = make_pipe();
  auto alias = sluice::system().adopt_descriptor<sluice::stream>(
      sluice::system_space::descriptor(ends.reader));
  std::byte buffer[8];
  begun<sluice::error> b(l, read_once(ends.reader, buffer));
  settle(l);
  std::thread closer([&] { EXPECT_TRUE(sluice::sync(alias.close())); });
  EXPECT_EQ(b.finish(l), errc::canceled);
  closer.join();
  ends.reader.detach();
}

task<sluice::error> close_in_sync(sluice::stream& s) {
  auto closed = sluice::sync(s.close());
  co_return closed ? sluice::error() : closed.error();
}
task<sluice::error> close_awaited(sluice::stream& s) {
  auto closed = co_await s.close();
  co_return closed ? sluice::error() : closed.error();
}

TEST_P(SyncBesideALoop, CloseOfWhatItsOwnLoopHasUnderWaySaysSo) {
  loop l(options());
  auto ends = make_pipe();
  auto alias = sluice::system().adopt_descriptor<sluice::stream>(
      sluice::system_space::descriptor(ends.reader));
  const auto id = alias.id();
  std::byte buffer[8];
  begun<sluice::error> b(l, read_once(ends.reader, buffer));
  settle(l);
  EXPECT_EQ(l.run(close_in_sync(alias)), errc::would_deadlock);
  EXPECT_FALSE(b.done);
  ASSERT_TRUE(alias) << "the handle is what it was";
  EXPECT_EQ(alias.id(), id);
  // Awaited, the same close ends the read and closes.
  EXPECT_EQ(l.run(close_awaited(alias)), errc::none);
  EXPECT_FALSE(alias);
  EXPECT_EQ(b.finish(l), errc::canceled);
  ends.reader.detach();
  pollfd writer{sluice::system_space::descriptor(ends.writer), POLLOUT, 0};
  EXPECT_EQ(::poll(&writer, 1, 0), 1);
  EXPECT_TRUE(writer.revents & POLLERR) << "nobody reads any more: the descriptor did not leak";
}

using numbers = sluice::channel<int, 1>;

task<sluice::error> receive(numbers& from) {
  auto got = co_await from.receive();
  co_return got ? sluice::error() : got.error();
}
task<sluice::error> receive_in_sync(numbers& from) {
  co_return sluice::sync(receive(from));
}

/// Only a task of the loop around could send, and that stands still.
TEST_P(SyncBesideALoop, AWaitForATaskOfTheLoopAroundSaysSo) {
  loop l(options());
  numbers c;
  EXPECT_EQ(l.run(receive_in_sync(c)), errc::would_deadlock);
  begun<sluice::error> later(l, receive(c));
  settle(l);
  begun<sluice::error> second(l, receive_in_sync(c));
  EXPECT_EQ(second.finish(l), errc::would_deadlock);
  EXPECT_FALSE(later.done) << "who waits on the loop goes on waiting";
  c.close();
  EXPECT_EQ(later.finish(l), errc::end_of_file);
}

task<sluice::error> enter(sluice::limiter& places) {
  auto entered = co_await places.enter();
  co_return entered ? sluice::error() : entered.error();
}

TEST(Sync, WaitsInScopesAndLimitersSaySoToo) {
  sluice::limiter none(1);
  EXPECT_EQ(sluice::sync(enter(none)), errc::none);
  numbers c;
  auto both = sluice::when_any(enter(none), receive(c));  // under a stop source of their own
  const auto r = sluice::sync(std::move(both));
  EXPECT_EQ(std::get<0>(r.results), errc::would_deadlock);
  EXPECT_EQ(std::get<1>(r.results), errc::would_deadlock);
}

task<sluice::error> close_and_send(sluice::stream& s, numbers& into) {
  auto closed = co_await s.close();
  auto sent = co_await into.send(1);
  EXPECT_TRUE(sent);
  co_return closed ? sluice::error() : closed.error();
}

/// While another thread still has something to do for one of them, nobody gives up.
TEST_P(SyncBesideALoop, AWaitThatHasHopeGoesOn) {
  loop l(options());
  auto ends = make_pipe();
  auto alias = sluice::system().adopt_descriptor<sluice::stream>(
      sluice::system_space::descriptor(ends.reader));
  std::byte buffer[8];
  begun<sluice::error> reading(l, read_once(ends.reader, buffer));
  settle(l);
  std::thread closer([&] {
    numbers c;
    auto both = sluice::when_all(receive(c), close_and_send(alias, c));
    const auto r = sluice::sync(std::move(both));
    EXPECT_EQ(std::get<0>(r), errc::none);
    EXPECT_EQ(std::get<1>(r), errc::none);
  });
  EXPECT_EQ(reading.finish(l), errc::canceled);
  closer.join();
  ends.reader.detach();
}

}  // namespace
