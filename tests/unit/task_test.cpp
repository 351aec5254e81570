#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "unit/support.hpp"

namespace {

using namespace unit;

static_assert(!std::is_copy_constructible_v<task<int>>);
static_assert(std::is_nothrow_move_constructible_v<task<int>>);

task<void> mark(int& began) {
  ++began;
  co_return;
}

TEST(Task, IsLazy) {
  loop l;
  int began = 0;
  auto t = mark(began);
  EXPECT_EQ(began, 0);
  l.run(std::move(t));
  EXPECT_EQ(began, 1);
}

task<void> hold(std::shared_ptr<int> held) {
  EXPECT_NE(held, nullptr);
  co_return;
}

TEST(Task, GivesItsArgumentsBackWhenItNeverStarts) {
  auto p = std::make_shared<int>(1);
  {
    auto t = hold(p);
    EXPECT_EQ(p.use_count(), 2);
  }
  EXPECT_EQ(p.use_count(), 1);
}

TEST(Task, MovesItsFrame) {
  loop l;
  int began = 0;
  auto a = mark(began);
  auto b = std::move(a);
  EXPECT_FALSE(a);
  EXPECT_TRUE(b);
  a = std::move(b);
  l.run(std::move(a));
  EXPECT_EQ(began, 1);
}

task<int> fails(const char* why) {
  throw std::runtime_error(why);
  co_return 1;
}

task<std::string> catches() {
  auto t = fails("first");
  try {
    [[maybe_unused]] const int n = co_await std::move(t);
  } catch (const std::runtime_error& e) {
    co_return e.what();
  }
  co_return "nothing was thrown";
}

task<int> passes_on() {
  auto t = fails("through");
  const int n = co_await std::move(t);
  co_return n;
}

TEST(Task, RethrowsAtTheAwait) {
  loop l;
  EXPECT_EQ(l.run(catches()), "first");
  EXPECT_EQ(sluice::sync(catches()), "first");
}

TEST(Task, PassesExceptionsOn) {
  loop l;
  EXPECT_THROW(l.run(passes_on()), std::runtime_error);
  EXPECT_THROW(sluice::sync(passes_on()), std::runtime_error);
  EXPECT_EQ(l.run(catches()), "first") << "the loop goes on";
}

struct only_moves {
  explicit only_moves(int n) : value(std::make_unique<int>(n)) {}
  std::unique_ptr<int> value;
};

task<only_moves> make(int n) { co_return only_moves(n); }

task<int> unpack() {
  auto t = make(7);
  only_moves m = co_await std::move(t);
  co_return *m.value;
}

TEST(Task, MovesItsResult) {
  loop l;
  EXPECT_EQ(l.run(unpack()), 7);
  EXPECT_EQ(*l.run(make(8)).value, 8);
}

task<sluice::result<int>> no_luck() { co_return std::unexpected(sluice::error(errc::not_found)); }

TEST(Task, CarriesErrorsAsResults) {
  loop l;
  auto r = l.run(no_luck());
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error(), errc::not_found);
}

task<void> append(std::string& to, const std::string& what) {
  to += what;
  co_return;
}

task<std::string> joined() {
  std::string all;
  const std::string a = "a", b = "b";
  auto first = append(all, a);
  auto second = append(all, b);
  co_await std::move(second);
  co_await std::move(first);
  co_return all;
}

TEST(Task, TakesReferences) {
  loop l;
  EXPECT_EQ(l.run(joined()), "ba");
}

task<void> say(std::string& out, char c, int times) {
  for (int i = 0; i < times; ++i) {
    out += c;
    co_await sluice::yield();
  }
}

TEST(Task, YieldLetsTheOthersRun) {
  loop l;
  std::string out;
  begun<void> a(l, say(out, 'a', 3));
  begun<void> b(l, say(out, 'b', 3));
  a.finish(l);
  b.finish(l);
  EXPECT_EQ(out, "ababab");
}

task<int> nothing_to_do(sluice::stream& from, int times) {
  int whole = 0;
  for (int i = 0; i < times; ++i) {
    auto t = co_await from.read_exact(std::span<std::byte>());
    if (t) ++whole;
  }
  co_return whole;
}

TEST(Task, AwaitsWhatIsFinishedBeforeItIsSubmitted) {
  loop l;
  auto ends = make_pipe();
  EXPECT_EQ(l.run(nothing_to_do(ends.reader, 1000)), 1000) << "past the budget of one turn, too";
  EXPECT_EQ(sluice::sync(nothing_to_do(ends.reader, 1000)), 1000);
}

}  // namespace
