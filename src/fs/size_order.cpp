// Telling sizes in the order of names, in whatever order the tree is walked. What has to be told, or
// counted for the first of its names, waits in its directory. One directory has the turn: its names
// are told as far as they are known, a subdirectory takes the turn until it is complete, and what is
// walked ahead of the turn is kept.
#include <algorithm>
#include <utility>

#include "sluice/fs/tree_size.hpp"

namespace sluice::inline v0 {

namespace {

/// The range that the place lies in, or the end.
auto range_of(std::map<std::uint64_t, waiting_names>& ranges, std::uint64_t place) {
  auto after = ranges.upper_bound(place);
  return after == ranges.begin() ? ranges.end() : std::prev(after);
}

}  // namespace

/// Files of one batch: nothing of it is there yet.
void tree_size::wait(sized_dir& d, std::uint64_t first, waiting_files&& some) {
  some.all_added();
  const std::lock_guard lock(order_);
  d.waiting_[first].files = std::move(some);
}

/// By itself until its batch is there: others may be at batches before and behind it.
void tree_size::wait_in(sized_dir& d, std::uint64_t place, std::shared_ptr<sized_dir> below) {
  d.waiting_[place].dirs.push_back({place, std::move(below)});
}

/// A batch is there: one range, of all that its names put down. Its files came together, and its
/// subdirectories one by one.
void tree_size::shown(walk_dir& walked, std::uint64_t first, std::uint64_t end) {
  if (options_.order != size_order::names) return;
  auto& d = static_cast<sized_dir&>(walked);
  const std::lock_guard lock(order_);
  waiting_names batch;
  batch.end = end;
  batch.all_there = true;
  for (auto at = d.waiting_.lower_bound(first); at != d.waiting_.end() && at->first < end;) {
    if (!at->second.files.empty()) batch.files = std::move(at->second.files);
    std::ranges::move(at->second.dirs, std::back_inserter(batch.dirs));
    at = d.waiting_.erase(at);
  }
  auto before = range_of(d.waiting_, first);
  const bool joins = batch.empty() && before != d.waiting_.end() && before->second.end == first;
  if (joins) {
    before->second.end = end;
  } else {
    d.waiting_.emplace(first, std::move(batch));
  }
  if (turn_.get() == &d) advance();
}

void tree_size::end_in_order(sized_dir& d) {
  const std::lock_guard lock(order_);
  d.complete_ = true;
  if (turn_.get() == &d) {
    advance();
  } else if (d.depth > options_.told_depth && std::ranges::all_of(d.waiting_, [](const auto& range) {
               return range.second.empty();
             })) {
    fold(d);
  }
}

/// Nobody is told of it, and nothing in it waits: only its sum is needed.
void tree_size::fold(sized_dir& d) {
  sized_dir& above = *d.above();
  waiting_names& range = range_of(above.waiting_, d.place_)->second;
  const auto at = std::ranges::find(range.dirs, d.place_, &waiting_dir::place);
  if (!d.met_before_) above.below_.add(d.totals());
  range.dirs.erase(at);
}

/// Tells what there is to tell now.
void tree_size::advance() {
  while (turn_) {
    sized_dir& d = *turn_;
    if (tell_next(d)) continue;
    if (!d.complete_) return;
    end_turn(d);
  }
}

/// The next range, or what comes in it before the next subdirectory, which then has the turn.
/// False: it is not there.
bool tree_size::tell_next(sized_dir& d) {
  const auto at = d.waiting_.begin();
  if (at == d.waiting_.end()) return false;
  if (!d.complete_ && (at->first != d.next_ || !at->second.all_there)) return false;
  waiting_names& range = at->second;
  for (;;) {
    if (range.dir_is_next()) {
      turn_ = std::move(range.dirs[range.used++].it);
      return true;
    }
    if (range.files.empty()) break;
    const waiting_file f = range.files.take();
    if (f.again && !met_.insert(f.device, f.inode)) continue;
    d.own_.add(f.one);
    seen(d, f.one);
    if (tells_files_of(d)) counted(d, f.name, f.one);
  }
  d.next_ = range.end;
  d.waiting_.erase(at);
  return true;
}

void tree_size::end_turn(sized_dir& d) {
  sized_dir* above = d.above();
  if (!d.met_before_) {
    left(d);
    (above != nullptr ? above->below_ : total_).add(d.totals());
  }
  turn_ = above != nullptr ? std::static_pointer_cast<sized_dir>(d.parent) : nullptr;
}

/// After a failure: directories and those that wait in them hold each other.
void tree_size::forget_waiting(std::shared_ptr<sized_dir> root) {
  while (root && root->above() != nullptr) root = std::static_pointer_cast<sized_dir>(root->parent);
  std::vector<std::shared_ptr<sized_dir>> all;
  if (root) all.push_back(std::move(root));
  while (!all.empty()) {
    const std::shared_ptr<sized_dir> d = std::move(all.back());
    all.pop_back();
    for (auto& [first, range] : std::exchange(d->waiting_, {})) {
      for (waiting_dir& below : range.dirs) {
        if (below.it) all.push_back(std::move(below.it));
      }
    }
  }
}

}  // namespace sluice::inline v0
