// Many at once on a ring: in what order they are served, and in how many turns.
#include <sys/socket.h>

#include <optional>
#include <vector>

#include "unit/support.hpp"

namespace {

using namespace unit;
using sluice::stream;

class Crowd : public testing::Test {
 protected:
  void SetUp() override {
    sluice::loop_options o;
    o.backend = sluice::backend_choice::uring;
    try {
      on_.emplace(o);
    } catch (const std::exception& e) {
      GTEST_SKIP() << e.what();
    }
    door_ = sluice::sync(net_.listen(sluice::address::loopback(0))).value();
    at_ = sluice::sync(door_.local_address()).value();
  }
  void connect(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) theirs_.push_back(sluice::sync(net_.connect(at_)).value());
  }
  void accept_all() {
    while (ours_.size() < theirs_.size()) ours_.push_back(sluice::sync(door_.accept()).value());
  }
  /// A plain call: it takes no turn.
  void say(std::size_t to, std::size_t bytes) {
    const std::vector<char> text(bytes);
    const int fd = sluice::system().descriptor(theirs_[to]);
    ASSERT_EQ(::send(fd, text.data(), text.size(), MSG_DONTWAIT), static_cast<ssize_t>(bytes));
  }

  const sluice::network net_{sluice::system()};
  std::optional<loop> on_;
  sluice::listener door_;
  sluice::address at_;
  std::vector<stream> theirs_, ours_;
};

constexpr std::size_t late = 300, busy = 100, plenty = 10'000;

struct readers {
  std::size_t waited = 0;  // of those who had to wait, so many have got theirs
  std::size_t reads = 0;   // of the others, until all had
};

task<void> read_once(stream& from, readers& all) {
  std::byte one[1];
  auto got = co_await from.read_some(one);
  if (got && *got == 1) ++all.waited;
}

task<void> read_on(stream& from, readers& all) {
  std::byte one[1];
  for (std::size_t n = 0; n < plenty && all.waited < late; ++n) {
    auto got = co_await from.read_some(one);
    if (!got || *got != 1) break;
    ++all.reads;
  }
}

TEST_F(Crowd, WhoHadToWaitIsServedAmongThoseWhoNeedNot) {
  connect(late + busy);
  accept_all();
  for (std::size_t i = 0; i < busy; ++i) say(late + i, plenty);
  readers all;
  auto run = [this](readers& r) -> task<void> {
    auto here = co_await sluice::this_task();
    sluice::scope reading(here);
    for (std::size_t i = 0; i < late; ++i) reading.spawn(read_once(ours_[i], r));
    auto rested = co_await sluice::system().sleep(20 * ms);  // now all of them wait
    EXPECT_TRUE(rested);
    for (std::size_t i = 0; i < late; ++i) say(i, 1);
    for (std::size_t i = 0; i < busy; ++i) reading.spawn(read_on(ours_[late + i], r));
    co_await reading.join();
  };
  on_->run(run(all));
  EXPECT_EQ(all.waited, late);
  EXPECT_GE(all.reads, busy);
  // If each turn took twenty of the ones and all of the others, these would read 900 times.
  EXPECT_LE(all.reads, late);
}

TEST_F(Crowd, ConnectionsAreAcceptedManyInATurn) {
  constexpr std::size_t count = 100;
  connect(count);
  auto take = [this]() -> task<void> {
    for (std::size_t n = 0; n < count; ++n) {
      auto one = co_await door_.accept();
      EXPECT_TRUE(one);
      if (!one) break;
      ours_.push_back(std::move(*one));
    }
  };
  const auto before = on_->statistics().kernel_entries;
  on_->run(take());
  EXPECT_EQ(ours_.size(), count);
  EXPECT_LE(on_->statistics().kernel_entries - before, 10u);
}

TEST_F(Crowd, ConfinedOpensGoThroughTheRing) {
  sluice::loop_options o;
  o.backend = sluice::backend_choice::uring;
  o.ways = sluice::way_choice::overlapped;
  loop l(o);
  auto open = []() -> task<void> {
    for (int n = 0; n < 10; ++n) {
      auto null = co_await sluice::system().current_dir().open_beneath(".", sluice::open_mode::directory);
      EXPECT_TRUE(null);
    }
    auto out = co_await sluice::system().current_dir().open_beneath("..", sluice::open_mode::directory);
    EXPECT_FALSE(out);
  };
  l.run(open());
  const auto k = l.statistics().kinds[static_cast<std::size_t>(sluice::op_kind::open)];
  EXPECT_EQ(k.ring, 11u);
  EXPECT_EQ(k.pool, 0u);
}

}  // namespace
