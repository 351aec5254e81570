// Clients and servers in many worlds: whatever is cut up, delayed, stopped, refused or reset, every byte
// that arrives is the one that was sent there, in order and once.
#include <algorithm>
#include <optional>

#include "sim/support.hpp"
#include "sluice/net/network.hpp"

namespace sluice::sim_tests {
namespace {

constexpr time_point_ns short_time = 20'000;
constexpr time_point_ns long_time = 3'600'000'000'000;

/// What one side is to say, and what has come of it.
struct speech {
  unsigned seed = 0;
  std::size_t size = 0;
  std::size_t sent = 0;
  std::size_t got = 0;
  bool ended = false;  // heard to its end

  std::byte at(std::size_t i) const noexcept {
    if (i == 0) return static_cast<std::byte>(seed);
    return static_cast<std::byte>((i * 2654435761u + seed * 40503u) >> 7);
  }
};

struct talk {
  speech up, down;
};

struct town {
  town(std::uint64_t seed, findings& f) : rng(seed), found(f) {}
  sim::random rng;
  findings& found;
  bool lossy = false;  // connections may be reset
  std::vector<talk> talks;
  std::optional<address> where;
  unsigned clients = 0;
  bool over = false;
  unsigned resets = 0;

  time_point_ns patience() { return rng.chance(150) ? short_time : long_time; }
  bool check(bool good, const char* what) { return found.check(good, what); }
  /// False: there is no going on.
  bool goes_on(const error& e) {
    if (e == errc::timed_out) return true;
    if (e == errc::connection_reset || e == errc::broken_pipe) {
      ++resets;
      check(lossy, "a connection broke that nobody broke");
      return false;
    }
    return check(false, ("an error that is none: " + describe(e)).c_str());
  }
  /// Notes that these came.
  void hear(speech& s, std::span<const std::byte> b) {
    check(s.got + b.size() <= s.size, "more came than was sent");
    for (const std::byte one : b) check(one == s.at(s.got++), "a byte came that is not its turn");
  }
};

bytes next_of(town& t, const speech& s) {
  bytes b(std::min<std::size_t>(s.size - s.sent, t.rng.between(1, 3000)));
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = s.at(s.sent + i);
  return b;
}

/// Sends a piece by one of the ways to do so. False: there is no going on.
task<bool> send_piece(town& t, const stream& to, speech& s) {
  bytes b = next_of(t, s);
  switch (t.rng.below(4)) {
    case 0: {
      auto lent = to.send_zero_copy(b);
      const auto n = co_await lent.next();
      s.sent += n.value_or(0);
      const bool good = n || t.goes_on(n.error());
      co_await lent.end();
      co_return good;
    }
    case 1: {
      const std::size_t half = b.size() / 2;
      const io_slice both[] = {{b.data(), half}, {b.data() + half, b.size() - half}};
      const auto n = co_await to.write_some(std::span(both)).within(t.patience());
      s.sent += n.value_or(0);
      co_return n || t.goes_on(n.error());
    }
    case 2: {
      const auto n = co_await to.write_some(b).within(t.patience());
      s.sent += n.value_or(0);
      co_return n || t.goes_on(n.error());
    }
    default: {
      const auto n = co_await to.write_all(b).within(t.patience());
      s.sent += n.done;
      t.check(n.whole() || n.first_error, "all, or an error");
      co_return !n.first_error || t.goes_on(n.first_error);
    }
  }
}

task<void> say(town& t, const stream& to, speech& s) {
  while (s.sent < s.size) {
    auto piece = send_piece(t, to, s);
    const bool good = co_await std::move(piece);
    if (!good) co_return;
  }
  const auto half = co_await to.shutdown(shutdown_side::writing);
  t.check(half.has_value(), "a half-close");
}

task<void> listen_by_reads(town& t, const stream& from, speech& s) {
  for (;;) {
    bytes a(t.rng.between(1, 2000));
    bytes b(t.rng.between(1, 2000));
    const io_slice both[] = {{a.data(), a.size()}, {b.data(), b.size()}};
    const auto n = co_await from.read_some(std::span(both)).within(t.patience());
    if (!n) {
      if (t.goes_on(n.error())) continue;
      co_return;
    }
    s.ended = *n == 0;
    if (s.ended) co_return;
    t.hear(s, std::span(std::as_const(a)).first(std::min(*n, a.size())));
    if (*n > a.size()) t.hear(s, std::span(std::as_const(b)).first(*n - a.size()));
  }
}

/// Some parts by one stream, then by the next; what each has got when it ends counts, too.
task<void> listen_by_parts(town& t, const stream& from, speech& s, buffer_pool& pool) {
  for (;;) {
    auto parts = from.receive(pool);
    const std::uint64_t most = t.rng.between(1, 12);
    for (std::uint64_t i = 0; i < most || parts.any(); ++i) {
      auto part = co_await parts.next();
      if (!part) {
        s.ended = part.error() == errc::end_of_file;
        if (!s.ended) t.goes_on(part.error());
        co_return;
      }
      t.hear(s, part->bytes());
      if (i + 1 == most) co_await parts.end();
    }
  }
}

task<void> hear_out(town& t, const stream& from, speech& s) {
  auto here = co_await this_task();
  if (t.rng.chance(500)) {
    auto reading = listen_by_reads(t, from, s);
    co_await std::move(reading);
    co_return;
  }
  const auto most = static_cast<unsigned>(t.rng.between(1, 4));
  const std::size_t size = t.rng.between(1, 1000);
  const bool shared = t.rng.chance(500);
  buffer_pool pool(*here.home, {.buffer_size = size, .first = 1, .most = most, .shared = shared});
  {
    auto taking = listen_by_parts(t, from, s, pool);
    co_await std::move(taking);
  }
  t.check(pool.count().in_use == 0, "buffers of a pool that is not in use");
}

task<void> converse(town& t, const stream& s, speech& ours, speech& theirs) {
  auto here = co_await this_task();
  scope both(here);
  both.spawn(say(t, s, ours));
  both.spawn(hear_out(t, s, theirs));
  co_await both.join();
}

constexpr unsigned goodbye = 255;

task<void> answer(town& t, stream client, stop_source& accepting) {
  std::byte who[1];
  const auto first = co_await client.read_exact(who);
  if (!first.whole()) {
    t.check(t.lossy, "nobody says nothing");
    co_return;
  }
  const auto id = static_cast<unsigned>(who[0]);
  if (id == goodbye) {
    t.over = true;
    accepting.request_stop();
    co_return;
  }
  if (!t.check(id < t.talks.size(), "somebody whom nobody knows")) co_return;
  talk& k = t.talks[id];
  t.hear(k.up, who);
  auto talking = converse(t, client, k.down, k.up);
  co_await std::move(talking);
}

task<void> accept_all(town& t, const listener& l, scope& serving, stop_source& accepting) {
  auto clients = l.all();
  while (!t.over) {
    auto one = co_await clients.next();
    if (one) {
      serving.spawn(answer(t, std::move(*one), accepting));
    } else {
      t.check(one.error() == errc::too_many_files || one.error() == errc::canceled, "an accept");
    }
  }
  co_await clients.end();
}

task<void> serve(town& t) {
  const network net(system());
  auto here = co_await this_task();
  auto l = co_await net.listen(address::loopback(0));
  while (!l) l = co_await net.listen(address::loopback(0));
  const auto at = co_await l->local_address();
  t.where = *at;
  scope serving(here);
  scope accepting(here);
  accepting.spawn(accept_all(t, *l, serving, accepting.stopper()));
  co_await accepting.join();
  co_await serving.join();
}

task<void> wait_a_little() {
  const auto slept = co_await system().sleep(short_time);
  static_cast<void>(slept);
}

/// Until there is a connection, or nobody to connect to.
task<std::optional<stream>> reach(town& t) {
  const network net(system());
  while (!t.over) {
    if (t.where) {
      auto one = co_await net.connect(*t.where).within(t.patience());
      if (one) co_return std::move(*one);
      const error e = one.error();
      t.check(e == errc::connection_refused || e == errc::too_many_files || e == errc::timed_out,
              "why a connect fails");
    }
    co_await wait_a_little();
  }
  co_return std::nullopt;
}

task<void> say_goodbye(town& t) {
  while (!t.over) {
    auto to = reach(t);
    auto s = co_await std::move(to);
    if (!s) break;
    const std::byte word[] = {std::byte{goodbye}};
    const auto told = co_await s->write_all(word);
    static_cast<void>(told);
    co_await wait_a_little();
  }
}

task<void> visit(town& t, talk& k) {
  {
    auto to = reach(t);
    auto s = co_await std::move(to);
    if (s) {
      auto talking = converse(t, *s, k.up, k.down);
      co_await std::move(talking);
    }
  }
  if (--t.clients == 0) co_await say_goodbye(t);
}

sim::world_options rough_options(std::uint64_t seed, findings& found) {
  sim::world_options o = options_for(seed, found);
  sim::random rng(seed ^ 0x4e7);
  o.small_windows = static_cast<unsigned>(rng.below(3) * 500);
  if (rng.chance(300)) return o;
  o.faults.connection_reset = static_cast<unsigned>(rng.chance(500) ? rng.below(30) : 0);
  o.faults.refused = static_cast<unsigned>(rng.below(500));
  o.faults.items_end = static_cast<unsigned>(rng.below(300));
  return o;
}

struct outcome {
  std::uint64_t trace;
  sim::world::counts counts;
  std::size_t heard = 0;
  unsigned resets = 0;
};

outcome talk_in(std::uint64_t seed, findings& found) {
  const sim::world_options o = rough_options(seed, found);
  sim::world w(o);
  town t(seed, found);
  t.lossy = o.faults.connection_reset > 0;
  t.clients = static_cast<unsigned>(t.rng.between(1, 5));
  t.talks.resize(t.clients);
  loop& home = w.make_loop();
  loop& other = w.make_loop();
  w.start(home, serve(t));
  for (unsigned i = 0; i < t.talks.size(); ++i) {
    t.talks[i].up = {i, t.rng.between(1, 6000)};
    t.talks[i].down = {i + 100, t.rng.below(6000)};
    w.start(t.rng.chance(300) ? home : other, visit(t, t.talks[i]));
  }
  w.run_all();
  outcome end{w.trace(), w.count(), 0, t.resets};
  for (const talk& k : t.talks) {
    for (const speech* s : {&k.up, &k.down}) {
      end.heard += s->got;
      found.check(t.lossy || (s->got == s->size && s->ended), "all of it came");
      found.check(s->got <= s->sent, "what came was sent");
    }
  }
  found.check(end.counts.begun == end.counts.ended, "every operation ends once");
  while (w.step()) {
  }
  found.check(w.count().open_handles == 0, "handles are left open");
  return end;
}

TEST(Network, CarriesEveryByteOnceAndInOrder) {
  std::size_t heard = 0;
  std::uint64_t faults = 0;
  std::uint64_t stopped = 0;
  unsigned resets = 0;
  each_world(5'000, [&](std::uint64_t seed, findings& found) {
    const outcome o = talk_in(seed, found);
    heard += o.heard;
    faults += o.counts.faults;
    stopped += o.counts.stopped;
    resets += o.resets;
  });
  if (sim::wanted_seed()) return;
  // It is no proof unless all this happened.
  EXPECT_GT(heard, 1'000'000u);
  EXPECT_GT(faults, 10'000u);
  EXPECT_GT(stopped, 1'000u);
  EXPECT_GT(resets, 100u);
}

TEST(Network, IsTheSameFromTheSameSeed) {
  each_world(100, [](std::uint64_t seed, findings& found) {
    const outcome one = talk_in(seed, found);
    const outcome two = talk_in(seed, found);
    found.check(one.trace == two.trace, "the same seed gave two different worlds");
    found.check(one.trace != talk_in(seed + 1'000'000, found).trace, "another seed, the same world");
  });
}

task<void> write_until_broken(const stream& to, error& why) {
  const bytes data(1000);
  while (!why) {
    const auto n = co_await to.write_some(data);
    if (!n) why = n.error();
  }
}

task<void> read_until_the_end(stream& from, bool& ended) {
  bytes buffer(1000);
  for (;;) {
    const auto n = co_await from.read_some(buffer);
    if (!n || *n == 0) break;
  }
  ended = true;
  const auto closed = co_await from.close();
  static_cast<void>(closed);
}

task<void> lose_an_end(error& why, bool& ended) {
  auto ends = system().make_pipe();
  auto here = co_await this_task();
  scope both(here);
  both.spawn(read_until_the_end(ends->reader, ended));
  both.spawn(write_until_broken(ends->writer, why));
  co_await both.join();
}

TEST(Pipes, LoseAnEnd) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    sim::world_options o;
    o.seed = seed;
    o.faults.stream_end = 50;
    sim::world w(o);
    error why;
    bool ended = false;
    w.run(lose_an_end(why, ended));
    EXPECT_TRUE(ended) << seed;
    EXPECT_EQ(why, errc::broken_pipe) << seed;
    EXPECT_GT(w.count().faults, 0u);
  }
}

}  // namespace
}  // namespace sluice::sim_tests
