// Maps whose last extent has no end.
#include "sluice/space/map.hpp"

#include "unit/virtual_model.hpp"

namespace {

using namespace sluice;
using unit::bytes;
using unit::shaky_space;

constexpr std::uint64_t open_end = map_extent::open_end;

std::vector<backing> all_of(shaky_space& members) {
  std::vector<backing> files;
  for (std::size_t i = 0; i < members.files.size(); ++i)
    files.emplace_back(members.handle(i));
  return files;
}

/// By turns in three files, each behind some bytes that are none of the map's.
std::vector<map_extent> by_turns() {
  std::vector<map_extent> extents;
  std::uint64_t there[3] = {10, 0, 30};
  for (std::uint64_t i = 0; i < 12; ++i) {
    extents.push_back({i * 50, 50, i % 3, there[i % 3]});
    there[i % 3] += 50 + i;
  }
  extents.push_back({600, open_end, 1, there[1]});
  return extents;
}

class MapThatGrows : public testing::TestWithParam<unsigned> {};

TEST_P(MapThatGrows, IsWhatWasWrittenToIt) {
  loop l;
  shaky_space members(3, GetParam());
  map_space maps({GetParam(), 4});
  file f = l.run(maps.make_growing(all_of(members), by_turns())).value();
  unit::model as{
      f, {}, [](std::uint64_t, bool) { return errc::none; }, true, std::minstd_rand(GetParam())};
  for (unsigned round = 0; round < 30 && !HasFailure(); ++round) {
    l.run(as.work(20));
    const std::uint64_t end = as.random() % 900;
    ASSERT_TRUE(l.run([](file& of, std::uint64_t size) -> task<result<void>> {
      const auto cut = co_await of.truncate(size);
      co_return cut;
    }(f, end)));
    as.content.resize(end);
    EXPECT_EQ(sync(f.stat())->size, end);
    // Made again of the same members, it is the same.
    EXPECT_TRUE(sync(f.close()).has_value());
    f = l.run(maps.make_growing(all_of(members), by_turns())).value();
    EXPECT_EQ(sync(f.stat())->size, end);
  }
  EXPECT_GT(as.content.size(), 0u);
}
INSTANTIATE_TEST_SUITE_P(Slab, MapThatGrows, testing::Values(1u, 2u, 8u));

struct MapOverTwo : testing::Test {
  MapOverTwo() { members.swift = members.whole = true; }
  result<file> make(std::vector<map_extent> extents) {
    return sync(maps.make_growing(all_of(members), std::move(extents)));
  }
  shaky_space members{2};
  map_space maps;
};

TEST_F(MapOverTwo, WhatIsAddedToAFileThatIsNotWritten) {
  members.files[0].bytes = bytes(100, std::byte{7});
  file f = make({{0, 100, 0, 0, false}, {100, open_end, 1, 0}}).value();
  EXPECT_EQ(sync(f.stat())->size, 100u);
  const bytes more(20, std::byte{9});
  EXPECT_EQ(sync(f.write_at(more, 100)).value(), 20u);
  EXPECT_TRUE(sync(f.write_at(more, 90)).error() == errc::read_only);
  bytes into(200);
  EXPECT_EQ(sync(f.read_at(into, 0)).value(), 120u);
  EXPECT_EQ(into[99], std::byte{7});
  EXPECT_EQ(into[119], std::byte{9});
  EXPECT_TRUE(sync(f.truncate(99)).error() == errc::read_only);
  EXPECT_EQ(members.files[1].bytes.size(), 20u) << "nothing was cut";
  EXPECT_TRUE(sync(f.truncate(110)).has_value());
  EXPECT_EQ(members.files[0].bytes.size(), 100u);
  EXPECT_EQ(members.files[1].bytes.size(), 10u);
}

TEST_F(MapOverTwo, LeavesWhatLiesBehindItsExtentsWhereTheyAreNotCut) {
  members.files[0].bytes = bytes(100, std::byte{7});  // 30 of them are in the map
  file f = make({{0, 30, 0, 20}, {30, open_end, 1, 0}}).value();
  EXPECT_TRUE(sync(f.truncate(200)).has_value());
  EXPECT_EQ(members.files[0].bytes.size(), 100u);
  EXPECT_EQ(members.files[1].bytes.size(), 170u);
  EXPECT_TRUE(sync(f.truncate(5)).has_value());
  EXPECT_EQ(members.files[0].bytes.size(), 25u);
  EXPECT_EQ(members.files[1].bytes.size(), 0u);
  EXPECT_TRUE(sync(f.truncate(0)).has_value());
  EXPECT_EQ(members.files[0].bytes.size(), 20u) << "nor what lies before them";
}

TEST_F(MapOverTwo, HolesBelowItsEndAreZeros) {
  file f = make({{10, 10, 0, 0}, {40, open_end, 1, 0}}).value();
  bytes one(1, std::byte{5}), into(60, std::byte{1});
  EXPECT_TRUE(sync(f.write_at(one, 5)).error() == errc::no_space);
  EXPECT_EQ(sync(f.read_at(into, 0)).value(), 0u);
  EXPECT_EQ(sync(f.write_at(one, 42)).value(), 1u);
  EXPECT_EQ(sync(f.read_at(into, 0)).value(), 43u);
  EXPECT_EQ(std::count(into.begin(), into.begin() + 42, std::byte{0}), 42);
  EXPECT_EQ(into[42], std::byte{5});
  EXPECT_TRUE(sync(f.truncate(30)).has_value()) << "in a hole";
  EXPECT_EQ(sync(f.read_at(into, 0)).value(), 30u);
}

TEST_F(MapOverTwo, EndsWhereOffsetsDo) {
  constexpr std::uint64_t far = INT64_MAX - 100;
  file f = make({{0, 10, 0, 0}, {far, open_end, 1, 0}}).value();
  const bytes from(200, std::byte{3});
  bytes into(200);
  EXPECT_TRUE(sync(f.write_at(from, far)).error() == errc::too_large);
  EXPECT_EQ(sync(f.write_at(std::span(from).first(100), far)).value(), 100u);
  EXPECT_EQ(sync(f.stat())->size, static_cast<std::uint64_t>(INT64_MAX));
  EXPECT_EQ(sync(f.read_at(into, far)).value(), 100u);
  EXPECT_EQ(sync(f.read_at(into, INT64_MAX)).value(), 0u);
  EXPECT_TRUE(sync(f.read_at(into, UINT64_MAX)).error() == errc::invalid);
  EXPECT_TRUE(sync(f.truncate(UINT64_MAX)).error() == errc::invalid);
  // There are fewer bytes behind 50 in the file than behind 0 in the map.
  file shifted = make({{0, open_end, 0, 50}}).value();
  EXPECT_TRUE(sync(shifted.truncate(INT64_MAX)).error() == errc::too_large);
  EXPECT_TRUE(sync(shifted.write_at(std::span(from).first(40), INT64_MAX - 40)).error() ==
              errc::too_large);
}

TEST_F(MapOverTwo, RefusesWhatCannotGrow) {
  const auto refused = [this](std::vector<map_extent> extents) {
    const auto made = make(std::move(extents));
    return !made && made.error() == errc::invalid;
  };
  EXPECT_TRUE(refused({}));
  EXPECT_TRUE(refused({{0, 10, 0, 0}}));               // has an end
  EXPECT_TRUE(refused({{0, open_end, 0, 0, false}}));  // not to be written
  EXPECT_TRUE(refused({{0, open_end, 2, 0}}));         // no such file
  EXPECT_TRUE(refused({{0, open_end, 0, 0}, {9, open_end, 1, 0}}));
  EXPECT_TRUE(refused({{0, 10, 0, 50}, {10, open_end, 0, 0}}));  // not in the file's order
  EXPECT_TRUE(refused({{UINT64_MAX, open_end, 0, 0}}));
  EXPECT_FALSE(refused({{0, 10, 0, 0}, {10, open_end, 0, 10}}));
  const auto fixed = maps.make(all_of(members), {{0, open_end, 0, 0}}, 100);
  EXPECT_TRUE(!fixed && fixed.error() == errc::invalid);
}

}  // namespace
