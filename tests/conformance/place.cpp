#include "conformance/place.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "sluice/space/fault.hpp"
#include "sluice/sim/world.hpp"
#include "sluice/space/fragment.hpp"
#include "sluice/space/memory.hpp"
#include "sluice/space/throttle.hpp"
#include "sluice/space/trace.hpp"

namespace sluice::conformance {

namespace {

std::string make_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "sluice-conformance-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "mkdtemp");
  }
  return name;
}

}  // namespace

scratch_folder::scratch_folder() : path_(make_folder()) {}

scratch_folder::~scratch_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

place::~place() {
  root = dir();
  loop_.reset();
}

void place::start_loop() {
  if (!options) return;
  try {
    loop_ = std::make_unique<loop>(*options);
  } catch (const std::exception& refused) {
    why_not = refused.what();
  }
}

std::unique_ptr<loop> place::loop_with(unsigned ring_entries) const {
  loop_options o = *options;
  o.ring_entries = ring_entries;
  return std::make_unique<loop>(o);
}

result<pipe_ends> place::make_pipe() {
  auto made = system().make_pipe();
  if (!made) return std::unexpected(made.error());
  return pipe_ends(adopted(std::move(made->reader)), adopted(std::move(made->writer)));
}

namespace {

loop_options on(backend_choice b, way_choice w) {
  loop_options o;
  o.backend = b;
  o.ways = w;
  return o;
}

/// The folder outlives the space that is made over it.
template <class Space>
struct kept {
  scratch_folder folder;
  Space space;
  template <class... Arguments>
  explicit kept(Arguments&&... arguments) : space(std::forward<Arguments>(arguments)...) {}
};

dir open_folder(const scratch_folder& folder) {
  auto here = system().current_dir();
  auto opened = sluice::sync(here.open_dir(folder.path()));
  if (!opened) throw std::runtime_error("cannot open " + folder.path());
  return std::move(*opened);
}

void in_system(place& p) {
  auto folder = std::make_shared<scratch_folder>();
  p.root = open_folder(*folder);
  p.keeps = folder;
}

void on_uring(place& p) {
  p.options = on(backend_choice::uring, way_choice::adaptive);
  in_system(p);
}
void on_pool(place& p) {
  p.options = on(backend_choice::pool, way_choice::adaptive);
  in_system(p);
}
void on_uring_overlapped(place& p) {
  p.options = on(backend_choice::uring, way_choice::overlapped);
  in_system(p);
}
void on_pool_overlapped(place& p) {
  p.options = on(backend_choice::pool, way_choice::overlapped);
  in_system(p);
}

template <class Filter, class... Options>
void filter_system(place& p, way_choice ways, const Options&... options) {
  p.options = on(backend_choice::automatic, ways);
  auto both = std::make_shared<kept<Filter>>(system(), options...);
  p.root = both->space.attach(open_folder(both->folder));
  p.keeps = both;
}

void fragments_in_system(place& p) { filter_system<fragment_space>(p, way_choice::adaptive); }

/// Everything overlapped, and fewer pieces than transfers in flight.
void scarce_fragments(place& p) {
  fragment_options few;
  few.pieces = 5;
  few.slab = 3;
  filter_system<fragment_space>(p, way_choice::overlapped, few);
}

void traced_system(place& p) { filter_system<trace_space>(p, way_choice::adaptive); }

/// One record: everything stands in line, or goes on unseen.
void scarcely_traced(place& p) {
  trace_options one;
  one.slab = 1;
  filter_system<trace_space>(p, way_choice::overlapped, one);
}

void unthrottled_system(place& p) {
  filter_system<throttle_space>(p, way_choice::adaptive, throttle_options{});
}

/// So little at once, and so often, that much waits and nothing for long.
void throttled_system(place& p) {
  throttle_options high;
  high.bytes_per_second = 2'000'000'000;
  high.burst_bytes = 1;
  high.operations_per_second = 50'000;
  high.burst_operations = 1;
  high.slab = 2;
  filter_system<throttle_space>(p, way_choice::overlapped, high);
}

void faultless_system(place& p) { filter_system<fault_space>(p, way_choice::adaptive); }

kind_set memory_lacks() {
  using enum op_kind;
  return kinds({read, write, readv, writev, wait_signal, wait_child});
}

void in_memory(place& p) {
  p.options = on(backend_choice::automatic, way_choice::adaptive);
  auto space = std::make_shared<memory_space>();
  p.root = space->root();
  p.lacks = memory_lacks();
  p.keeps = space;
}

/// The same place, where operations block.
template <void (*Make)(place&)>
void without_loop(place& p) {
  Make(p);
  p.options.reset();
}

/// Its files are those of the memory space; time and pipes are its own.
void in_simulation(place& p) {
  auto world = std::make_shared<sim::world>();
  p.options = world->loops();
  p.one_thread = true;
  p.root = world->root();
  using enum op_kind;
  p.lacks = memory_lacks() & ~kinds({nop, sleep, read, write, readv, writev});
  p.keeps = world;
}

struct memory_in_fragments {
  memory_space space;
  fragment_space filter{space};
};

void fragments_in_memory(place& p) {
  p.options = on(backend_choice::automatic, way_choice::adaptive);
  auto both = std::make_shared<memory_in_fragments>();
  p.root = both->filter.attach(both->space.root());
  p.lacks = memory_lacks();
  p.keeps = both;
}

struct memory_in_fragments_traced : memory_in_fragments {
  trace_space outer{filter};
};

void traced_fragments_in_memory(place& p) {
  p.options = on(backend_choice::automatic, way_choice::adaptive);
  auto all = std::make_shared<memory_in_fragments_traced>();
  p.root = all->outer.attach(all->filter.attach(all->space.root()));
  p.lacks = memory_lacks();
  p.keeps = all;
}

}  // namespace

const std::vector<place_maker>& own_places() {
  static const std::vector<place_maker> places = [] {
    std::vector<place_maker> all{
        {"system_uring", on_uring, true},
        {"system_pool", on_pool, true},
        {"system_uring_overlapped", on_uring_overlapped, true},
        {"system_pool_overlapped", on_pool_overlapped, true},
        {"system_sync", in_system, false},
        {"memory", in_memory, false},
        {"memory_sync", without_loop<in_memory>, false},
        {"fragment_system", fragments_in_system, true},
        {"fragment_system_scarce", scarce_fragments, true},
        {"fragment_system_sync", without_loop<scarce_fragments>, false},
        {"fragment_memory", fragments_in_memory, false},
        {"fragment_memory_sync", without_loop<fragments_in_memory>, false},
        {"trace_system", traced_system, true},
        {"trace_system_scarce", scarcely_traced, true},
        {"throttle_system_unlimited", unthrottled_system, true},
        {"throttle_system", throttled_system, true},
        {"fault_system_no_rules", faultless_system, true},
        {"trace_fragment_memory", traced_fragments_in_memory, false},
        {"sim", in_simulation, true},
    };
    all.insert(all.end(), virtual_places().begin(), virtual_places().end());
    return all;
  }();
  return places;
}

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

void hand_over(const report& from, report& into) {
  for (unsigned i = from.checks(); i > from.findings().size(); --i) into.check(true, "");
  for (const finding& f : from.findings()) {
    into.check(false, f.file + ":" + std::to_string(f.line) + ": " + f.what);
  }
}

}  // namespace

std::string run_case(const test_case& c, const place_maker& where, report& into) {
  place p;
  where.make(p);
  p.start_loop();
  if (!p.why_not.empty()) return p.why_not;
  const kind_set refused = c.uses & p.lacks;
  if (refused.any()) {
    p.run(check_refusals(p, refused));
  } else if (c.needs == need::a_loop && !p.has_loop()) {
    return "operations block here, and this case needs several in flight";
  } else if (c.needs == need::threads && (!p.has_loop() || p.one_thread)) {
    return "all happens on one thread here";
  } else {
    p.run(c.run(p));
    p.checks.check(p.checks.checks() > 0, "the case checked something");
    if (where.counts_operations && p.checks.findings().empty()) check_uses(p, c);
  }
  hand_over(p.checks, into);
  return {};
}

}  // namespace sluice::conformance
