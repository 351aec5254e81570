#include "cp_expected.hpp"

#include <exception>
#include <vector>

#include "sluice/sync.hpp"
#include "sluice/system.hpp"

namespace sluice::tool {

cp_expected::cp_expected(const cp_command& c)
    : command_(c), thread_([this] { count_all(); }) {}

cp_expected::~cp_expected() {
  stop_ = true;
  thread_.join();
}

void cp_expected::count(const file_status& s) {
  const copy_options& o = command_.copy;
  const bool once = o.preserve_links && (s.links > 1 || o.follow == follow_links::always);
  const bool again = once && !met_.insert(s.device, s.inode);
  ++files_;
  if (s.type == file_type::regular && o.kind == copy_kind::whole && !again) bytes_ += s.size;
}

/// What can't be looked at is not counted: the copy says what is wrong with it.
void cp_expected::count_all() noexcept try {
  const copy_options& o = command_.copy;
  const bool follow = o.follow != follow_links::never;
  const dir here = system().current_dir();
  std::vector<std::shared_ptr<walk_dir>> trees;
  for (const copy_operand& operand : command_.operands) {
    if (operand.source.empty() || (o.filtered && command_.exclude.matches(operand.source))) continue;
    const auto s = sync(here.stat(operand.source, stat_mask::basic,
                                  follow ? lookup::follow : lookup::no_follow));
    if (!s) continue;
    if (s->type != file_type::directory) {
      count(*s);
    } else if (o.recursive) {
      const open_mode how = follow ? open_mode::read : open_mode::read | open_mode::no_follow;
      trees.push_back(std::make_shared<walk_dir>(here, operand.source, how, *s));
    }
  }
  crew_options alone;
  alone.workers = 1;
  alone.works_in_flight = 1;
  crew counting(alone);
  walk_options how;
  how.follow = o.follow == follow_links::always;
  how.filtered = o.filtered;
  how.open_directories = 4;
  walker walk(counting, *this, how);
  walk.run(trees);
  complete_.store(!stop_.load(), std::memory_order_release);
} catch (const std::exception&) {
  // Then it is not known.
}

/// What is mounted in the tree is left out.
bool cp_expected::crosses(const walk_dir& d) const noexcept {
  const walk_dir* root = &d;
  while (root->parent != nullptr) root = root->parent.get();
  return command_.copy.one_file_system && d.status.device != root->status.device;
}

task<bool> cp_expected::enter(walk_dir& d, dir&, worker&) {
  co_return !stop_.load() && !crosses(d);
}

task<void> cp_expected::entries(walk_dir&, dir&, std::span<const walk_entry> some, worker&) {
  for (const walk_entry& e : some) {
    if (e.type != file_type::directory && e.status != nullptr) count(*e.status);
  }
  co_return;
}

bool cp_expected::skips(walk_dir& d, path_ref name) {
  return command_.exclude.matches(d.where.path_of(name));
}

std::shared_ptr<walk_dir> cp_expected::descend(walk_dir& d, const walk_entry& e) {
  const bool follow = command_.copy.follow == follow_links::always;
  for (const walk_dir* up = &d; follow && up != nullptr; up = up->parent.get()) {
    const file_status& s = up->status;
    if (s.device == e.status->device && s.inode == e.status->inode) return nullptr;
  }
  if (stop_.load()) return nullptr;
  return std::make_shared<walk_dir>(d, std::string(e.name.c_str(), e.name.size()), *e.status, follow);
}

task<void> cp_expected::leave(walk_dir&, worker&) { co_return; }
void cp_expected::failed(walk_dir&, path_ref, walk_step, const error&) {}

}  // namespace sluice::tool
