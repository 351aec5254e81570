#include "conformance/place.hpp"

#include <stdexcept>

#include "sluice/space/fault.hpp"
#include "sluice/sim/world.hpp"
#include "sluice/space/fragment.hpp"
#include "sluice/space/memory.hpp"
#include "sluice/space/throttle.hpp"
#include "sluice/space/trace.hpp"

namespace sluice::conformance {

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
void on_epoll(place& p) {
  p.options = on(backend_choice::epoll, way_choice::adaptive);
  in_system(p);
}
void on_uring_overlapped(place& p) {
  p.options = on(backend_choice::uring, way_choice::overlapped);
  in_system(p);
}
void on_epoll_overlapped(place& p) {
  p.options = on(backend_choice::epoll, way_choice::overlapped);
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
  return kinds({read, write, readv, writev, wait_signal, wait_child, listen, connect, bind, accept,
                accept_many, receive_many, send_zc, send_file, splice_in, splice_out, send_message,
                receive_message, shutdown, get_option, set_option, socket_address, resolve});
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

/// Its files are those of the memory space; time, pipes and the network are its own.
void in_world(place& p, const sim::world_options& how) {
  auto world = std::make_shared<sim::world>(how);
  p.options = world->loops();
  p.one_thread = true;
  p.root = world->root();
  using enum op_kind;
  p.lacks = memory_lacks() & ~kinds({nop, sleep, read, write, readv, writev, listen, connect, accept,
                                     accept_many, receive_many, send_zc, send_file, shutdown,
                                     get_option, set_option, socket_address});
  p.keeps = world;
}

/// Windows are large: some cases write what nobody reads before all is written.
void in_simulation(place& p) {
  sim::world_options calm;
  calm.small_windows = 0;
  in_world(p, calm);
}

/// What is no failure, and rare elsewhere: everything late, little begun at a time, calls tried again, and
/// what gives many items ends before its time. Short reads and writes are what filters of fragments are for.
void in_rough_simulation(place& p) {
  sim::world_options rough;
  rough.small_windows = 0;
  rough.longest_delay = 20'000'000;
  rough.at_once = 0;
  rough.queue = 4;
  rough.faults.again = 200;
  rough.faults.items_end = 300;
  in_world(p, rough);
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
        {"system_epoll", on_epoll, true},
        {"system_pool", on_pool, true},
        {"system_uring_overlapped", on_uring_overlapped, true},
        {"system_epoll_overlapped", on_epoll_overlapped, true},
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
        {"sim_rough", in_rough_simulation, true},
    };
    all.insert(all.end(), virtual_places().begin(), virtual_places().end());
    return all;
  }();
  return places;
}

}  // namespace sluice::conformance
