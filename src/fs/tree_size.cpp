#include "sluice/fs/tree_size.hpp"

#include <utility>

namespace sluice::inline v0 {

namespace {

// The mount tells a directory that encloses itself (a bind mount) from an ordinary one, for free.
constexpr stat_mask wanted = stat_mask::type | stat_mask::links | stat_mask::inode |
                             stat_mask::size | stat_mask::blocks | stat_mask::mount_id;

}  // namespace

size_totals& size_totals::operator+=(const size_totals& other) noexcept {
  entries += other.entries;
  apparent += other.apparent;
  allocated += other.allocated;
  return *this;
}

void shared_totals::add(const size_totals& more) noexcept {
  entries_.fetch_add(more.entries, std::memory_order_relaxed);
  apparent_.fetch_add(more.apparent, std::memory_order_relaxed);
  allocated_.fetch_add(more.allocated, std::memory_order_relaxed);
}

size_totals shared_totals::now() const noexcept {
  size_totals t;
  t.entries = entries_.load(std::memory_order_relaxed);
  t.apparent = apparent_.load(std::memory_order_relaxed);
  t.allocated = allocated_.load(std::memory_order_relaxed);
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

tree_size::~tree_size() = default;

size_totals tree_size::run(const tree_limits& limits, crew& with, const dir& base,
                           std::span<const std::string> operands) {
  walk_options o;
  o.wanted = wanted;
  o.open_directories = limits.open_directories;
  walker_.emplace(with, static_cast<tree_visitor&>(*this), o);
  base_ = &base;
  operands_ = operands;
  each_once_ = operands.size() > 1 && !options_.every_link;
  with.run(std::make_unique<operands_work>(*this, 0));
  return total_.now();
}

std::shared_ptr<sized_dir> tree_size::make_root(const dir& base, const std::string& path,
                                                const file_status& s) {
  return std::make_shared<sized_dir>(base, path, s);
}

std::shared_ptr<sized_dir> tree_size::make_below(sized_dir& above, std::string name,
                                                 const file_status& s) {
  return std::make_shared<sized_dir>(above, std::move(name), s);
}

task<void> tree_size::take_operands(std::size_t next, worker& on) {
  if (each_once_ && next == 0) {
    auto looking = look_ahead();
    co_await std::move(looking);
  }
  for (; next < operands_.size(); ++next) {
    result<file_status> found = std::unexpected(error(errc::not_found));
    if (each_once_) {
      found = found_[next];
    } else {
      found = co_await base_->stat(operands_[next], wanted,
                                   lookup::no_follow | lookup::no_automount);
    }
    const bool is_directory = begin_operand(next, found, on);
    if (is_directory && options_.in_order) co_return;
  }
}

/// Where operands may overlap, all of them have to be known before the first is walked: a file
/// with a single name is not worth remembering unless it is an operand.
task<void> tree_size::look_ahead() {
  found_.reserve(operands_.size());
  for (const std::string& path : operands_) {
    auto found =
        co_await base_->stat(path, wanted, lookup::no_follow | lookup::no_automount);
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
  if (found->type == file_type::directory) {
    auto root = make_root(*base_, path, *found);
    root->operand_ = i;
    walker_->add(on, std::move(root));
    return true;
  }
  total_.add(size_totals(*found));
  counted_operand(path, *found);
  return false;
}

task<bool> tree_size::enter(walk_dir& d, dir&, worker&) {
  entered(static_cast<sized_dir&>(d));
  co_return true;
}

task<void> tree_size::entries(walk_dir& d, dir&, std::span<const walk_entry> some, worker&) {
  count(static_cast<sized_dir&>(d), some);
  co_return;
}

/// Not a directory: whether this is the first of its names to be met.
bool tree_size::first_met(const file_status& s) {
  if (options_.every_link) return true;
  const bool elsewhere_too =
      s.links > 1 || (any_operand_file_ && operand_files_.contains(s.device, s.inode));
  return !elsewhere_too || met_.insert(s.device, s.inode);
}

void tree_size::count(sized_dir& d, std::span<const walk_entry> some) {
  size_totals sum;
  std::size_t from = 0;  // of those counted and not yet told
  for (std::size_t i = 0; i < some.size(); ++i) {
    const file_status& s = *some[i].status;
    const bool out = some[i].type == file_type::directory ||
                     (options_.one_file_system && s.device != d.root_device_) || !first_met(s);
    if (!out) {
      sum += size_totals(s);
      continue;
    }
    if (from < i) counted(d, some.subspan(from, i - from));
    from = i + 1;
  }
  if (from < some.size()) counted(d, some.subspan(from));
  d.totals_.add(sum);
}

/// A directory that a bind mount shows below itself: the only kind of loop without links.
bool tree_size::encloses_itself(const sized_dir& d, const file_status& below) noexcept {
  if (below.mount_id == d.status.mount_id) return false;
  for (const walk_dir* at = &d; at != nullptr; at = at->parent.get()) {
    if (at->status.inode == below.inode && at->status.device == below.device) return true;
  }
  return false;
}

std::shared_ptr<walk_dir> tree_size::descend(walk_dir& above, const walk_entry& e) {
  auto& d = static_cast<sized_dir&>(above);
  const file_status& s = *e.status;
  if (options_.one_file_system && s.device != d.root_device_) return nullptr;
  if (encloses_itself(d, s)) return nullptr;
  if (each_once_ && !met_.insert(s.device, s.inode)) return nullptr;
  return make_below(d, std::string(e.name.c_str(), e.name.size()), s);
}

task<void> tree_size::leave(walk_dir& walked, worker& on) {
  auto& d = static_cast<sized_dir&>(walked);
  left(d);
  if (sized_dir* above = d.above()) {
    above->totals_.add(d.totals());
    co_return;
  }
  total_.add(d.totals());
  if (options_.in_order && d.operand_ + 1 < operands_.size()) {
    on.of().add(on, std::make_unique<operands_work>(*this, d.operand_ + 1));
  }
}

void tree_size::failed(walk_dir& d, path_ref name, walk_step step, const error& why) {
  failed(d.where.path_of(name), step, why);
}

}  // namespace sluice::inline v0
