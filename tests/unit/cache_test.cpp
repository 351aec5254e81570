#include "sluice/space/cache.hpp"

#include "unit/virtual_model.hpp"

namespace {

using namespace sluice;
using unit::bytes;
using unit::shaky_space;

struct sizes {
  unsigned slab, block, blocks;
};

class Cache : public testing::TestWithParam<sizes> {};

TEST_P(Cache, IsTheFileBelow) {
  const auto [slab, block, blocks] = GetParam();
  for (const bool bad : {false, true}) {
    loop l;
    shaky_space below(1, slab + block);
    below.files[0].bytes = bytes(1000, std::byte{5});
    if (bad) below.files[0].bad_from = 700;
    cache_space caches({block, std::size_t{block} * blocks, {slab, 8}});
    file f = caches.make(below.handle(0));
    unit::model as{f, below.files[0].bytes, [bad](std::uint64_t o, bool) {
                     return bad && o >= 700 ? errc::io : errc::none;
                   },
                   true, std::minstd_rand(block)};
    l.run(as.work(400));
    EXPECT_TRUE(below.files[0].bytes == as.content);
    EXPECT_LE(below.most_at_once, slab);
    const cache_statistics s = caches.statistics();
    EXPECT_GT(s.misses, 0u);
    if (block > 1 && !bad) {
      EXPECT_GT(s.hits, 0u);
    }
    if (blocks == 3) {
      EXPECT_GT(s.evictions, 0u);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, Cache,
                         testing::Values(sizes{1, 64, 3}, sizes{2, 64, 3}, sizes{8, 64, 3},
                                         sizes{8, 50, 1}, sizes{8, 1, 100}, sizes{4, 128, 100},
                                         sizes{4, 5000, 2}),
                         [](const auto& i) {
                           return "slab" + std::to_string(i.param.slab) + "_block" +
                                  std::to_string(i.param.block) + "_of" +
                                  std::to_string(i.param.blocks);
                         });

struct held_cache : testing::Test {
  held_cache() {
    below.whole = true;
    below.files[0].bytes = bytes(1000, std::byte{7});
    f = caches.make(below.handle(0));
  }
  ~held_cache() override { below.let_go(); }
  loop l;
  shaky_space below{1};
  cache_space caches{{100, 300, {8, 8}}};
  file f;
  bytes one = bytes(50), two = bytes(50), three = bytes(50);
};
using CacheOfThree = held_cache;

task<result<std::size_t>> read(const file& f, std::span<std::byte> into, std::uint64_t offset) {
  const auto n = co_await f.read_at(into, offset);
  co_return n;
}
task<result<std::size_t>> write(const file& f, std::span<const std::byte> from,
                                std::uint64_t offset) {
  const auto n = co_await f.write_at(from, offset);
  co_return n;
}

TEST_F(CacheOfThree, ReadsABlockOnceForAllWhoWantIt) {
  below.holds = true;
  unit::begun first(l, read(f, one, 0));
  unit::begun second(l, read(f, two, 40));
  unit::begun third(l, read(f, three, 50));
  unit::settle(l);
  EXPECT_EQ(below.held.size(), 1u);
  below.let_go();
  EXPECT_EQ(first.finish(l).value(), 50u);
  EXPECT_EQ(second.finish(l).value(), 50u);
  EXPECT_EQ(third.finish(l).value(), 50u);
  EXPECT_EQ(three[49], std::byte{7});
  EXPECT_EQ(below.reads, 1u);
  EXPECT_EQ(caches.statistics().hits, 2u);
  EXPECT_EQ(caches.statistics().misses, 1u);
}

TEST_F(CacheOfThree, WhoWaitsCanBeCancelled) {
  below.holds = true;
  stop_source stop(l);
  unit::begun first(l, read(f, one, 0));
  unit::begun second(l, read(f, two, 0), &stop);
  unit::settle(l);
  stop.request_stop();
  EXPECT_TRUE(second.finish(l).error() == errc::canceled);
  EXPECT_EQ(below.cancels, 0u);
  below.let_go();
  EXPECT_EQ(first.finish(l).value(), 50u);
}

TEST_F(CacheOfThree, WhoWaitedReadsWhenTheFirstIsCancelled) {
  below.holds = true;
  stop_source stop(l);
  unit::begun first(l, read(f, one, 0), &stop);
  unit::begun second(l, read(f, two, 0));
  unit::settle(l);
  stop.request_stop();
  EXPECT_TRUE(first.finish(l).error() == errc::canceled);
  unit::settle(l);
  below.let_go();
  EXPECT_EQ(second.finish(l).value(), 50u);
  EXPECT_EQ(two[0], std::byte{7});
}

TEST_F(CacheOfThree, ABlockThatAWriteOvertookIsNotKept) {
  below.holds = true;
  unit::begun reading(l, read(f, one, 0));
  unit::settle(l);
  // The write below happens now, and the read of before comes back later, with whatever.
  below.swift = true;
  const bytes nines(50, std::byte{9});
  EXPECT_EQ(l.run(write(f, nines, 0)).value(), 50u);
  below.files[0].bytes.assign(1000, std::byte{1});  // stale, as read earlier
  below.let_go();
  EXPECT_EQ(reading.finish(l).value(), 50u);
  below.files[0].bytes.assign(1000, std::byte{2});
  EXPECT_EQ(l.run(read(f, two, 0)).value(), 50u);
  EXPECT_EQ(two[0], std::byte{2});
}

TEST_F(CacheOfThree, AnEndThatAWriteOvertookIsNotKept) {
  below.files[0].bytes.resize(130);
  below.holds = true;
  unit::begun reading(l, read(f, one, 110));
  unit::settle(l);
  below.swift = true;
  EXPECT_EQ(l.run(write(f, two, 400)).value(), 50u);  // another block, but the end has moved
  const bytes now = below.files[0].bytes;
  below.files[0].bytes.resize(130);  // stale, as read earlier
  below.let_go();
  EXPECT_EQ(reading.finish(l).value(), 20u);
  below.files[0].bytes = now;
  EXPECT_EQ(l.run(read(f, one, 110)).value(), 50u);
}

TEST_F(CacheOfThree, NoticesOthersOnlyWhenTold) {
  below.swift = true;
  EXPECT_EQ(sync(f.read_at(one, 0)).value(), 50u);
  below.files[0].bytes.assign(1000, std::byte{8});
  EXPECT_EQ(sync(f.read_at(one, 0)).value(), 50u);
  EXPECT_EQ(one[0], std::byte{7});
  caches.invalidate(f);
  EXPECT_EQ(sync(f.read_at(one, 0)).value(), 50u);
  EXPECT_EQ(one[0], std::byte{8});
}

TEST_F(CacheOfThree, KeepsWhatIsUsed) {
  below.swift = true;
  const auto touch = [this](std::uint64_t block) { EXPECT_TRUE(sync(f.read_at(one, block * 100))); };
  for (const std::uint64_t block : {0, 1, 2, 3}) touch(block);  // somebody goes
  EXPECT_EQ(caches.statistics().evictions, 1u);
  const unsigned before = below.reads;
  touch(3);
  EXPECT_EQ(below.reads, before);
  for (std::uint64_t i = 0; i < 5; ++i) {
    touch(3);  // used each time round
    touch(4 + i);
  }
  EXPECT_EQ(below.reads, before + 5);
}

TEST_F(CacheOfThree, ErrorsAreNotKept) {
  below.swift = true;
  below.files[0].bad_from = 0;
  EXPECT_TRUE(sync(f.read_at(one, 0)).error() == errc::io);
  below.files[0].bad_from = UINT64_MAX;
  EXPECT_EQ(sync(f.read_at(one, 0)).value(), 50u);
}

TEST_F(CacheOfThree, TheEndMovesWithWrites) {
  below.swift = true;
  below.files[0].bytes.resize(130);
  EXPECT_EQ(sync(f.read_at(one, 100)).value(), 30u);
  const unsigned reads = below.reads;
  EXPECT_EQ(sync(f.read_at(one, 110)).value(), 20u);  // the short block is kept, too
  EXPECT_EQ(below.reads, reads);
  EXPECT_EQ(sync(f.write_at(one, 400)).value(), 50u);
  EXPECT_EQ(sync(f.read_at(one, 110)).value(), 50u);
  EXPECT_TRUE(sync(f.truncate(120)).has_value());
  EXPECT_EQ(sync(f.read_at(one, 110)).value(), 10u);
  EXPECT_EQ(sync(f.stat())->size, 120u);
  EXPECT_TRUE(sync(f.close()).has_value());
  EXPECT_EQ(below.files[0].closes, 1u);
}

}  // namespace
