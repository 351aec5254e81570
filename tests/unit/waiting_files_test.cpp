// What is put aside of a file comes back as it was.
#include "sluice/fs/waiting_files.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

namespace {

using namespace sluice;

constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

size_totals of_file(std::uint64_t apparent, std::uint64_t allocated, timestamp newest = size_totals::never) {
  size_totals t;
  t.entries = 1;
  t.apparent = apparent;
  t.allocated = allocated;
  t.newest = newest;
  return t;
}

void expect_same(const waiting_file& a, const waiting_file& b) {
  EXPECT_EQ(a.place, b.place);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.one.entries, b.one.entries);
  EXPECT_EQ(a.one.apparent, b.one.apparent);
  EXPECT_EQ(a.one.allocated, b.one.allocated);
  EXPECT_EQ(a.one.newest, b.one.newest);
  EXPECT_EQ(a.again, b.again);
  EXPECT_EQ(a.device, b.device);
  EXPECT_EQ(a.inode, b.inode);
}

void expect_back(const std::vector<waiting_file>& all) {
  waiting_files w;
  EXPECT_TRUE(w.empty());
  for (const waiting_file& f : all) w.add(f);
  w.all_added();
  waiting_files moved = std::move(w);
  for (const waiting_file& f : all) {
    ASSERT_FALSE(moved.empty());
    EXPECT_EQ(moved.next_place(), f.place);
    expect_same(moved.take(), f);
  }
  EXPECT_TRUE(moved.empty());
}

TEST(WaitingFiles, ExtremesComeBack) {
  expect_back({{0, "", of_file(0, 0), 0, 0, false},
               {0, std::string("\x01\x80\xff\n", 4), of_file(127, 128), 7, largest, true},
               {127, std::string(255, 'n'), of_file(largest, largest - 511), largest, 0, true},
               {255, "", of_file(1, 512, {-1, 999'999'999}), 3, 1, true},
               {largest, "last", of_file(0, 0, {std::numeric_limits<std::int64_t>::max(), 0}), 0, 0, false}});
}

TEST(WaitingFiles, ManyComeBack) {
  std::mt19937_64 any(1);
  const auto some = [&any] { return any() >> any() % 64; };
  std::vector<waiting_file> all;
  for (std::uint64_t place = 0; place < 10'000; place += 1 + any() % 300) {
    waiting_file f;
    f.place = place;
    f.name.assign(any() % 256, static_cast<char>(any()));
    f.one = of_file(some(), some());
    f.again = any() % 2 == 0;
    if (f.again) {
      f.device = some();
      f.inode = some();
    }
    if (any() % 2 == 0) {
      f.one.newest.seconds = static_cast<std::int64_t>(some());
      f.one.newest.nanoseconds = static_cast<std::uint32_t>(any() % 1'000'000'000);
    }
    all.push_back(f);
  }
  expect_back(all);
}

}  // namespace
