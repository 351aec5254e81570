// Segments from the side of whoever carries a transfer out.
#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <vector>

#include "sluice/sluice.hpp"
#include "sluice/space/fragment.hpp"
#include "unit/shaky_space.hpp"
#include "unit/support.hpp"

namespace {

using namespace sluice;

/// What is to be done with the transfers of a test.
struct plan {
  void (*carry)(std::deque<segment>& cut) noexcept = nullptr;
  std::size_t pieces = 4;
  std::size_t refused = 0;  // splits for which there was no room
  std::deque<segment> held;
};

/// Cuts every transfer into equal pieces, and does with them what the test wants.
struct cutting_space final : space {
  plan& does;
  explicit cutting_space(plan& p) noexcept : space(rows()), does(p) {}

  static void take(space& s, operation& op) noexcept {
    plan& p = static_cast<cutting_space&>(s).does;
    segment rest = segment::whole_of(static_cast<transfer&>(op));
    const std::size_t each = rest.size() / p.pieces;
    for (std::size_t i = 1; i < p.pieces; ++i) {
      segment behind = rest.split_off(each);
      if (!behind) {
        ++p.refused;
        break;
      }
      p.held.push_back(std::move(rest));
      rest = std::move(behind);
    }
    p.held.push_back(std::move(rest));
    p.carry(p.held);
  }
  static const space_table& rows() {
    static const space_table t = [] {
      space_table made{"cutting"};
      made[op_kind::read_segments] = take;
      made[op_kind::write_segments] = take;
      return made;
    }();
    return t;
  }
};

struct fixture : testing::Test {
  plan p;
  cutting_space cuts{p};
  file f{adopt, cuts, 1};
  std::vector<std::byte> buffer = std::vector<std::byte>(100);
};
using Segments = fixture;

void fill(const segment& s) {
  for (std::byte& b : s.into())
    b = static_cast<std::byte>(s.offset());
}

TEST_F(Segments, MayEndInAnyOrder) {
  p.carry = [](std::deque<segment>& cut) noexcept {
    while (!cut.empty()) {
      fill(cut.back());
      cut.back().done();
      cut.pop_back();
    }
  };
  const auto whole = sync(f.read_exact_at(buffer, 10));
  EXPECT_TRUE(whole.whole());
  EXPECT_EQ(buffer[0], std::byte{10});
  EXPECT_EQ(buffer[99], std::byte{85});
}

TEST_F(Segments, BehindAGapDoNotCount) {
  p.carry = [](std::deque<segment>& cut) noexcept {
    cut[3].done();
    cut[2].fail(errc::io);
    cut[1].finish(5, errc::no_space);
    cut[0].done();
    cut.clear();
  };
  const auto whole = sync(f.read_exact_at(buffer, 0));
  EXPECT_EQ(whole.done, 30u);
  EXPECT_EQ(whole.total, 100u);
  EXPECT_TRUE(whole.first_error == errc::no_space);
  EXPECT_FALSE(whole.end);
}

TEST_F(Segments, ThatAreDroppedAreErrors) {
  p.carry = [](std::deque<segment>& cut) noexcept {
    cut[0].done();
    cut[2].done();
    cut[3].done();
    cut.clear();  // cut[1] has not ended
  };
  std::vector<landed_segment> told;
  each_segment to([&](const landed_segment& s) { told.push_back(s); });
  const auto whole = sync(f.read_segments_at(buffer, 0, to, 9));
  EXPECT_EQ(whole.done, 25u);
  EXPECT_TRUE(whole.first_error == errc::abandoned);
  ASSERT_EQ(told.size(), 4u);
  EXPECT_EQ(told[3].begin, 25u);
  EXPECT_EQ(told[3].tag, 9u);
  EXPECT_TRUE(told[3].failure == errc::abandoned);
}

TEST_F(Segments, TakeTheirBytesFromTheRightPlace) {
  for (std::size_t i = 0; i < buffer.size(); ++i)
    buffer[i] = static_cast<std::byte>(i);
  static std::vector<std::byte> device;
  device.assign(200, std::byte{});
  p.carry = [](std::deque<segment>& cut) noexcept {
    for (segment& s : cut) {
      s.copy_out(std::span(device).subspan(s.offset()));
      s.done();
    }
    cut.clear();
  };
  EXPECT_TRUE(sync(f.write_all_at(buffer, 100)).whole());
  EXPECT_EQ(std::memcmp(device.data() + 100, buffer.data(), 100), 0);

  p.carry = [](std::deque<segment>& cut) noexcept {
    for (segment& s : cut) {
      EXPECT_EQ(s.copy_in(std::span(device).subspan(s.offset(), s.size())), s.size());
      s.done();
    }
    cut.clear();
  };
  std::vector<std::byte> back(100);
  EXPECT_TRUE(sync(f.read_exact_at(back, 100)).whole());
  EXPECT_EQ(back, buffer);
}

TEST_F(Segments, GiveTheirBytesInPlaceWhenAligned) {
  static std::byte memory[256];
  std::byte* aligned = memory + (64 - reinterpret_cast<std::uintptr_t>(memory) % 64);
  p.pieces = 1;
  static std::size_t in_place, apart;
  in_place = apart = 0;
  p.carry = [](std::deque<segment>& cut) noexcept {
    for (segment& s : cut) {
      ++(s.into(64).empty() ? apart : in_place);
      s.done();
    }
    cut.clear();
  };
  EXPECT_TRUE(sync(f.read_exact_at(std::span(aligned, 64), 0)).whole());
  EXPECT_TRUE(sync(f.read_exact_at(std::span(aligned + 1, 64), 0)).whole());
  EXPECT_EQ(in_place, 1u);
  EXPECT_EQ(apart, 1u);
}

TEST_F(Segments, AreNotSplitWhereNobodyCouldBeTold) {
  p.carry = [](std::deque<segment>& cut) noexcept {
    for (segment& s : cut)
      s.done();
    cut.clear();
  };
  loop l;
  const auto two_at_most = [](file& from, std::span<std::byte> into) -> task<std::size_t> {
    segment_stream<2> parts;
    auto reading = from.read_segments_at(into, 0, parts);
    co_await parts.begin(reading);
    std::size_t n = 0;
    for (;;) {
      const auto part = co_await parts.next();
      if (!part) break;
      ++n;
    }
    co_return reading.outcome().whole() ? n : 0;
  };
  EXPECT_EQ(l.run(two_at_most(f, buffer)), 2u);
  EXPECT_EQ(p.refused, 1u);
}

/// Three transfers in a stream that has room for so many segments, over one operation at a time:
/// each keeps its room while it waits in line. Tells how many bytes landed.
template <std::size_t Room>
task<std::size_t> three_that_wait_in_line(const file& f, unit::shaky_space& slow) {
  std::byte into[3][40];
  segment_stream<Room> parts;
  auto one = f.read_segments_at(into[0], 0, parts);
  auto two = f.read_segments_at(into[1], 0, parts);
  auto three = f.read_segments_at(into[2], 0, parts);
  co_await parts.begin(one);
  co_await parts.begin(two);
  co_await parts.begin(three);
  slow.let_go();
  // Nothing is taken until all that can land has landed.
  for (unsigned i = 0; i < 1000; ++i)
    co_await yield();
  std::size_t landed = 0;
  for (;;) {
    const auto part = co_await parts.next();
    if (!part) break;
    landed += part->done;
  }
  co_return one.outcome().whole() && two.outcome().whole() && three.outcome().whole() ? landed : 0;
}

TEST(SegmentStream, KeepsRoomForWhatWaitsInLine) {
  loop l;
  unit::shaky_space slow(1);
  slow.files[0].bytes.resize(40);
  fragment_options narrow;
  narrow.slab = 1;
  fragment_space cut(slow, narrow);
  file f(adopt, cut, 0);
  const auto read = [](const file& from) -> task<std::size_t> {
    std::byte one;
    const auto n = co_await from.read_at(std::span(&one, 1), 0);
    co_return n.value_or(0);
  };
  for (auto* three :
       {three_that_wait_in_line<1>, three_that_wait_in_line<2>, three_that_wait_in_line<4>}) {
    slow.holds = true;
    unit::begun before_them(l, read(f));
    unit::settle(l);
    EXPECT_EQ(l.run(three(f, slow)), 120u);
    EXPECT_EQ(before_them.finish(l), 1u);
  }
  f.detach();
}

/// Refused before they had a segment, they give the room back to those behind them.
task<std::size_t> many_that_are_refused(const file& bad, const file& good, unsigned n) {
  using reading = transfer_call<ops::read_segments>;
  std::byte into[10];
  segment_stream<1> parts;
  std::deque<reading> refused;
  auto first = good.read_segments_at(into, 0, parts);
  co_await parts.begin(first);
  for (unsigned i = 0; i < n; ++i) {
    reading& one =
        refused.emplace_back(bad.in(), bad.id(), std::span<std::byte>(into), 0u, parts, 0u);
    co_await parts.begin(one);
  }
  auto last = good.read_segments_at(into, 0, parts);
  co_await parts.begin(last);
  std::size_t landed = 0;
  for (;;) {
    const auto part = co_await parts.next();
    if (!part) break;
    landed += part->done;
  }
  for (reading& one : refused)
    EXPECT_EQ(one.outcome().first_error, errc::not_supported);
  co_return landed;
}

TEST(SegmentStream, GivesTheRoomOfWhatIsRefusedToOthers) {
  loop l;
  unit::shaky_space slow(1);
  slow.files[0].bytes.resize(10);
  struct nothing final : space {
    explicit nothing(const space_table& t) : space(t) {}
  };
  const space_table none{"nothing"};
  nothing empty(none);
  file good(adopt, slow, 0), bad(adopt, empty, 0);
  EXPECT_EQ(l.run(many_that_are_refused(bad, good, 100'000)), 20u);
  good.detach();
  bad.detach();
}

TEST_F(Segments, MayEndLater) {
  p.carry = [](std::deque<segment>&) noexcept {};
  loop l;
  const auto read = [](file& from, std::span<std::byte> into) -> task<transfer_result> {
    const auto whole = co_await from.read_exact_at(into, 0);
    co_return whole;
  };
  const auto finish = [](plan& by) -> task<void> {
    co_await yield();
    by.held[1].done();
    co_await yield();
    by.held[0].finish(24, errc::end_of_file);
    by.held[3].done();
    by.held[2].done();
    by.held.clear();
  };
  transfer_result whole;
  l.run(with_scope([&](scope& s) -> task<void> {
    const auto keep = [](task<transfer_result> t, transfer_result& into) -> task<void> {
      const auto r = co_await std::move(t);
      into = r;
    };
    s.spawn(keep(read(f, buffer), whole));
    s.spawn(finish(p));
    co_return;
  }));
  EXPECT_EQ(whole.done, 24u);
  EXPECT_TRUE(whole.end);
  EXPECT_FALSE(whole.first_error);
}

TEST_F(Segments, OfATransferThatIsUsedAgain) {
  p.carry = [](std::deque<segment>& cut) noexcept {
    static unsigned round = 0;
    if (round++ % 2 == 0) cut[0].fail(errc::io);
    cut[0] ? cut[0].done() : void();
    for (std::size_t i = 1; i < cut.size(); ++i)
      cut[i].done();
    cut.clear();
  };
  auto reading = f.read_exact_at(buffer, 0);
  for (unsigned i = 0; i < 1000; ++i) {
    const auto whole = sync(reading);
    ASSERT_EQ(whole.done, i % 2 == 0 ? 0u : 100u) << i;
    ASSERT_EQ(whole.first_error == errc::io, i % 2 == 0) << i;
  }
}

}  // namespace
