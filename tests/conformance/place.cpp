#include "conformance/place.hpp"

#include <stdexcept>

#include "sluice/space/fragment.hpp"
#include "sluice/space/memory.hpp"

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
void on_uring_overlapped(place& p) {
  p.options = on(backend_choice::uring, way_choice::overlapped);
  in_system(p);
}
void on_pool_overlapped(place& p) {
  p.options = on(backend_choice::pool, way_choice::overlapped);
  in_system(p);
}

void fragments_in_system(place& p) {
  p.options = on(backend_choice::automatic, way_choice::adaptive);
  auto both = std::make_shared<kept<fragment_space>>(system());
  p.root = both->space.attach(open_folder(both->folder));
  p.keeps = both;
}

/// Everything overlapped, and fewer pieces than transfers in flight.
void scarce_fragments(place& p) {
  p.options = on(backend_choice::automatic, way_choice::overlapped);
  fragment_options few;
  few.pieces = 5;
  few.slab = 3;
  auto both = std::make_shared<kept<fragment_space>>(system(), few);
  p.root = both->space.attach(open_folder(both->folder));
  p.keeps = both;
}

kind_set memory_lacks() {
  using enum op_kind;
  return kinds({nop,        sleep,     sync_range, allocate,     advise,    copy_range, clone,
                seek_extent, lock,     list_xattr, get_xattr,    set_xattr, remove_xattr,
                stat_fs,    rename,    link,       symlink,      readlink,  mknod,
                read,       write,     readv,      writev,       wait_signal, wait_child});
}

void in_memory(place& p) {
  p.options = on(backend_choice::automatic, way_choice::adaptive);
  auto space = std::make_shared<memory_space>();
  p.root = space->root();
  p.lacks = memory_lacks();
  p.keeps = space;
}

void in_memory_without_loop(place& p) {
  in_memory(p);
  p.options.reset();
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

}  // namespace

const std::vector<place_maker>& own_places() {
  static const std::vector<place_maker> places{
      {"system_uring", on_uring, true},
      {"system_pool", on_pool, true},
      {"system_uring_overlapped", on_uring_overlapped, true},
      {"system_pool_overlapped", on_pool_overlapped, true},
      {"system_sync", in_system, false},
      {"memory", in_memory, false},
      {"memory_sync", in_memory_without_loop, false},
      {"fragment_system", fragments_in_system, true},
      {"fragment_system_scarce", scarce_fragments, true},
      {"fragment_memory", fragments_in_memory, false},
  };
  return places;
}

}  // namespace sluice::conformance
