// A large file goes range by range: one after another if it is in memory, several at a time if not.
#include <gtest/gtest.h>

#include "sluice/space/forward.hpp"
#include "sluice/space/memory.hpp"
#include "unit/memory/copying.hpp"

namespace memory_test {
namespace {

constexpr std::uint64_t range_bytes = 16 << 20;
constexpr std::uint64_t ranges = 5;
constexpr std::uint64_t size = ranges * range_bytes - 1000;

/// Says what of a file is cached, and lets each copy of a range wait until nothing else is to be done.
class cold_space final : public forwarding_space {
 public:
  explicit cold_space(space& inner) noexcept : forwarding_space(rows(), inner) {
    turn_.me = this;
    turn_.run = [](job& j) noexcept { static_cast<turn&>(j).me->end_first(); };
  }

  std::uint64_t cached_bytes = 0;  // from the beginning
  bool tells = true;               // or nobody knows
  std::size_t most_at_once = 0;
  unsigned copies = 0;

 private:
  static cold_space& self(space& s) noexcept { return static_cast<cold_space&>(s); }

  static void tell(space& s, operation& op) noexcept {
    if (!self(s).tells) return op.fail(errc::not_supported);
    auto& asked = static_cast<ops::cached&>(op);
    asked.value = asked.offset < self(s).cached_bytes;
    op.complete();
  }
  static void keep(space& s, operation& op) noexcept {
    cold_space& me = self(s);
    ++me.copies;
    me.held_.push_back(&op);
    me.most_at_once = std::max(me.most_at_once, me.held_.size());
    if (me.held_.size() == 1) op.home->schedule(me.turn_);
  }
  void end_first() noexcept {
    operation& op = *held_.front();
    held_.erase(held_.begin());
    if (!held_.empty()) held_.front()->home->schedule(turn_);
    inner().submit(op);
  }
  static const space_table& rows() {
    static constexpr space_table table = [] {
      space_table t = forwarding_rows("cold");
      t[op_kind::cached] = tell;
      t[op_kind::copy_range] = keep;
      t[op_kind::clone] = [](space&, operation& op) noexcept {
        op.fail(errc::not_supported);
      };
      return t;
    }();
    return table;
  }

  struct turn : job {
    cold_space* me;
  } turn_;
  std::vector<operation*> held_;
};

class CopyRanges : public testing::Test {
 protected:
  void SetUp() override {
    const file f = sync(root_.open("from", open_mode::write | open_mode::create)).value();
    std::vector<std::byte> bytes(range_bytes);
    for (std::uint64_t at = 0; at < size; at += bytes.size()) {
      std::ranges::fill(bytes, static_cast<std::byte>(1 + at / range_bytes));
      ASSERT_TRUE(sync(f.write_all_at(std::span(bytes).first(std::min(range_bytes, size - at)), at)));
    }
  }

  /// How many were under way at once, at most.
  std::size_t most_at_once() {
    space_.most_at_once = 0;
    space_.copies = 0;
    listener heard;
    EXPECT_TRUE(copy(root_, root_, "from", "to", copy_options(), heard));
    EXPECT_TRUE(heard.problems.empty());
    EXPECT_GE(space_.copies, ranges);
    const file made = sync(root_.open("to", open_mode::read)).value();
    EXPECT_EQ(sync(made.stat()).value().size, size);
    for (std::uint64_t n = 0; n < ranges; ++n) {
      std::byte first[1] = {};
      EXPECT_EQ(sync(made.read_at(first, n * range_bytes)), 1u);
      EXPECT_EQ(first[0], static_cast<std::byte>(1 + n));
    }
    return space_.most_at_once;
  }

  memory_space memory_;
  cold_space space_{memory_};
  dir root_ = space_.attach(memory_.root());
};

TEST_F(CopyRanges, OneAtATimeIfMostOfItIsCached) {
  for (const std::uint64_t cached : {size, size / 4 * 3}) {
    space_.cached_bytes = cached;
    EXPECT_EQ(most_at_once(), 1u) << cached;
  }
}

TEST_F(CopyRanges, SeveralAtOnceIfItIsNot) {
  for (const std::uint64_t cached : {std::uint64_t{0}, size / 4}) {
    space_.cached_bytes = cached;
    EXPECT_GT(most_at_once(), 2u) << cached;
  }
}

TEST_F(CopyRanges, SeveralAtOnceIfNobodyKnows) {
  space_.tells = false;
  EXPECT_GT(most_at_once(), 2u);
}

}  // namespace
}  // namespace memory_test
