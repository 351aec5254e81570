// Names whose look-up takes long: the system's call is replaced by one that waits at a gate.
#include <dlfcn.h>
#include <netdb.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "sluice/core/scope.hpp"
#include "sluice/net/connect_to.hpp"
#include "unit/support.hpp"

namespace {

std::atomic<int> asked = 0;    // calls about names that are slow
std::atomic<int> waiting = 0;  // of them, those that wait
std::atomic<bool> open_gate = true;

}  // namespace

/// In front of the library's: "slow..." is not found once the gate is open, and the rest is its affair.
extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** into) {
  if (host != nullptr && std::string_view(host).starts_with("slow")) {
    ++asked;
    ++waiting;
    open_gate.wait(false);
    --waiting;
    return EAI_NONAME;
  }
  static const auto next = reinterpret_cast<decltype(&::getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  return next(host, service, hints, into);
}

namespace {

using namespace unit;
using sluice::address;
using sluice::network;
using sluice::result;
using std::chrono::steady_clock;

void wait_until(const std::atomic<int>& n, int wanted) {
  const auto end = steady_clock::now() + std::chrono::seconds(60);
  while (n != wanted && steady_clock::now() < end) std::this_thread::yield();
  ASSERT_EQ(n, wanted);
}

/// Look-ups wait while it lives; after it, nobody does any more.
class closed_gate {
 public:
  closed_gate() {
    asked = 0;
    open_gate = false;
  }
  ~closed_gate() {
    open_gate = true;
    open_gate.notify_all();
    wait_until(waiting, 0);
  }
};

class NameLookup : public on_backend {};
ON_EVERY_BACKEND(NameLookup);

/// What it could still write to is gone when it comes to its end.
task<errc> look_up(sluice::time_point_ns within) {
  const network net(sluice::system());
  const auto host = std::make_unique<std::string>("slow.example");
  const auto into = std::make_unique<std::vector<address>>(4);
  const auto n = co_await net.resolve(*host, "80", *into).within(within);
  co_return n ? errc::none : n.error().portable();
}

TEST_P(NameLookup, IsLeftWhenItsTimeIsOver) {
  const closed_gate gate;
  {
    loop l(options());
    EXPECT_EQ(l.run(look_up(20 * ms)), errc::timed_out);
  }
  wait_until(waiting, 1);  // and the loop is gone
}

task<void> look_up_into(errc& outcome) {
  auto looking = look_up(sluice::never);
  outcome = co_await std::move(looking);
}

task<void> wait_for(const std::atomic<int>& n, int wanted) {
  while (n != wanted) {
    auto slept = co_await sluice::system().sleep(ms);
    if (!slept) co_return;
  }
}

task<errc> stop_one_that_has_begun() {
  auto here = co_await sluice::this_task();
  errc outcome = errc::none;
  sluice::scope one(here);
  one.spawn(look_up_into(outcome));
  auto begun = wait_for(waiting, 1);
  co_await std::move(begun);
  one.stop();
  co_await one.join();
  co_return outcome;
}

TEST_P(NameLookup, IsLeftWhenAskedToStop) {
  const closed_gate gate;
  loop l(options());
  EXPECT_EQ(l.run(stop_one_that_has_begun()), errc::canceled);
  EXPECT_EQ(waiting, 1);
}

TEST_P(NameLookup, GivesItsAnswerWhenThereIsOne) {
  loop l(options());
  auto gate = std::make_unique<closed_gate>();
  std::thread opener([&] {
    wait_until(waiting, 1);
    gate.reset();
  });
  EXPECT_EQ(l.run(look_up(sluice::never)), errc::not_found);
  opener.join();
}

task<int> many(int count) {
  auto here = co_await sluice::this_task();
  std::vector<errc> outcomes(static_cast<std::size_t>(count), errc::none);
  sluice::scope all(here);
  for (errc& outcome : outcomes) all.spawn(look_up_into(outcome));
  auto begun = wait_for(waiting, 32);
  co_await std::move(begun);
  all.stop();
  co_await all.join();
  int left = 0;
  for (const errc outcome : outcomes) left += outcome == errc::canceled ? 1 : 0;
  co_return left;
}

/// Not more threads than that; and those in the queue whom nobody wants any more are never asked about.
TEST_P(NameLookup, IsOneOfThirtyTwoAtMost) {
  {
    const closed_gate gate;
    loop l(options());
    EXPECT_EQ(l.run(many(50)), 50);
    EXPECT_EQ(asked, 32);
  }
  loop l(options());
  EXPECT_EQ(l.run(look_up(sluice::never)), errc::not_found);  // it stood behind them
  EXPECT_EQ(asked, 33);
}

TEST_P(NameLookup, CountsForAConnectionByName) {
  const closed_gate gate;
  loop l(options());
  sluice::connect_options how;
  how.within = 20 * ms;
  const auto none = l.run(sluice::connect_to(network(sluice::system()), "slow.example", "80", how));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(), errc::timed_out);
}

TEST_P(NameLookup, LeavesNoDescriptor) {
  loop l(options());
  const auto lowest = [] {
    auto ends = make_pipe();
    return sluice::system().descriptor(ends.reader);
  };
  const auto one = [&] {
    address found[4];
    return sluice::sync(network(sluice::system()).resolve("127.0.0.1", "80", found)).value_or(0) +
           l.run([](std::span<address> into) -> task<std::size_t> {
             const auto n = co_await network(sluice::system()).resolve("127.0.0.1", "80", into);
             co_return n.value_or(0);
           }(found));
  };
  EXPECT_EQ(one(), 2u);
  const int before = lowest();
  for (int i = 0; i < 200; ++i) ASSERT_EQ(one(), 2u);
  // The threads close their ends a moment later.
  const auto end = steady_clock::now() + std::chrono::seconds(60);
  while (lowest() != before && steady_clock::now() < end) std::this_thread::yield();
  EXPECT_EQ(lowest(), before);
}

}  // namespace
