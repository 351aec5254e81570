#include "conformance/wrong/place.hpp"

#include <stdexcept>

#include "conformance/place.hpp"
#include "sluice/space/memory.hpp"

namespace sluice::conformance {

namespace {

mistake chosen;

struct wrong_memory {
  memory_space space;
  hooked_space wrong{space, chosen(space)};
};
struct wrong_system {
  scratch_folder folder;
  hooked_space wrong{system(), chosen(system())};
};

/// An operation that never completes is noticed soon; a machine that is busy is not.
void be_patient(place& p) { p.patience = chosen == none ? 60'000'000'000 : 2'000'000'000; }

void in_wrong_memory(place& p) {
  for (const place_maker& other : own_places()) {
    if (other.name != "memory") continue;
    place right;
    other.make(right);
    p.lacks = right.lacks;
  }
  auto both = std::make_shared<wrong_memory>();
  p.root = both->wrong.attach(both->space.root());
  p.options = loop_options();
  p.keeps = both;
  be_patient(p);
}

void in_wrong_system(place& p) {
  auto both = std::make_shared<wrong_system>();
  const dir here = system().current_dir();
  auto opened = sluice::sync(here.open_dir(both->folder.path()));
  if (!opened) throw std::runtime_error("cannot open " + both->folder.path());
  p.root = both->wrong.attach(std::move(*opened));
  p.options = loop_options();
  p.keeps = both;
  be_patient(p);
}

outcome run_named(const char* case_name, const place_maker& where) {
  const test_case* c = find_case(case_name);
  if (c == nullptr) throw std::invalid_argument(std::string("no such case: ") + case_name);
  return run_case(*c, where);
}

}  // namespace

outcome with_mistake_in_memory(mistake made, const char* case_name) {
  chosen = made;
  return run_named(case_name, {"wrong_memory", in_wrong_memory, false});
}

outcome with_mistake_in_system(mistake made, const char* case_name) {
  chosen = made;
  return run_named(case_name, {"wrong_system", in_wrong_system, false});
}

hooks none(space&) { return {}; }

}  // namespace sluice::conformance
