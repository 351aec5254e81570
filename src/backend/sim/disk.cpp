#include "backend/sim/disk.hpp"

#include <fcntl.h>

#include "space/system/system_id.hpp"
#include "sluice/fs/ops.hpp"

namespace sluice::inline v0::sim {

namespace {

/// The directory that system().current_dir() is a handle of.
constexpr handle_id current_dir = system_id::make(AT_FDCWD, 0, system_id::borrowed);

/// Of a handle id's lower half: 24 bits are a place in the store, 6 say since which crash.
constexpr unsigned boot_at = 24;
constexpr unsigned boot_count = 64;

/// The memory space asks a function without arguments.
thread_local const time_point_ns* asked_clock = nullptr;

timestamp tell_date() noexcept { return date_at(*asked_clock); }

}  // namespace

timestamp date_at(time_point_ns now) noexcept {
  constexpr time_point_ns second = 1'000'000'000;
  constexpr std::int64_t begin = 1'700'000'000;
  return {begin + now / second, static_cast<std::uint32_t>(now % second)};
}

disk::disk(handle_id ids, const time_point_ns& now)
    : ids_(ids), now_(now), space_(make_space()), image_(std::make_unique<image>(space_->nodes())) {
  learn_directories(space_->nodes().root());
}

disk::~disk() { asked_clock = &now_; }

std::unique_ptr<memory_space> disk::make_space() {
  asked_clock = &now_;
  auto made = std::make_unique<memory_space>(tell_date);
  memory::store& nodes = made->nodes();
  nodes.mark_ids(ids_ | handle_id{boots_ % boot_count} << boot_at, 0, 0);
  const handle_id root = nodes.open(nodes.root(), true, false, false);
  nodes.mark_ids(ids_ | handle_id{boots_ % boot_count} << boot_at, current_dir, root);
  return made;
}

handle_id disk::open_root() {
  ++open_;
  return space_->nodes().open(space_->nodes().root(), true, false, false);
}

void disk::learn_directories(memory::node& root) {
  directories_.clear();
  std::vector<memory::node*> rest{&root};
  while (!rest.empty()) {
    memory::node* n = rest.back();
    rest.pop_back();
    if (!n->is_directory()) continue;
    directories_[&n->names] = n->inode;
    for (const auto& [cookie, e] : n->names.entries()) rest.push_back(e.of);
  }
}

void disk::added(memory::directory& to, std::string_view name, memory::node& of) {
  if (of.is_directory()) directories_[&of.names] = of.inode;
  image_->made(of);
  heard_.push_back({directories_.at(&to), std::string(name), 0, of.inode});
}

void disk::removed(memory::directory& from, std::string_view name, memory::node& of) noexcept {
  heard_.push_back({directories_.at(&from), std::string(name), of.inode, 0});
}

void disk::replaced(memory::directory& in, std::string_view name, memory::node& before,
                    memory::node& after) noexcept {
  heard_.push_back({directories_.at(&in), std::string(name), before.inode, after.inode});
}

/// Locks don't wait in here: who is refused is told so, and comes again.
void disk::perform(operation& op) {
  asked_clock = &now_;
  memory::directory::heard_by = this;
  auto* const lock = op.kind == op_kind::lock ? static_cast<ops::lock*>(&op) : nullptr;
  const bool waits = lock != nullptr && std::exchange(lock->wait, false);
  const op_state state = std::exchange(op.state, op_state::submitting);
  space_->table().rows[static_cast<std::size_t>(op.kind)](*space_, op);
  op.state = state;
  if (lock != nullptr) lock->wait = waits;
  memory::directory::heard_by = nullptr;
  image_->changed(std::exchange(heard_, {}));
  if (!op.failure) note(op);
}

void disk::note(const operation& op) {
  if (op.kind == op_kind::open) ++open_;
  if (op.kind == op_kind::close) --open_;
  if (op.kind == op_kind::sync) image_->synced(*space_->nodes().find(op.id)->of);
}

void disk::crash(random& rng) {
  ++boots_;
  const auto before = std::exchange(space_, make_space());
  image_->rebuild(before->nodes(), space_->nodes(), rng);
  image_ = std::make_unique<image>(space_->nodes());
  learn_directories(space_->nodes().root());
  open_ = 0;
}

}  // namespace sluice::inline v0::sim
