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

bool copy_in(sim::world& w, listener& heard) {
  const dir root = w.root();
  crew c(w.crew(3));
  copy_options o;
  o.recursive = true;
  o.follow = follow_links::never;
  const std::vector<copy_operand> operands{{"source", "target"}};
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

}  // namespace
}  // namespace sluice::sim_tests
