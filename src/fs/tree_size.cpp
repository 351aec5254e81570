#include "sluice/fs/tree_size.hpp"

#include <algorithm>
#include <utility>

namespace sluice::inline v0 {

namespace {

constexpr stat_mask always_wanted = stat_mask::type | stat_mask::links | stat_mask::inode |
                                    stat_mask::size | stat_mask::blocks;

stat_mask mask_for(size_time which) noexcept {
  switch (which) {
    case size_time::modified: return always_wanted | stat_mask::modified;
    case size_time::accessed: return always_wanted | stat_mask::accessed;
    case size_time::changed: return always_wanted | stat_mask::changed;
    default: return always_wanted;
  }
}

}  // namespace

size_totals::size_totals(const file_status& one, size_time which) noexcept
    : entries(1), apparent(one.size), allocated(one.allocated) {
  switch (which) {
    case size_time::modified: newest = one.modified; break;
    case size_time::accessed: newest = one.accessed; break;
    case size_time::changed: newest = one.changed; break;
    default: break;
  }
}

size_totals& size_totals::operator+=(const size_totals& other) noexcept {
  entries += other.entries;
  apparent += other.apparent;
  allocated += other.allocated;
  newest = std::max(newest, other.newest);
  return *this;
}

void shared_totals::add(const size_totals& more) noexcept {
  entries_.fetch_add(more.entries, std::memory_order_relaxed);
  apparent_.fetch_add(more.apparent, std::memory_order_relaxed);
  allocated_.fetch_add(more.allocated, std::memory_order_relaxed);
  if (more.newest == size_totals::never) return;
  const std::lock_guard lock(mutex_);
  newest_ = std::max(newest_, more.newest);
}

size_totals shared_totals::now() const noexcept {
  size_totals t;
  t.entries = entries_.load(std::memory_order_relaxed);
  t.apparent = apparent_.load(std::memory_order_relaxed);
  t.allocated = allocated_.load(std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  t.newest = newest_;
  return t;
}

size_totals sized_dir::totals() const noexcept {
  size_totals t = own_.now();
  t += below_.now();
  return t;
}

/// The operands from one on; when they are taken in order, up to the first directory.
class tree_size::operands_work final : public work {
 public:
  operands_work(tree_size& of, std::size_t next) noexcept : of_(of), next_(next) {}
  task<void> run(worker& on) override { return of_.take_operands(next_, on); }

 private:
  tree_size& of_;
  std::size_t next_;
};

tree_size::tree_size(const size_options& o) noexcept
    : options_(o),
      wanted_(mask_for(o.time)),
      operand_lookup_(o.follow || o.follow_operands ? lookup::follow
                                                    : lookup::no_follow | lookup::no_automount) {}

tree_size::~tree_size() { forget_waiting(std::move(turn_)); }

size_totals tree_size::run(const tree_limits& limits, crew& with, const dir& base,
                           std::span<const std::string> operands) {
  walk_options o;
  o.wanted = wanted_;
  o.follow = options_.follow;
  o.filtered = options_.filtered;
  // Otherwise it has to be known what they are before they are in anybody's way.
  o.ask_when_open = !options_.follow && !options_.one_file_system && options_.order != size_order::names;
  o.large_by_inode = options_.order == size_order::names;
  o.open_directories = limits.open_directories;
  walker_.emplace(with, static_cast<tree_visitor&>(*this), o);
  base_ = &base;
  operands_ = operands;
  each_once_ = (operands.size() > 1 || options_.follow || options_.each_once) &&
               !options_.every_link;
  with.run(std::make_unique<operands_work>(*this, 0));
  return total_.now();
}

task<result<file_status>> tree_size::look_at_operand(const std::string& path) {
  auto found = co_await base_->stat(path, wanted_, operand_lookup_);
  co_return found;
}

task<void> tree_size::take_operands(std::size_t next, worker& on) {
  if (each_once_ && next == 0) {
    auto looking = look_ahead();
    co_await std::move(looking);
  }
  for (; next < operands_.size(); ++next) {
    if (options_.filtered && skips(operands_[next])) continue;
    result<file_status> found = std::unexpected(error(errc::not_found));
    if (each_once_) {
      found = found_[next];
    } else {
      auto looking = look_at_operand(operands_[next]);
      found = co_await std::move(looking);
    }
    const bool is_directory = begin_operand(next, found, on);
    if (is_directory && options_.order != size_order::none) co_return;
  }
}

/// Where operands may overlap, all of them have to be known before the first is walked: a file
/// with a single name is not worth remembering unless it is an operand.
task<void> tree_size::look_ahead() {
  found_.reserve(operands_.size());
  for (const std::string& path : operands_) {
    auto looking = look_at_operand(path);
    auto found = co_await std::move(looking);
    if (found && found->type != file_type::directory) {
      operand_files_.insert(found->device, found->inode);
      any_operand_file_ = true;
    }
    found_.push_back(found);
  }
}

/// True when it is a directory to be walked.
bool tree_size::begin_operand(std::size_t i, const result<file_status>& found, worker& on) {
  const std::string& path = operands_[i];
  if (!found) {
    failed(path, walk_step::stat, found.error());
    return false;
  }
  if (each_once_ && !met_.insert(found->device, found->inode)) return false;
  const size_totals one(*found, options_.time);
  if (found->type == file_type::directory) {
    auto root = std::make_shared<sized_dir>(*base_, path, *found, options_.time,
                                            options_.follow || options_.follow_operands);
    root->operand_ = i;
    root->looked_up_ = true;
    if (options_.order == size_order::names) {
      const std::lock_guard lock(order_);
      turn_ = root;
    }
    walker_->add(on, std::move(root));
    return true;
  }
  total_.add(one);
  counted_operand(path, one);
  return false;
}

/// Asked when the walk comes to the directory, not when its name is seen: another name may lead to
/// it that comes earlier in the order, though deeper. Without links to follow there is none.
bool tree_size::met_before(sized_dir& d) {
  if (d.looked_up_) return d.met_before_;
  d.looked_up_ = true;
  return d.met_before_ = each_once_ && !met_.insert(d.status.device, d.status.inode);
}

/// Its status came when it was open.
void tree_size::count_itself(sized_dir& d) {
  if (d.counted_) return;
  d.counted_ = true;
  if (encloses_itself(*d.above(), d.status)) d.looked_up_ = d.met_before_ = true;
  if (met_before(d)) return;
  const size_totals one(d.status, options_.time);
  d.own_.add(one);
  seen(d, one);
}

task<bool> tree_size::enter(walk_dir& walked, dir&, worker&) {
  auto& d = static_cast<sized_dir&>(walked);
  count_itself(d);
  const bool met = met_before(d);
  co_return !met;
}

task<void> tree_size::entries(walk_dir& d, dir&, std::span<const walk_entry> some, worker&) {
  count(static_cast<sized_dir&>(d), some);
  co_return;
}

/// Not a directory: whether there may be other ways to it.
bool tree_size::may_come_again(const file_status& s) const {
  if (options_.every_link) return false;
  return s.links > 1 || options_.follow ||
         (any_operand_file_ && operand_files_.contains(s.device, s.inode));
}

void tree_size::count(sized_dir& d, std::span<const walk_entry> some) {
  const bool in_order = options_.order == size_order::names;
  const bool told = in_order && tells_files_of(d);
  waiting_files waiting;
  std::uint64_t first = 0;  // place of those
  size_totals sum;
  for (const walk_entry& e : some) {
    if (e.type == file_type::directory) continue;
    const file_status& s = *e.status;
    if (options_.one_file_system && s.device != d.root_device_) continue;
    const size_totals one(s, options_.time);
    const bool again = may_come_again(s);
    if (told || (in_order && again)) {
      if (waiting.empty()) first = e.place;
      std::string name = told ? std::string(e.name.c_str(), e.name.size()) : std::string();
      waiting.add({e.place, std::move(name), one, s.device, s.inode, again});
    } else if (!again || met_.insert(s.device, s.inode)) {
      sum += one;
    }
  }
  d.own_.add(sum);
  seen(d, sum);
  if (!waiting.empty()) wait(d, first, std::move(waiting));
}

/// A directory that is shown below itself: by a bind mount, or through a link that is followed.
bool tree_size::encloses_itself(const sized_dir& d, const file_status& below) const noexcept {
  for (const walk_dir* at = &d; at != nullptr; at = at->parent.get()) {
    if (at->status.inode == below.inode && at->status.device == below.device) return true;
  }
  return false;
}

std::shared_ptr<walk_dir> tree_size::descend(walk_dir& above, const walk_entry& e) {
  auto& d = static_cast<sized_dir&>(above);
  if (e.status == nullptr) return std::make_shared<sized_dir>(d, e);
  const file_status& s = *e.status;
  if (options_.one_file_system && s.device != d.root_device_) return nullptr;
  if (encloses_itself(d, s)) return nullptr;
  auto below = std::make_shared<sized_dir>(d, e, options_.time, options_.follow);
  if (!options_.follow && met_before(*below)) return nullptr;
  seen(d, below->own_totals());
  if (options_.order == size_order::names) {
    const std::lock_guard lock(order_);
    wait_in(d, e.place, below);
  }
  return below;
}

task<void> tree_size::leave(walk_dir& walked, worker& on) {
  auto& d = static_cast<sized_dir&>(walked);
  if (options_.order == size_order::names) {
    end_in_order(d);
  } else if (!d.met_before_) {
    left(d);
    (d.above() != nullptr ? d.above()->below_ : total_).add(d.totals());
  }
  const bool last = d.above() == nullptr && d.operand_ + 1 == operands_.size();
  if (d.above() == nullptr && options_.order != size_order::none && !last) {
    on.of().add(on, std::make_unique<operands_work>(*this, d.operand_ + 1));
  }
  co_return;
}

void tree_size::failed(walk_dir& walked, path_ref name, walk_step step, const error& why) {
  auto& d = static_cast<sized_dir&>(walked);
  if (step == walk_step::stat && name.empty()) {
    d.counted_ = d.looked_up_ = d.met_before_ = true;  // as if it was not there
  }
  if (step == walk_step::open) {
    count_itself(d);
    if (met_before(d)) return;
  }
  failed(d.where.path_of(name), step, why);
}

}  // namespace sluice::inline v0
