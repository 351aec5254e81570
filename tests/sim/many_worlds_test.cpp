// Small worlds in great number: tasks on several loops do what comes to their mind with files, among
// faults, requests to stop and deadlines, and everything has to be as a plain model says.
#include <algorithm>

#include "sim/support.hpp"

namespace sluice::sim_tests {
namespace {

/// One task's file, and what has to be in it.
struct owner {
  owner(std::uint64_t seed, std::string n, findings& f) : rng(seed), name(std::move(n)), found(f) {}

  sim::random rng;
  std::string name;
  findings& found;
  file f;
  bytes content;

  bool check(bool good, const std::string& what) { return found.check(good, name + ": " + what); }
  /// What an operation may fail with here, and then it has not happened.
  bool check_error(const error& e, const char* verb) {
    const bool known = e == errc::io || e == errc::no_space || e == errc::too_many_files ||
                       e == errc::canceled || e == errc::timed_out;
    return check(known, std::string(verb) + ": " + describe(e));
  }
};

task<void> open_it(owner& o) {
  auto opened = co_await system().current_dir().open(o.name, create, 0600);
  if (!opened) {
    o.check_error(opened.error(), "open");
  } else {
    o.f = std::move(*opened);
  }
}

task<void> close_it(owner& o) {
  const auto closed = co_await o.f.close();
  if (!closed) o.check(closed.error() == errc::io, "close: " + describe(closed.error()));
  o.check(!o.f, "a handle is empty after its close");
}

bytes some_bytes(sim::random& rng, std::size_t most) {
  bytes b(rng.between(1, most));
  for (std::byte& one : b) one = static_cast<std::byte>(rng.next());
  return b;
}

void put(bytes& content, std::span<const std::byte> what, std::uint64_t at) {
  if (content.size() < at + what.size()) content.resize(at + what.size());
  std::ranges::copy(what, content.begin() + static_cast<std::ptrdiff_t>(at));
}

task<void> write_some(owner& o) {
  const bytes b = some_bytes(o.rng, 2000);
  const std::uint64_t at = o.rng.below(3000);
  const time_point_ns limit = o.rng.chance(200) ? 20'000 : 3'600'000'000'000;
  const auto n = co_await o.f.write_at(b, at).within(limit);
  if (!n) {
    o.check_error(n.error(), "write");
  } else if (o.check(*n > 0 && *n <= b.size(), "a write tells how much")) {
    put(o.content, std::span(b).first(*n), at);
  }
}

task<void> write_slices(owner& o) {
  bytes a = some_bytes(o.rng, 600);
  bytes b = some_bytes(o.rng, 600);
  const std::uint64_t at = o.rng.below(3000);
  const io_slice both[] = {{a.data(), a.size()}, {b.data(), b.size()}};
  const auto n = co_await o.f.write_at(std::span(both), at);
  if (!n) {
    o.check_error(n.error(), "writev");
    co_return;
  }
  a.insert(a.end(), b.begin(), b.end());
  if (o.check(*n > 0 && *n <= a.size(), "a write tells how much")) {
    put(o.content, std::span(a).first(*n), at);
  }
}

task<void> read_some(owner& o) {
  bytes b(o.rng.between(1, 4000), std::byte{0xee});
  const std::uint64_t at = o.rng.below(5000);
  const time_point_ns limit = o.rng.chance(200) ? 20'000 : 3'600'000'000'000;
  const auto n = co_await o.f.read_at(b, at).within(limit);
  if (!n) {
    o.check_error(n.error(), "read");
    co_return;
  }
  const std::size_t there = o.content.size() > at ? o.content.size() - at : 0;
  if (!o.check(*n <= std::min(there, b.size()) && (*n > 0 || there == 0), "how much is read")) {
    co_return;
  }
  const auto found = std::span(std::as_const(b)).first(*n);
  const auto expected = std::span(std::as_const(o.content)).last(there).first(*n);
  o.check(std::ranges::equal(found, expected), "what is read");
  const auto behind = std::span(std::as_const(b)).subspan(*n);
  o.check(std::ranges::all_of(behind, [](std::byte x) { return x == std::byte{0xee}; }),
          "what lies behind is left alone");
}

task<void> truncate_it(owner& o) {
  const std::uint64_t size = o.rng.below(4000);
  const auto done = co_await o.f.truncate(size);
  if (done) {
    o.content.resize(size);
  } else {
    o.check_error(done.error(), "truncate");
  }
}

task<void> look_at_it(owner& o) {
  const auto s = co_await o.f.stat();
  if (!s) {
    o.check_error(s.error(), "stat");
  } else {
    o.check(s->size == o.content.size(), "its size");
  }
}

task<void> sync_it(owner& o) {
  const auto synced = co_await o.f.sync();
  if (!synced) o.check_error(synced.error(), "sync");
}

task<void> unlink_it(owner& o) {
  if (o.f) co_await close_it(o);
  const auto gone = co_await system().current_dir().unlink(o.name);
  if (gone) {
    o.content.clear();
  } else if (gone.error() != errc::not_found) {
    o.check_error(gone.error(), "unlink");
  } else {
    o.check(o.content.empty(), "not found");
  }
}

task<void> one_thing(owner& o) {
  switch (o.rng.below(10)) {
    case 0: return look_at_it(o);
    case 1: return truncate_it(o);
    case 2: return sync_it(o);
    case 3: return write_slices(o);
    case 4: return close_it(o);
    case 5: return unlink_it(o);
    case 6: case 7: return write_some(o);
    default: return read_some(o);
  }
}

/// Something, and in the midst of it a request to stop.
task<void> one_thing_stopped(owner& o) {
  auto here = co_await this_task();
  scope doing(here);
  doing.spawn(o.f ? one_thing(o) : open_it(o));
  const auto waited = co_await system().sleep(static_cast<time_point_ns>(o.rng.below(100'000)));
  static_cast<void>(waited);
  doing.stop();
  co_await doing.join();
}

task<void> live(owner& o) {
  const std::uint64_t things = o.rng.between(3, 12);
  for (std::uint64_t i = 0; i < things && o.found.first().empty(); ++i) {
    auto doing = o.rng.chance(300) ? one_thing_stopped(o) : o.f ? one_thing(o) : open_it(o);
    co_await std::move(doing);
  }
  if (o.f) co_await close_it(o);
}

void check_files(sim::world& w, const std::vector<std::unique_ptr<owner>>& owners) {
  w.set_faults({});
  const dir root = w.root();
  for (const auto& o : owners) {
    bytes all;
    auto opened = sync(root.open(o->name, open_mode::read));
    if (!opened) {
      o->check(opened.error() == errc::not_found && o->content.empty(), "is gone at the end");
      continue;
    }
    const auto read = sync(opened->read_to_end(all));
    o->check(read.end && all == o->content, "its content at the end");
  }
}

struct outcome {
  std::uint64_t trace;
  sim::world::counts counts;
};

outcome live_in(std::uint64_t seed, findings& found) {
  sim::world w(options_for(seed, found));
  sim::random rng(seed);
  std::vector<std::unique_ptr<owner>> owners;
  for (std::uint64_t l = rng.between(1, 3); l > 0; --l) {
    loop& on = w.make_loop();
    for (std::uint64_t t = rng.between(1, 3); t > 0; --t) {
      const std::string name = "file " + std::to_string(owners.size());
      owners.push_back(std::make_unique<owner>(rng.next(), name, found));
      w.start(on, live(*owners.back()));
    }
  }
  w.run_all();
  check_files(w, owners);
  const sim::world::counts c = w.count();
  found.check(c.begun == c.ended, "every operation ends once");
  while (w.step()) {
  }
  found.check(w.count().open_handles == 0, "handles are left open");
  return {w.trace(), c};
}

TEST(ManyWorlds, AreAsTheModelSays) {
  sim::world::counts all;
  each_world(10'000, [&](std::uint64_t seed, findings& found) {
    const sim::world::counts c = live_in(seed, found).counts;
    all.ended += c.ended;
    all.faults += c.faults;
    all.stops_asked += c.stops_asked;
    all.stopped += c.stopped;
    all.turns += c.turns;
  });
  if (sim::wanted_seed()) return;
  // It is no proof unless all this happened.
  EXPECT_GT(all.ended, 100'000u);
  EXPECT_GT(all.faults, 10'000u);
  EXPECT_GT(all.stopped, 1'000u);
  EXPECT_GT(all.stops_asked, all.stopped + 1'000) << "some ended with a result all the same";
}

TEST(ManyWorlds, AreTheSameFromTheSameSeed) {
  each_world(200, [](std::uint64_t seed, findings& found) {
    const outcome one = live_in(seed, found);
    const outcome two = live_in(seed, found);
    found.check(one.trace == two.trace, "the same seed gave two different worlds");
    found.check(one.trace != live_in(seed + 1'000'000, found).trace, "another seed, the same world");
  });
}

}  // namespace
}  // namespace sluice::sim_tests
