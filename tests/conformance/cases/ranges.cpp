#include <algorithm>

#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

SLUICE_CASE(copy_range_copies, open, copy_range) {
  const bytes data = pattern(100'000);
  const auto from = co_await make_file(p.root, "from", data);
  const auto to = co_await p.root.open("to", create_new);
  REQUIRE_GOOD(from);
  REQUIRE_GOOD(to);
  for (std::uint64_t at = 5; at < data.size();) {
    const auto n = co_await from->copy_range(at, *to, at - 5, data.size());
    REQUIRE_GOOD(n);
    REQUIRE_THAT(*n > 0);
    at += *n;
  }
  const auto end = co_await from->copy_range(data.size(), *to, 0, 10);
  REQUIRE_GOOD(end);
  CHECK_SAME(*end, 0u);
  const auto copied = co_await content_of(*to);
  REQUIRE_GOOD(copied);
  CHECK_THAT(std::equal(copied->begin(), copied->end(), data.begin() + 5, data.end()));
}

SLUICE_CASE(clone_shares_or_is_refused, open, clone) {
  const bytes data = pattern(8192);
  const auto from = co_await make_file(p.root, "from", data);
  const auto to = co_await p.root.open("to", create_new);
  REQUIRE_GOOD(from);
  REQUIRE_GOOD(to);
  const auto cloned = co_await to->clone(*from);
  if (!cloned) {
    CHECK_FAILS(cloned, not_supported);  // by most file systems
    co_return;
  }
  const auto content = co_await content_of(*to);
  REQUIRE_GOOD(content);
  CHECK_THAT(*content == data);
}

SLUICE_CASE(data_and_holes_can_be_found, open, seek_extent, truncate) {
  const auto f = co_await p.root.open("f", create_new);
  REQUIRE_GOOD(f);
  const std::uint64_t mib = 1 << 20;
  const auto written = co_await f->write_all_at(pattern(4096), mib);
  CHECK_THAT(written.whole());
  const auto extended = co_await f->truncate(2 * mib);
  CHECK_GOOD(extended);
  const auto data = co_await f->seek_data(0);
  REQUIRE_GOOD(data);
  CHECK_THAT(*data <= mib);
  const auto hole = co_await f->seek_hole(mib);
  REQUIRE_GOOD(hole);
  CHECK_THAT(*hole > mib && *hole <= 2 * mib);
  const auto none = co_await f->seek_data(2 * mib);
  CHECK_FAILS(none, not_found);
}

SLUICE_CASE(allocation, open, allocate, stat) {
  const auto f = co_await p.root.open("f", create_new);
  REQUIRE_GOOD(f);
  const auto kept = co_await f->allocate(allocate_mode::keep_size, 0, 1 << 20);
  if (!kept && kept.error() == errc::not_supported) {
    CHECK_FAILS(kept, not_supported);
    const auto untouched = co_await f->stat();
    CHECK_GOOD(untouched);
    co_return;
  }
  CHECK_GOOD(kept);
  const auto s = co_await f->stat();
  REQUIRE_GOOD(s);
  CHECK_SAME(s->size, 0u);
  CHECK_THAT(s->allocated >= 1u << 20);
  const auto extended = co_await f->allocate(allocate_mode::extend, 0, 8192);
  CHECK_GOOD(extended);
  const auto written = co_await f->write_all_at(pattern(8192), 0);
  CHECK_THAT(written.whole());
  const auto punched = co_await f->allocate(allocate_mode::punch_hole, 0, 4096);
  CHECK_GOOD(punched);
  const auto content = co_await content_of(*f);
  REQUIRE_GOOD(content);
  REQUIRE_THAT(content->size() == 8192);
  CHECK_SAME(std::count(content->begin(), content->begin() + 4096, std::byte{0}), 4096);
}

SLUICE_CASE(advice_and_writeback_are_taken, open, advise, sync_range) {
  const auto f = co_await make_file(p.root, "f", pattern(20'000));
  REQUIRE_GOOD(f);
  for (const auto a : {access_advice::sequential, access_advice::random, access_advice::will_need,
                       access_advice::dont_need, access_advice::no_reuse, access_advice::normal}) {
    const auto taken = co_await f->advise(a);
    CHECK_GOOD(taken);
  }
  const auto all = range_sync::wait_before | range_sync::write | range_sync::wait_after;
  const auto synced = co_await f->sync_range(0, 10'000, all);
  CHECK_GOOD(synced);
}

SLUICE_CASE(what_was_just_written_is_cached, open, cached) {
  const auto f = co_await make_file(p.root, "f", pattern(20'000));
  REQUIRE_GOOD(f);
  const auto nothing = co_await f->cached(0, 0);
  CHECK_GOOD(nothing);
  CHECK_THAT(nothing && *nothing);
  for (const std::uint64_t begin : {0u, 19'999u, 20'000u, 1'000'000u}) {
    const auto there = co_await f->cached(begin, 1);
    if (!there) {
      CHECK_FAILS(there, not_supported);
      co_return;
    }
    CHECK_THAT(*there);
  }
  const auto beyond = co_await f->cached(10'000, 20'000);
  CHECK_GOOD(beyond);
  CHECK_THAT(beyond && *beyond);
  const auto directory = co_await p.root.open("./", open_mode::read);
  REQUIRE_GOOD(directory);
  const auto no_file = co_await directory->cached(0, 1);
  CHECK_THAT(!no_file);
}

SLUICE_CASE(locks_belong_to_the_open_file, open, lock) {
  const auto made = co_await make_file(p.root, "f", as_bytes("locked"));
  REQUIRE_GOOD(made);
  const auto a = co_await p.root.open("f", open_mode::read_write);
  const auto b = co_await p.root.open("f", open_mode::read_write);
  REQUIRE_GOOD(a);
  REQUIRE_GOOD(b);
  const auto mine = co_await a->lock(lock_kind::exclusive, false);
  CHECK_GOOD(mine);
  const auto refused = co_await b->lock(lock_kind::shared, false, 0, 1);
  CHECK_FAILS(refused, again);
  const auto opened = co_await a->lock(lock_kind::unlock, false);
  CHECK_GOOD(opened);
  const auto taken = co_await b->lock(lock_kind::shared, true);
  CHECK_GOOD(taken);
  const auto shared = co_await a->lock(lock_kind::shared, false);
  CHECK_GOOD(shared);
  const auto upgrade = co_await a->lock(lock_kind::exclusive, false);
  CHECK_FAILS(upgrade, again);
}

task<void> lock_and_note(const file& f, int& holders, bool& good) {
  const auto locked = co_await f.lock(lock_kind::exclusive, true);
  good = good && locked.has_value();
  ++holders;
}

SLUICE_LOOP_CASE(a_lock_is_waited_for, open, lock, sleep) {
  const auto made = co_await make_file(p.root, "f", as_bytes("locked"));
  REQUIRE_GOOD(made);
  const auto a = co_await p.root.open("f", open_mode::read_write);
  const auto b = co_await p.root.open("f", open_mode::read_write);
  REQUIRE_GOOD(a);
  REQUIRE_GOOD(b);
  const auto mine = co_await a->lock(lock_kind::exclusive, false);
  CHECK_GOOD(mine);
  auto here = co_await this_task();
  int holders = 0;
  bool good = true;
  scope waiting(here);
  waiting.spawn(lock_and_note(*b, holders, good));
  const auto slept = co_await system().sleep(5'000'000);
  CHECK_GOOD(slept);
  CHECK_SAME(holders, 0);
  const auto freed = co_await a->lock(lock_kind::unlock, false);
  CHECK_GOOD(freed);
  co_await waiting.join();
  CHECK_SAME(holders, 1);
  CHECK_THAT(good);
}

}  // namespace
}  // namespace sluice::conformance
