// Files that are maps of others, and through them the splitter.
#include "sluice/space/map.hpp"

#include "unit/virtual_model.hpp"

namespace {

using namespace sluice;
using unit::bytes;
using unit::shaky_space;

std::vector<backing> borrow(std::span<const file> files) {
  return std::vector<backing>(files.begin(), files.end());
}

/// Members with something in them, and a map over them with holes.
struct mapped_members {
  shaky_space members;
  std::vector<file> handles;
  std::vector<map_extent> extents;
  std::uint64_t size = 2000;

  explicit mapped_members(unsigned seed) : members(3, seed) {
    std::minstd_rand random(seed + 100);
    for (std::size_t i = 0; i < 3; ++i) {
      members.files[i].bytes = unit::random_bytes(700 + random() % 300, random);
      handles.push_back(members.handle(i));
    }
    std::uint64_t there[3] = {};
    for (std::uint64_t at = random() % 50; at < size;) {
      map_extent e;
      e.offset = at;
      e.size = std::min<std::uint64_t>(1 + random() % 120, size - at);
      e.file = random() % 3;
      e.file_offset = there[e.file];
      e.writable = random() % 4 != 0;
      there[e.file] += e.size + random() % 10;
      at += e.size + (random() % 3 == 0 ? random() % 60 : 0);
      extents.push_back(e);
    }
  }
  const map_extent* extent_of(std::uint64_t offset) const {
    for (const map_extent& e : extents) {
      if (offset >= e.offset && offset - e.offset < e.size) return &e;
    }
    return nullptr;
  }
  bytes content() const {
    bytes all(size);
    for (std::uint64_t i = 0; i < size; ++i) {
      const map_extent* e = extent_of(i);
      if (e == nullptr) continue;
      const bytes& there = members.files[e->file].bytes;
      const std::uint64_t at = e->file_offset + (i - e->offset);
      if (at < there.size()) all[i] = there[at];
    }
    return all;
  }
  errc fate(std::uint64_t offset, bool writing) const {
    if (offset >= size) return writing ? errc::no_space : errc::none;
    const map_extent* e = extent_of(offset);
    if (e == nullptr) return writing ? errc::no_space : errc::none;
    if (writing && !e->writable) return errc::read_only;
    const unit::shaky_file& there = members.files[e->file];
    const std::uint64_t at = e->file_offset + (offset - e->offset);
    const bool lacking = !writing && at >= there.bytes.size();
    return at >= there.bad_from && !lacking ? errc::io : errc::none;
  }
};

struct slab_and_seed {
  unsigned slab, seed;
};

class Map : public testing::TestWithParam<slab_and_seed> {};

TEST_P(Map, IsWhatItsExtentsAre) {
  const auto [slab, seed] = GetParam();
  for (const bool bad : {false, true}) {
    loop l;
    mapped_members m(seed);
    if (bad) m.members.files[1].bad_from = 150;
    map_space maps({slab, 8});
    file f = maps.make(borrow(m.handles), m.extents, m.size).value();
    unit::model as{f, m.content(), [&m](std::uint64_t o, bool w) { return m.fate(o, w); }, false,
                   std::minstd_rand(seed)};
    l.run(as.work(300));
    EXPECT_EQ(sync(f.stat())->size, m.size);
    if (slab > 1) {
      EXPECT_GT(m.members.most_at_once, 1u);
    }
    EXPECT_LE(m.members.most_at_once, slab);
    for (file& h : m.handles) h.detach();
  }
}

/// More operations than pieces: they wait in line, and all are carried out.
TEST_P(Map, ServesManyAtOnce) {
  const auto [slab, seed] = GetParam();
  loop l;
  mapped_members m(seed);
  map_space maps({slab, 4});
  file f = maps.make(borrow(m.handles), m.extents, m.size).value();
  std::deque<unit::model> readers;
  const bytes content = m.content();
  // They only read: what several write at once, no model knows.
  for (unsigned i = 0; i < 8; ++i) {
    readers.push_back({f, content, [](std::uint64_t, bool) { return errc::none; }, false,
                       std::minstd_rand(seed * 8 + i)});
  }
  l.run(with_scope([&readers](scope& s) -> task<void> {
    const auto read = [](unit::model& one) -> task<void> {
      for (unsigned i = 0; i < 60; ++i) {
        auto next = one.read();
        co_await std::move(next);
      }
    };
    for (unit::model& one : readers) s.spawn(read(one));
    co_return;
  }));
  EXPECT_LE(m.members.most_at_once, slab);
  for (file& h : m.handles) h.detach();
}

INSTANTIATE_TEST_SUITE_P(, Map,
                         testing::Values(slab_and_seed{1, 1}, slab_and_seed{1, 2},
                                         slab_and_seed{2, 3}, slab_and_seed{2, 4},
                                         slab_and_seed{8, 5}, slab_and_seed{8, 6},
                                         slab_and_seed{64, 7}),
                         [](const auto& i) {
                           return "slab" + std::to_string(i.param.slab) + "_seed" +
                                  std::to_string(i.param.seed);
                         });

/// Two files of 100 bytes, one behind the other, that do nothing until they are told.
struct two_held : testing::Test {
  two_held() {
    members.whole = members.holds = true;
    for (auto& f : members.files) f.bytes = bytes(100, std::byte{7});
    std::vector<backing> files;
    files.emplace_back(members.handle(0));
    files.emplace_back(members.handle(1));
    f = maps.make(std::move(files), {{0, 100, 0, 0}, {100, 100, 1, 0}}, 200).value();
  }
  ~two_held() override { members.let_go(); }

  loop l;
  shaky_space members{2};
  map_space maps{{2, 8}};
  file f;
  bytes buffer = bytes(200), other = bytes(200);
};
using HeldMap = two_held;

task<result<std::size_t>> read(const file& f, std::span<std::byte> into) {
  const auto n = co_await f.read_at(into, 0);
  co_return n;
}
task<transfer_result> read_all(const file& f, std::span<std::byte> into) {
  const auto n = co_await f.read_exact_at(into, 0);
  co_return n;
}

TEST_F(HeldMap, AsksItsFilesAtOnce) {
  unit::begun one(l, read(f, buffer));
  unit::settle(l);
  EXPECT_EQ(members.held.size(), 2u);
  members.let_go();
  EXPECT_EQ(one.finish(l).value(), 200u);
}

TEST_F(HeldMap, GivesEachPieceToOneWhoWaits) {
  {
    unit::begun first(l, read(f, buffer));
    unit::begun second(l, read(f, other));
    unit::begun third(l, read_all(f, other));
    unit::settle(l);
    EXPECT_EQ(members.held.size(), 2u);
    members.let_go();
    EXPECT_EQ(first.finish(l).value(), 200u);
    EXPECT_EQ(second.finish(l).value(), 200u);
    EXPECT_TRUE(third.finish(l).whole());
  }
  members.holds = true;  // both pieces are back
  unit::begun last(l, read(f, buffer));
  unit::settle(l);
  EXPECT_EQ(members.held.size(), 2u);
  members.let_go();
  EXPECT_EQ(last.finish(l).value(), 200u);
}

TEST_F(HeldMap, CancelledEndsItsParts) {
  stop_source stop(l);
  unit::begun one(l, read(f, buffer), &stop);
  unit::settle(l);
  stop.request_stop();
  unit::settle(l);
  EXPECT_EQ(members.cancels, 2u);
  EXPECT_TRUE(one.finish(l).error() == errc::canceled);
}

TEST_F(HeldMap, ADeadlineEndsItsParts) {
  const auto late = [](const file& of, std::span<std::byte> into) -> task<transfer_result> {
    const auto n = co_await of.read_exact_at(into, 0).within(unit::ms);
    co_return n;
  };
  unit::begun one(l, late(f, buffer));
  const auto ended = one.finish(l);
  EXPECT_EQ(ended.done, 0u);
  EXPECT_TRUE(ended.first_error == errc::timed_out);
}

TEST_F(HeldMap, CancelledInLineLeavesIt) {
  stop_source stop(l);
  unit::begun first(l, read(f, buffer));
  unit::begun second(l, read(f, other), &stop);
  unit::begun third(l, read_all(f, other), &stop);
  unit::settle(l);
  EXPECT_EQ(members.held.size(), 2u);
  stop.request_stop();
  EXPECT_TRUE(second.finish(l).error() == errc::canceled);
  EXPECT_TRUE(third.finish(l).first_error == errc::canceled);
  EXPECT_EQ(members.cancels, 0u);
  members.let_go();
  EXPECT_EQ(first.finish(l).value(), 200u);
}

TEST_F(HeldMap, ClosedEndsWhatIsInFlightAndInLine) {
  unit::begun first(l, read(f, buffer));
  unit::begun second(l, read_all(f, other));
  unit::settle(l);
  const auto close = [](file& it) -> task<result<void>> {
    file same(adopt, it.in(), it.id());
    const auto blocking = sync(same.close());  // this loop would have to turn
    EXPECT_TRUE(!blocking && blocking.error() == errc::would_deadlock);
    EXPECT_EQ(same.detach(), it.id()) << "the handle is what it was";
    const auto closed = co_await it.close();
    co_return closed;
  };
  unit::begun closing(l, close(f));
  EXPECT_TRUE(closing.finish(l).has_value());
  EXPECT_TRUE(first.finish(l).error() == errc::canceled);
  EXPECT_TRUE(second.finish(l).first_error == errc::canceled);
  EXPECT_EQ(members.files[0].closes, 1u);
  EXPECT_EQ(members.files[1].closes, 1u);
}

TEST_F(HeldMap, SyncsEveryFileAndTellsOfTheOneThatFailed) {
  EXPECT_TRUE(sync(f.sync()).has_value());
  members.files[0].bad_from = 0;
  EXPECT_TRUE(sync(f.sync()).error() == errc::io);
  EXPECT_EQ(members.files[0].syncs, 2u);
  EXPECT_EQ(members.files[1].syncs, 2u);
}

TEST_F(HeldMap, RefusesWhatIsNoMap) {
  const auto refused = [this](std::vector<map_extent> extents, std::uint64_t size) {
    std::vector<backing> files;
    files.emplace_back(members.handle(0));
    const auto made = maps.make(std::move(files), std::move(extents), size);
    return !made && made.error() == errc::invalid;
  };
  EXPECT_TRUE(refused({{0, 10, 1, 0}}, 10));                // no such file
  EXPECT_TRUE(refused({{0, 0, 0, 0}}, 10));                 // empty
  EXPECT_TRUE(refused({{5, 6, 0, 0}}, 10));                 // behind the end
  EXPECT_TRUE(refused({{0, 5, 0, 0}, {4, 2, 0, 9}}, 10));   // on each other
  EXPECT_TRUE(refused({{6, 2, 0, 0}, {0, 2, 0, 9}}, 10));   // not in order
  EXPECT_TRUE(refused({{0, 2, 0, INT64_MAX}}, 10));         // offsets that are none
  EXPECT_FALSE(refused({{0, 5, 0, 0}, {5, 5, 0, 5}}, 10));
}

TEST_F(HeldMap, ReachesBeyondFourGib) {
  constexpr std::uint64_t far = std::uint64_t{6} << 30;
  members.swift = true;
  std::vector<backing> files;
  files.emplace_back(members.handle(0));
  file big = maps.make(std::move(files), {{far, 50, 0, 50}}, far + 100).value();
  bytes into(100, std::byte{1});
  const auto around = sync(big.read_exact_at(into, far - 20));
  EXPECT_TRUE(around.whole());
  EXPECT_EQ(into[19], std::byte{0});
  EXPECT_EQ(into[20], std::byte{7});
  EXPECT_EQ(into[69], std::byte{7});
  EXPECT_EQ(into[70], std::byte{0});
  EXPECT_TRUE(sync(big.read_at(into, UINT64_MAX)).error() == errc::invalid);
  EXPECT_TRUE(sync(big.truncate(1)).error() == errc::not_supported);
  EXPECT_TRUE(sync(big.close()).has_value());
}

}  // namespace
