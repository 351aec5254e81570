// What the fragment filter does to a transfer, seen from below and above.
#include "sluice/space/fragment.hpp"

#include <gtest/gtest.h>

#include "unit/shaky_space.hpp"

namespace {

using namespace sluice;
using unit::shaky_space;

struct cut_file : testing::Test {
  cut_file() {
    below.whole = below.swift = true;
    below.files[0].bytes.assign(100'000, std::byte{3});
  }
  shaky_space below{1};
  fragment_space cut{below, {5, 16, 7}};
  file f = cut.attach(below.handle(0));
  std::vector<std::byte> buffer = std::vector<std::byte>(100'000);
};
using Fragment = cut_file;

TEST_F(Fragment, SegmentsLandFromTheLastToTheFirst) {
  std::vector<landed_segment> parts;
  each_segment told([&parts](const landed_segment& s) { parts.push_back(s); });
  EXPECT_TRUE(sync(f.read_segments_at(buffer, 0, told)).whole());
  ASSERT_EQ(parts.size(), 5u);
  EXPECT_EQ(below.reads, 5u);
  std::size_t behind = buffer.size();
  for (const landed_segment& s : parts) {
    EXPECT_EQ(s.begin + s.size, behind);
    behind = s.begin;
  }
  EXPECT_EQ(behind, 0u);
}

TEST_F(Fragment, APieceThatFailsEndsWhatCounts) {
  below.files[0].bad_from = 99'999;
  const auto whole = sync(f.read_exact_at(buffer, 0));
  EXPECT_EQ(whole.done, 99'999u);
  EXPECT_TRUE(whole.first_error == errc::io);
  EXPECT_EQ(sync(f.read_at(buffer, 0)).value(), 99'999u);
  EXPECT_TRUE(sync(f.read_at(buffer, 99'999)).error() == errc::io);
}

TEST_F(Fragment, WithOnePieceCutsFollowEachOther) {
  fragment_space scarce(below, {5, 1, 7});
  file g = scarce.attach(below.handle(0));
  EXPECT_TRUE(sync(g.read_exact_at(buffer, 0)).whole());
  EXPECT_LE(below.reads, 5u);
  EXPECT_GT(below.reads, 1u);
  EXPECT_EQ(buffer[99'999], std::byte{3});
}

}  // namespace
