// The copy engine in simulated machines: on several loops that take turns, among faults, and with
// crashes at any point.
#include <algorithm>
#include <map>

#include "sim/support.hpp"
#include "sluice/fs/copy.hpp"

namespace sluice::sim_tests {
namespace {

using tree = std::map<std::string, bytes>;

tree some_tree(sim::random& rng) {
  tree t;
  const std::string folders[] = {"", "a/", "a/b/", "c/"};
  for (std::uint64_t n = rng.between(1, 12); n > 0; --n) {
    bytes content(rng.chance(200) ? 0 : rng.between(1, 6000));
    for (std::byte& one : content) one = static_cast<std::byte>(rng.between(1, 255));
    t[folders[rng.below(4)] + std::to_string(n)] = std::move(content);
  }
  return t;
}

/// Without a loop: at once, and all of it safe from crashes.
void plant(const dir& root, const tree& t) {
  for (const char* folder : {"source", "source/a", "source/a/b", "source/c"}) {
    EXPECT_TRUE(sync(root.mkdir(folder)));
  }
  for (const auto& [path, content] : t) {
    auto f = sync(root.open("source/" + path, create, 0644));
    ASSERT_TRUE(f.has_value());
    EXPECT_TRUE(sync(f->write_all_at(content, 0)).whole());
    EXPECT_TRUE(sync(f->sync()));
  }
  for (const char* folder : {"source/a", "source/a/b", "source/c"}) {
    auto d = sync(root.open_dir(folder));
    EXPECT_TRUE(d && sync(d->sync()));
  }
}

/// Empty: it is not there.
std::optional<bytes> content_of(const dir& root, const std::string& path) {
  auto f = sync(root.open(path, open_mode::read));
  if (!f) return std::nullopt;
  bytes all;
  EXPECT_TRUE(sync(f->read_to_end(all)).end);
  return all;
}

class listener final : public copy_listener {
 public:
  void failed(const copy_problem& p) override { problems.push_back(p); }
  void copying(const std::string&, const std::string&, const std::string&) override {}
  void removed(const std::string&) override {}
  std::vector<copy_problem> problems;
};

/// The first thing that went wrong.
std::string first_of(const listener& heard) {
  if (heard.problems.empty()) return {};
  const copy_problem& p = heard.problems.front();
  return ": step " + std::to_string(static_cast<int>(p.step)) + ", " + p.source + " to " + p.target + ": " +
         describe(p.why);
}

bool copy_in(sim::world& w, listener& heard, copy_options o = copy_options(),
             const std::string& single = {}) {
  const dir root = w.root();
  crew c(w.crew(3));
  o.recursive = true;
  o.follow = follow_links::never;
  std::vector<copy_operand> operands{{"source", "target"}};
  if (!single.empty()) operands.push_back({single, "single"});
  return copy_trees(c, root, root, operands, o, 8, heard);
}

void check_source(const dir& root, const tree& t, findings& found) {
  for (const auto& [path, content] : t) {
    const auto is = content_of(root, "source/" + path);
    found.check(is.has_value() && *is == content, "the source's " + path + " is intact");
  }
}

void check_equal(const dir& root, const tree& t, findings& found) {
  for (const auto& [path, content] : t) {
    const auto is = content_of(root, "target/" + path);
    found.check(is.has_value() && *is == content, "the target's " + path + " is complete");
  }
}

bool told_of(const listener& heard, const std::string& path) {
  return std::ranges::any_of(heard.problems, [&](const copy_problem& p) {
    const std::string whole = "target/" + path;
    return whole == p.target || p.target.empty() || whole.starts_with(p.target + "/");
  });
}

TEST(Copy, TellsOfEveryFaultOrIsComplete) {
  unsigned complete = 0;
  unsigned broken = 0;
  each_world(1'500, [&](std::uint64_t seed, findings& found) {
    sim::random rng(seed);
    const tree t = some_tree(rng);
    sim::world_options o = options_for(seed, found);
    o.faults.io /= 8;
    o.faults.no_space /= 8;
    o.faults.too_many_files /= 8;
    sim::world w(o);
    plant(w.root(), t);
    listener heard;
    const bool good = copy_in(w, heard);
    ++(good ? complete : broken);
    found.check(good == heard.problems.empty(), "success is silent, failure is not");
    w.set_faults({});
    const dir root = w.root();
    check_source(root, t, found);
    if (good) check_equal(root, t, found);
    for (const auto& [path, content] : t) {
      const auto is = content_of(root, "target/" + path);
      const bool whole = is.has_value() && *is == content;
      found.check(whole || told_of(heard, path), path + " is not complete, and nobody was told");
    }
    found.check(w.count().begun == w.count().ended, "every operation ends once");
  });
  if (sim::wanted_seed()) return;
  EXPECT_GT(complete, 100u);
  EXPECT_GT(broken, 100u);
}

/// What is there may lack pieces, but has none that is not the source's.
void check_torn(const dir& root, const std::string& path, const bytes& content, findings& found) {
  const auto is = content_of(root, "target/" + path);
  if (!is) return;
  found.check(is->size() <= content.size(), path + " is longer than its source");
  for (std::size_t at = 0; at < std::min(is->size(), content.size()); at += 512) {
    const std::size_t n = std::min<std::size_t>(512, is->size() - at);
    const std::span<const std::byte> piece(is->data() + at, n);
    const bool copied = std::equal(piece.begin(), piece.end(), content.data() + at);
    const bool zeros = std::ranges::all_of(piece, [](std::byte b) { return b == std::byte{0}; });
    found.check(copied || zeros, path + " has a piece that is neither old nor new");
  }
}

TEST(Copy, LeavesNothingFalseWhenTheMachineFails) {
  unsigned crashed = 0;
  each_world(1'500, [&](std::uint64_t seed, findings& found) {
    sim::random rng(seed);
    const tree t = some_tree(rng);
    sim::world_options o = options_for(seed, found);
    o.faults.io = o.faults.no_space = o.faults.too_many_files = 0;
    sim::world w(o);
    plant(w.root(), t);
    listener heard;
    w.crash_after(rng.between(1, 150));
    const bool good = copy_in(w, heard);
    found.check(good || w.crashed(), "without a crash nothing fails");
    crashed += w.crashed() ? 1 : 0;
    w.crash();
    w.recover();
    {
      const dir root = w.root();
      check_source(root, t, found);
      for (const auto& [path, content] : t) check_torn(root, path, content, found);
    }
    listener again;
    const bool repaired = copy_in(w, again);
    found.check(repaired, "a second copy succeeds");
    const dir root = w.root();
    check_equal(root, t, found);
  });
  if (sim::wanted_seed()) return;
  EXPECT_GT(crashed, 200u);
}

/// Some of the names in the target mean something already.
tree plant_old(const dir& root, const tree& t, sim::random& rng) {
  tree old;
  for (const char* folder : {"target", "target/a", "target/a/b", "target/c"}) {
    EXPECT_TRUE(sync(root.mkdir(folder)));
  }
  for (const auto& [path, content] : t) {
    if (rng.chance(500)) continue;
    bytes b(rng.between(0, 3000));
    for (std::byte& one : b) one = static_cast<std::byte>(rng.between(1, 255));
    auto f = sync(root.open("target/" + path, create, 0640));
    EXPECT_TRUE(f && sync(f->write_all_at(b, 0)).whole());
    EXPECT_TRUE(sync(f->sync()));
    old[path] = std::move(b);
  }
  for (const char* folder : {"target/a/b", "target/c", "target/a", "target", ""}) {
    auto d = sync(root.open_dir(folder[0] == '\0' ? "." : folder));
    EXPECT_TRUE(d && sync(d->sync()));
  }
  return old;
}

copy_options safe(std::uint64_t unique, const char* boot) {
  copy_options o;
  o.follow = follow_links::never;
  o.atomic = true;
  o.durable = true;
  o.resume = unique % 2 == 0;
  o.journal = "journal";
  o.journal_base = "target";
  o.boot = boot;
  o.unique = unique;
  return o;
}

/// Under each name: nothing, where there was nothing, or what was there before, or all that is new.
void check_each_is_whole(const dir& root, const tree& t, const tree& old, findings& found) {
  for (const auto& [path, content] : t) {
    const auto is = content_of(root, "target/" + path);
    const auto before = old.find(path);
    if (!is) {
      found.check(before == old.end(), path + " was there and is gone");
      continue;
    }
    const bool is_old = before != old.end() && *is == before->second;
    found.check(is_old || *is == content, path + " is neither old nor new");
  }
}

std::vector<std::string> names_in(const dir& root, const std::string& path) {
  std::vector<std::string> names;
  auto d = sync(root.open_dir(path));
  if (!d) return names;
  bytes records(64 * 1024);
  dir_cursor cursor = d->entries();
  for (;;) {
    auto batch = sync(cursor.next(records));
    if (!batch || batch->empty()) return names;
    for (dir_entry e : *batch) names.emplace_back(e.name().c_str());
  }
}

void check_nothing_else(const dir& root, findings& found) {
  for (const char* folder : {".", "target", "target/a", "target/a/b", "target/c"}) {
    for (const std::string& name : names_in(root, folder)) {
      found.check(!name.starts_with(".sluice-"), name + " was left behind in " + folder);
      found.check(name != "journal", "the journal was left behind");
    }
  }
}

TEST(Copy, ShowsNothingHalfWhenTheMachineFailsAtAnyPoint) {
  unsigned crashed = 0;
  unsigned kept = 0;
  each_world(1'500, [&](std::uint64_t seed, findings& found) {
    sim::random rng(seed);
    const tree t = some_tree(rng);
    sim::world_options o = options_for(seed, found);
    o.faults.io = o.faults.no_space = o.faults.too_many_files = 0;
    sim::world w(o);
    plant(w.root(), t);
    const tree old = rng.chance(500) ? plant_old(w.root(), t, rng) : tree();
    listener heard;
    w.crash_after(rng.between(1, 400));
    const std::string single = "source/" + t.begin()->first;
    const bool good = copy_in(w, heard, safe(seed, "first"), single);
    found.check(good || w.crashed(), "without a crash nothing fails");
    const bool in_time = w.crashed();
    crashed += in_time ? 1 : 0;
    w.crash();
    w.recover();
    {
      const dir root = w.root();
      check_source(root, t, found);
      check_each_is_whole(root, t, old, found);
      if (good && !in_time) check_equal(root, t, found);
      const auto alone = content_of(root, "single");
      found.check(alone ? *alone == t.begin()->second : !good || in_time, "a single file is whole");
      kept += good && !in_time ? 1 : 0;
    }
    listener again;
    const bool repaired = copy_in(w, again, safe(seed, "second"));
    found.check(repaired, "a second copy succeeds" + first_of(again));
    const dir root = w.root();
    check_equal(root, t, found);
    if (repaired && seed % 2 == 0) found.check(!content_of(root, "journal"), "the journal is gone");
  });
  if (sim::wanted_seed()) return;
  EXPECT_GT(crashed, 200u);
  EXPECT_GT(kept, 100u);
}

TEST(Copy, GoesOnAfterFaultsUntilAllIsDone) {
  unsigned broken = 0;
  each_world(400, [&](std::uint64_t seed, findings& found) {
    sim::random rng(seed);
    const tree t = some_tree(rng);
    sim::world_options o = options_for(seed, found);
    o.faults.io /= 8;
    o.faults.no_space /= 8;
    o.faults.too_many_files /= 8;
    sim::world w(o);
    plant(w.root(), t);
    copy_options how = safe(seed & ~std::uint64_t{1}, "same");
    how.durable = seed % 3 == 0;
    how.verify = seed % 5 == 0;
    listener heard;
    const bool good = copy_in(w, heard, how);
    broken += good ? 0 : 1;
    w.set_faults({});
    check_each_is_whole(w.root(), t, tree(), found);
    for (int run = 1; run < 3; ++run) {
      listener again;
      how.unique += 1'000'000;
      const bool went_on = copy_in(w, again, how);
      found.check(went_on, "without faults it goes on to the end" + first_of(again));
    }
    const dir root = w.root();
    check_source(root, t, found);
    check_equal(root, t, found);
    check_nothing_else(root, found);
    found.check(w.count().begun == w.count().ended, "every operation ends once");
  });
  if (sim::wanted_seed()) return;
  EXPECT_GT(broken, 50u);
}

}  // namespace
}  // namespace sluice::sim_tests
