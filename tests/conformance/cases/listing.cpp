#include <algorithm>
#include <map>
#include <set>

#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

task<bool> make_empty_files(const dir& in, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string name = "entry-" + std::to_string(i);
    const auto f = co_await in.open(name, create_new);
    if (!f) co_return false;
  }
  co_return true;
}

SLUICE_CASE(listing_tells_names_and_types, open, mkdir, stat, entries) {
  const auto f = co_await make_file(p.root, "file", as_bytes("x"));
  const auto made = co_await p.root.mkdir("folder");
  REQUIRE_GOOD(f);
  CHECK_GOOD(made);
  bytes buffer(4096);
  std::map<std::string, file_type> found;
  std::map<std::string, std::uint64_t> inodes;
  auto opened = co_await p.root.open_dir(".");
  REQUIRE_GOOD(opened);
  auto cursor = opened->entries();
  const auto batch = co_await cursor.next(buffer);
  REQUIRE_GOOD(batch);
  for (const dir_entry e : *batch) {
    found[e.name().c_str()] = e.type();
    inodes[e.name().c_str()] = e.inode();
  }
  CHECK_SAME(found.size(), 4u);
  CHECK_THAT(found.contains(".") && found.contains(".."));
  const auto known = [&](const char* name, file_type t) {
    return found.contains(name) && (found[name] == t || found[name] == file_type::unknown);
  };
  CHECK_THAT(known("file", file_type::regular));
  CHECK_THAT(known("folder", file_type::directory));
  const auto s = co_await p.root.stat("file");
  REQUIRE_GOOD(s);
  CHECK_SAME(inodes["file"], s->inode);
  const auto end = co_await cursor.next(buffer);
  REQUIRE_GOOD(end);
  CHECK_THAT(end->empty());
  const auto still = co_await cursor.next(buffer);
  REQUIRE_GOOD(still);
  CHECK_THAT(still->empty());
}

SLUICE_CASE(listing_many_entries, open, entries) {
  const auto made = co_await make_empty_files(p.root, 2500);
  REQUIRE_THAT(made);
  const auto small = co_await names_in(p.root, ".", 512);
  REQUIRE_GOOD(small);
  CHECK_SAME(small->size(), 2500u);
  CHECK_THAT(std::ranges::adjacent_find(*small) == small->end());
  const auto large = co_await names_in(p.root, ".", 64 * 1024);
  REQUIRE_GOOD(large);
  CHECK_THAT(*small == *large);
}

SLUICE_CASE(a_second_cursor_is_told_to_wait, open, entries) {
  const auto made = co_await make_empty_files(p.root, 50);
  REQUIRE_THAT(made);
  auto opened = co_await p.root.open_dir(".");
  REQUIRE_GOOD(opened);
  bytes buffer(512);
  bytes other(512);
  std::set<std::string> seen;
  {
    auto cursor = opened->entries();
    const auto first = co_await cursor.next(buffer);
    REQUIRE_GOOD(first);
    CHECK_THAT(!first->empty());
    auto second = opened->entries();
    const auto refused = co_await second.next(other);
    CHECK_FAILS(refused, busy);
    for (const dir_entry e : *first) seen.emplace(e.name().c_str());
    for (;;) {
      const auto batch = co_await cursor.next(buffer).within(60'000'000'000);
      REQUIRE_GOOD(batch);
      if (batch->empty()) break;
      for (const dir_entry e : *batch) seen.emplace(e.name().c_str());
    }
  }
  CHECK_SAME(seen.size(), 52u);
  // The next one begins at the start again.
  auto anew = opened->entries();
  const auto from_start = co_await anew.next(buffer);
  REQUIRE_GOOD(from_start);
  CHECK_THAT(!from_start->empty());
}

SLUICE_CASE(rewinding_sees_what_is_new, open, entries) {
  auto opened = co_await p.root.open_dir(".");
  REQUIRE_GOOD(opened);
  bytes buffer(4096);
  {
    auto cursor = opened->entries();
    const auto all = co_await cursor.next(buffer);
    REQUIRE_GOOD(all);
    CHECK_SAME(std::distance(all->begin(), all->end()), 2);
  }
  const auto f = co_await make_file(p.root, "new", as_bytes("x"));
  REQUIRE_GOOD(f);
  auto again = opened->entries();
  const auto all = co_await again.next(buffer);
  REQUIRE_GOOD(all);
  CHECK_SAME(std::distance(all->begin(), all->end()), 3);
}

SLUICE_CASE(entries_that_stay_are_seen_once, open, entries, unlink) {
  const auto made = co_await make_empty_files(p.root, 400);
  REQUIRE_THAT(made);
  auto opened = co_await p.root.open_dir(".");
  REQUIRE_GOOD(opened);
  bytes buffer(512);
  std::map<std::string, int> seen;
  auto cursor = opened->entries();
  for (int round = 0;; ++round) {
    const auto batch = co_await cursor.next(buffer);
    REQUIRE_GOOD(batch);
    if (batch->empty()) break;
    for (const dir_entry e : *batch) ++seen[e.name().c_str()];
    // Odd ones go, others come; the even ones stay.
    const std::string leaves = "entry-" + std::to_string(2 * round + 1);
    const std::string comes = "later-" + std::to_string(round);
    if (round >= 20) continue;  // a listing that sees what comes would never end
    const auto gone = co_await p.root.unlink(leaves);
    const auto came = co_await p.root.open(comes, create_new);
    static_cast<void>(gone);
    CHECK_GOOD(came);
  }
  int once = 0;
  for (int i = 0; i < 400; i += 2) once += seen["entry-" + std::to_string(i)] == 1 ? 1 : 0;
  CHECK_SAME(once, 200);
  for (const auto& [name, times] : seen) CHECK_THAT(times <= 1);
}

SLUICE_CASE(listing_needs_room_and_a_directory, open, entries) {
  const auto f = co_await make_file(p.root, "f", as_bytes("x"));
  REQUIRE_GOOD(f);
  auto opened = co_await p.root.open_dir(".");
  REQUIRE_GOOD(opened);
  bytes tiny(8);
  auto cursor = opened->entries();
  const auto refused = co_await cursor.next(tiny);
  CHECK_FAILS(refused, invalid);
  auto no_dir = co_await p.root.open("f", open_mode::read);
  REQUIRE_GOOD(no_dir);
  space& of = no_dir->in();  // before detach, whatever the order of arguments
  dir mistaken(adopt, of, no_dir->detach());
  bytes buffer(4096);
  auto of_file = mistaken.entries();
  const auto not_one = co_await of_file.next(buffer);
  CHECK_FAILS(not_one, not_directory);
}

}  // namespace
}  // namespace sluice::conformance
