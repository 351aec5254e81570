// One turn of a split operation: asks the plan, begins parts, books what has landed.
#pragma once

#include "space/split/slab.hpp"

namespace sluice::inline v0::split {

/// Lives while something happens to an operation on its driver's thread. Nothing here nests: what
/// ends at once is put on a list.
class work {
 public:
  explicit work(parent& p) noexcept : p_(p), slab_(*p.by) {}

  /// The first piece, for all of the operation.
  void begin(piece& whole) noexcept;
  /// The plan is asked again about this piece's range.
  void go_on(piece& one) noexcept { to_ask_.push(one); }
  /// Its child has ended.
  void child_ended(piece& one) noexcept;
  /// Does all that can be done now. The operation may be gone when this returns.
  void finish() noexcept;
  /// The operation has ended, but its last piece was kept.
  void conclude() noexcept;

 private:
  void ask(piece& one) noexcept;
  void hand_over_rest(piece& one) noexcept;
  void start_child(piece& one) noexcept;
  void part_over(piece& one, std::size_t done, error why) noexcept;
  void advance(piece& one, std::size_t done) noexcept;
  void end(piece& one, error why) noexcept;
  void tell(piece& one) noexcept;
  split_question question_of(piece& one) const noexcept;

  parent& p_;
  slab& slab_;
  piece_list to_ask_;
  piece_list to_start_;
  piece* ended_ = nullptr;  // the last one, not told of: the operation lives as long
};

}  // namespace sluice::inline v0::split
