#include "du_lines.hpp"

#include <utility>

namespace sluice::tool {

namespace {

constexpr std::size_t piece_size = 32 * 1024;
constexpr std::size_t small = 2 * 1024;

}  // namespace

void rope::add(std::string_view text) {
  if (pieces_.empty() || pieces_.back().size() + text.size() > piece_size) {
    pieces_.emplace_back();
  }
  pieces_.back().append(text);
}

void rope::take_all(rope& other) {
  if (other.pieces_.size() == 1 && other.pieces_.front().size() < small) {
    add(other.pieces_.front());
    other.pieces_.clear();
    return;
  }
  pieces_.splice(pieces_.end(), other.pieces_);
}

void rope::write_to(output& out) {
  for (; !pieces_.empty(); pieces_.pop_front()) out.add(pieces_.front());
}

void du_lines::link(du_dir& parent, du_dir& d) noexcept {
  d.following_ = parent.first_child_;
  if (d.following_ != nullptr) d.following_->previous_ = &d;
  parent.first_child_ = &d;
}

void du_lines::unlink(du_dir& parent, du_dir& d) noexcept {
  (d.previous_ != nullptr ? d.previous_->following_ : parent.first_child_) = d.following_;
  if (d.following_ != nullptr) d.following_->previous_ = d.previous_;
}

void du_lines::begin(du_dir& d) {
  const std::lock_guard lock(mutex_);
  join(d);
}

void du_lines::join(du_dir& d) {
  d.begun_ = true;
  du_dir* parent = d.parent_dir();
  if (parent != nullptr) link(*parent, d);
  if (parent == nullptr || (parent->live_ && parent->live_child_ == nullptr)) make_live(d);
}

/// And then one of its children, and so on: the chain ends where no child has begun.
void du_lines::make_live(du_dir& d) {
  for (du_dir* at = &d; at != nullptr; at = at->first_child_) {
    at->live_ = true;
    if (du_dir* parent = at->parent_dir()) parent->live_child_ = at;
    at->held_.write_to(out_);
  }
}

void du_lines::append(du_dir& d, std::string_view text) {
  if (!d.live_ || d.live_child_ != nullptr) return d.held_.add(text);
  out_.add(text);
  out_.lines_end();
}

void du_lines::add(du_dir& d, std::string_view lines) {
  const std::lock_guard lock(mutex_);
  append(d, lines);
}

void du_lines::add(std::string_view line) {
  const std::lock_guard lock(mutex_);
  out_.add(line);
  out_.lines_end();
}

void du_lines::end(du_dir& d, std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (!d.begun_) join(d);  // it could not be opened
  append(d, line);
  du_dir* parent = d.parent_dir();
  if (parent == nullptr) return;
  unlink(*parent, d);
  if (!d.live_) return parent->held_.take_all(d.held_);
  parent->live_child_ = nullptr;
  parent->held_.write_to(out_);
  if (parent->first_child_ != nullptr) make_live(*parent->first_child_);
}

}  // namespace sluice::tool
