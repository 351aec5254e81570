#include "sluice/conformance/run.hpp"

#include <memory>

namespace sluice::conformance {

namespace {

task<void> check_refusals(place& p, kind_set refused) {
  for (std::size_t k = 0; k < op_kinds; ++k) {
    if (!refused.test(k)) continue;
    const op_kind kind = static_cast<op_kind>(k);
    auto asked = probe(p, kind);
    const error e = co_await std::move(asked);
    p.checks.check(e == errc::not_supported,
                   std::string(name_of(kind)) + " is refused: " + show(e));
  }
}

/// A case that names a kind must have used it, or the list of what is covered is a lie.
void check_uses(place& p, const test_case& c) {
  const loop_statistics s = p.home().statistics();
  for (std::size_t k = 0; k < op_kinds; ++k) {
    const auto kind = static_cast<op_kind>(k);
    // What is made of others, or of nothing but time, is not counted.
    if (!c.uses.test(k) || kind == op_kind::sleep || is_transfer(kind)) continue;
    const auto& n = s.kinds[k];
    p.checks.check(n.calls + n.ring + n.pool > 0,
                   std::string(c.name) + " used " + name_of(kind));
  }
}

outcome found_in(const place& p, verdict where_good) {
  outcome o;
  o.checks = p.checks.checks();
  o.findings = p.checks.findings();
  o.what = o.findings.empty() ? where_good : verdict::failed;
  return o;
}

struct under_way {
  place where;
  task<void> work;
  bool done = false;
};

/// False: it is not over, and nobody knows when it will be.
bool run_patiently(under_way& u) {
  place& p = u.where;
  if (!p.has_loop()) {
    sluice::sync(std::move(u.work));
    return true;
  }
  loop& home = p.home();
  home.schedule(u.work.prepare(home, nullptr, &u.done, [](promise_base& ended) noexcept {
    *static_cast<bool*>(ended.owner) = true;
  }));
  const time_point_ns limit = home.now() + p.patience;
  while (!u.done && home.now() < limit) home.run_once(limit);
  if (u.done) u.work.take();
  return u.done;
}

/// Nothing of it may go away, since operations are in flight.
outcome stuck(std::unique_ptr<under_way> u) {
  u->where.checks.check(false, "something never completed: the case is not over after " +
                                   std::to_string(u->where.patience / 1'000'000) + " ms");
  static auto& kept = *new std::deque<std::unique_ptr<under_way>>;
  kept.push_back(std::move(u));
  return found_in(kept.back()->where, verdict::failed);
}

}  // namespace

outcome run_case(const test_case& c, const place_maker& where) {
  outcome o;
  if (where.takes != nullptr && !where.takes(c)) {
    o.what = verdict::not_taken;
    return o;
  }
  auto running = std::make_unique<under_way>();
  place& p = running->where;
  where.make(p);
  p.start_loop();
  if (!p.why_not.empty()) {
    o.what = verdict::no_place;
    o.why = p.why_not;
    return o;
  }
  const kind_set refused = c.uses & p.lacks;
  if (refused.any()) {
    p.run(check_refusals(p, refused));
    o = found_in(p, verdict::refused);
    o.refused = refused;
    return o;
  }
  if (c.needs != need::nothing && !p.has_loop()) {
    o.what = verdict::needs_loop;
    return o;
  }
  if (c.needs == need::threads && p.one_thread) {
    o.what = verdict::needs_threads;
    return o;
  }
  running->work = c.run(p);
  if (!run_patiently(*running)) return stuck(std::move(running));
  p.checks.check(p.checks.checks() > 0, "the case checked something");
  if (where.counts_operations && p.checks.findings().empty()) check_uses(p, c);
  return found_in(p, verdict::passed);
}

outcome check_lacks(const place_maker& where) {
  place p;
  where.make(p);
  p.start_loop();  // what belongs to no handle is asked of the loop's own machine
  const space_table& table = p.root.in().table();
  for (std::size_t k = 0; k < op_kinds; ++k) {
    const op_kind kind = static_cast<op_kind>(k);
    p.checks.check(table.supports(kind) || p.lacks.test(k),
                   std::string(name_of(kind)) + " has no row, and the place does not say so");
  }
  p.run(check_refusals(p, p.lacks));
  return found_in(p, verdict::passed);
}

}  // namespace sluice::conformance
