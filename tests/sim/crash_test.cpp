// What a crash leaves of files and names, and what it may not take.
#include <algorithm>

#include "sim/support.hpp"

namespace sluice::sim_tests {
namespace {

constexpr std::size_t sector = 512;

/// A file that is written to until the machine fails, and what may be left of it.
struct record {
  record(std::uint64_t seed, std::string p, findings& f) : rng(seed), path(std::move(p)), found(f) {}

  sim::random rng;
  std::string path;
  findings& found;
  file f;
  bool named = false;          // a sync made its name durable
  bytes synced, latest;        // contents
  bytes attempted;             // if what was in flight when the machine failed was carried out
};

void put(bytes& content, std::span<const std::byte> what, std::uint64_t at) {
  if (content.size() < at + what.size()) content.resize(at + what.size());
  std::ranges::copy(what, content.begin() + static_cast<std::ptrdiff_t>(at));
}

task<bool> write_once(record& r) {
  bytes b(r.rng.between(1, 3000));
  for (std::byte& one : b) one = static_cast<std::byte>(r.rng.next());
  const std::uint64_t at = r.rng.below(4000);
  r.attempted = r.latest;
  put(r.attempted, b, at);
  const auto n = co_await r.f.write_at(b, at);
  if (n) {
    put(r.latest, std::span(b).first(*n), at);
    r.attempted = r.latest;
  }
  co_return n.has_value();
}

task<bool> sync_once(record& r) {
  const auto done = co_await r.f.sync();
  if (done) {
    r.synced = r.latest;
    r.named = true;
  }
  co_return done.has_value();
}

/// Until the machine fails.
task<void> keep_writing(record& r) {
  auto opened = co_await system().current_dir().open(r.path, create, 0600);
  if (!opened) co_return;
  r.f = std::move(*opened);
  for (bool good = true; good;) {
    auto doing = r.rng.chance(150) ? sync_once(r) : write_once(r);
    good = co_await std::move(doing);
  }
  const auto closed = co_await r.f.close();
  static_cast<void>(closed);
}

bytes sector_of(const bytes& content, std::size_t at) {
  bytes s(sector);
  if (at < content.size()) {
    std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(at), std::min(sector, content.size() - at),
                s.begin());
  }
  return s;
}

void check_record(const dir& root, const record& r) {
  auto opened = sync(root.open(r.path, open_mode::read));
  if (!opened) {
    r.found.check(!r.named, r.path + " was synced and is gone");
    return;
  }
  bytes now;
  r.found.check(sync(opened->read_to_end(now)).end, r.path + " can be read");
  const auto [low, high] = std::minmax({r.synced.size(), r.latest.size(), r.attempted.size()});
  r.found.check(now.size() >= low && now.size() <= high, r.path + " has a size that it never had");
  for (std::size_t at = 0; at < now.size(); at += sector) {
    const auto cut = [&](const bytes& from) {
      bytes s = sector_of(from, at);
      if (now.size() - at < sector) s.resize(now.size() - at);
      return s;
    };
    const bytes is = cut(now);
    r.found.check(is == cut(r.synced) || is == cut(r.latest) || is == cut(r.attempted),
                  r.path + " has bytes at " + std::to_string(at) + " that were never there together");
  }
}

task<void> make_folders() {
  const dir here = system().current_dir();
  const auto one = co_await here.mkdir("one");
  const auto two = co_await here.mkdir("one/two");
  EXPECT_TRUE(one && two);
}

TEST(Crash, KeepsWhatWasSynced) {
  std::uint64_t torn = 0;
  std::uint64_t named = 0;
  each_world(3'000, [&](std::uint64_t seed, findings& found) {
    sim::world_options o = options_for(seed, found);
    o.faults.io = o.faults.no_space = o.faults.too_many_files = 0;
    sim::world w(o);
    w.run(make_folders());
    sim::random rng(seed);
    const std::string paths[] = {"a", "one/b", "one/two/c", "one/two/d"};
    std::vector<std::unique_ptr<record>> records;
    for (const std::string& p : paths) {
      records.push_back(std::make_unique<record>(rng.next(), p, found));
      w.start(w.make_loop(), keep_writing(*records.back()));
    }
    w.crash_after(rng.between(1, 60));
    w.run_all();
    found.check(w.crashed(), "it runs until the crash");
    w.recover();
    const dir root = w.root();
    for (const auto& r : records) {
      check_record(root, *r);
      named += r->named ? 1 : 0;
      torn += r->named && r->synced != r->latest ? 1 : 0;
    }
  });
  if (sim::wanted_seed()) return;
  EXPECT_GT(named, 1'000u);
  EXPECT_GT(torn, 300u);
}

task<void> fill(std::string_view text, bool synced, file& f) {
  auto opened = co_await system().current_dir().open("f", create, 0600);
  f = std::move(*opened);
  const auto put = co_await f.write_all_at(bytes_of(text), 0);
  EXPECT_TRUE(put.whole());
  if (!synced) co_return;
  const auto done = co_await f.sync();
  EXPECT_TRUE(done.has_value());
}

TEST(Crash, TakesWhatWasNotSynced) {
  unsigned gone = 0;
  unsigned empty = 0;
  unsigned there = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    sim::world w({.seed = seed});
    file f;
    w.run(fill("not for certain", false, f));
    w.crash();
    EXPECT_EQ(sync(f.stat()).error(), errc::io) << "the machine is down";
    w.recover();
    EXPECT_EQ(sync(f.stat()).error(), errc::bad_handle) << "from before";
    auto opened = sync(w.root().open("f", open_mode::read));
    if (!opened) {
      ++gone;
      continue;
    }
    bytes all;
    EXPECT_TRUE(sync(opened->read_to_end(all)).end);
    const bool zeros = std::ranges::all_of(all, [](std::byte b) { return b == std::byte{0}; });
    ++(zeros ? empty : there);
    EXPECT_TRUE(zeros || text_of(all) == "not for certain");
  }
  EXPECT_GT(gone, 50u);
  EXPECT_GT(empty, 20u);
  EXPECT_GT(there, 10u);
}

TEST(Crash, ASecondOneChangesNothing) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    sim::world w({.seed = seed});
    file f;
    w.run(fill("for certain", true, f));
    for (int i = 0; i < 3; ++i) {
      w.crash();
      w.recover();
    }
    bytes all;
    auto opened = sync(w.root().open("f", open_mode::read));
    ASSERT_TRUE(opened.has_value());
    EXPECT_TRUE(sync(opened->read_to_end(all)).end);
    EXPECT_EQ(text_of(all), "for certain");
  }
}

/// As programs replace a file: a new one is made durable, and takes the old one's name.
task<void> replace(bool sync_folder) {
  const dir here = system().current_dir();
  auto fresh = co_await here.open("fresh", create, 0600);
  const auto put = co_await fresh->write_all_at(bytes_of("new"), 0);
  EXPECT_TRUE(put.whole());
  const auto synced = co_await fresh->sync();
  EXPECT_TRUE(synced.has_value());
  const auto renamed = co_await here.rename("fresh", here, "f");
  EXPECT_TRUE(renamed.has_value());
  if (!sync_folder) co_return;
  const auto kept = co_await here.sync();
  EXPECT_TRUE(kept.has_value());
}

TEST(Crash, FindsTheOldOrTheNewUnderANameThatWasReplaced) {
  unsigned old = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    sim::world w({.seed = seed});
    file f;
    w.run(fill("old", true, f));
    w.run(replace(seed % 2 == 0));
    w.crash();
    w.recover();
    auto opened = sync(w.root().open("f", open_mode::read));
    ASSERT_TRUE(opened.has_value()) << "seed " << seed;
    bytes all;
    EXPECT_TRUE(sync(opened->read_to_end(all)).end);
    const bool is_old = text_of(all) == "old";
    EXPECT_TRUE(is_old || text_of(all) == "new") << text_of(all);
    EXPECT_TRUE(!is_old || seed % 2 == 1) << "the folder was synced";
    EXPECT_EQ(is_old, sync(w.root().stat("fresh")).has_value()) << "a rename is whole";
    old += is_old ? 1 : 0;
  }
  EXPECT_GT(old, 20u);
  EXPECT_LT(old, 80u);
}

task<void> move_folders(sim::random& rng, findings& found) {
  const dir here = system().current_dir();
  const std::string names[] = {"a", "b", "c", "a/a", "a/b", "b/c", "c/a", "a/b/c", "b/c/a"};
  for (int i = 0; i < 25; ++i) {
    const std::string& one = names[rng.below(9)];
    const std::string& two = names[rng.below(9)];
    if (rng.chance(300)) {
      const auto made = co_await here.mkdir(one);
      static_cast<void>(made);
    } else if (rng.chance(200)) {
      const auto gone = co_await here.rmdir(one);
      static_cast<void>(gone);
    } else if (rng.chance(100)) {
      const auto synced = co_await here.sync();
      found.check(synced.has_value(), "a sync of the root");
    } else {
      const auto moved = co_await here.rename(one, here, two);
      static_cast<void>(moved);
    }
  }
}

/// Directories that can be reached, the root included; more than there can be where they form a circle.
unsigned reachable(const dir& in, unsigned most) {
  unsigned n = 1;
  for (const char* name : {"a", "b", "c"}) {
    auto below = sync(in.open_dir(name));
    if (below && n < most) n += reachable(*below, most - n);
  }
  return n;
}

TEST(Crash, LeavesATreeOfFoldersATree) {
  unsigned folders = 0;
  each_world(500, [&](std::uint64_t seed, findings& found) {
    sim::world w({.seed = seed});
    sim::random rng(seed);
    w.run(move_folders(rng, found));
    w.crash();
    w.recover();
    const unsigned n = reachable(w.root(), 100);
    found.check(n < 100, "a folder lies under itself");
    folders += n;
  });
  EXPECT_GT(folders, sim::wanted_seed() ? 0u : 700u);
}

task<void> remove_and_sync_folder() {
  const dir here = system().current_dir();
  const auto gone = co_await here.unlink("f");
  EXPECT_TRUE(gone.has_value());
  const auto synced = co_await here.sync();
  EXPECT_TRUE(synced.has_value()) << describe(synced.error());
}

TEST(Crash, KeepsNamesOfASyncedFolderAway) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    sim::world w({.seed = seed});
    file f;
    w.run(fill("removed", true, f));
    w.run(remove_and_sync_folder());
    w.crash();
    w.recover();
    EXPECT_EQ(sync(w.root().open("f", open_mode::read)).error(), errc::not_found);
  }
}

}  // namespace
}  // namespace sluice::sim_tests
