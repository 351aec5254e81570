// The pieces there are, who has them, who waits for one, and who waits for a file to be silent.
#pragma once

#include <memory>
#include <mutex>

#include "space/split/piece.hpp"

namespace sluice::inline v0::split {

/// A close that waits, in its operation's scratch space.
struct closer : job {
  operation* op;
  slab* by;
  closer* next_closer;
};
static_assert(sizeof(closer) <= sizeof(operation::scratch));

/// `never`: only what stands still until then could bring it about.
enum class outlook : std::uint8_t { now, later, never };

class slab {
 public:
  slab(space& of, const split_plan& plan, const split_options& options);

  space& owner;
  const split_plan& plan;
  const unsigned parts_at_once;

  /// `now`: it has a piece. `later`: its job is run when it has one, or has been asked to end.
  outlook enter(parent& p) noexcept;
  /// The turn of one that waited. Its piece, or null: it is not to begin, and has left.
  piece* turn(parent& p) noexcept;
  /// One more, if there is one and nobody waits for it.
  piece* take() noexcept;
  void give_back(piece& one) noexcept;
  /// It has ended, but for telling; with its last piece. False: its job has been posted, and has
  /// to run first.
  bool leave(parent& p, piece& last) noexcept;

  /// Asked to end by its own driver. True: it is under way, and its pieces are to be asked.
  bool stop(parent& p) noexcept;
  /// The job of one that was asked to end while it was under way. True: it has ended meanwhile.
  bool stop_heard(parent& p) noexcept;
  /// Asks all that is in flight on the close's id to end; `later`: then `c` is posted.
  outlook silence_all(closer& c) noexcept;

 private:
  static void link(parent& p, parent**& end) noexcept;
  void link_first(parent& p) noexcept;
  void unlink(parent& p) noexcept;
  void put_back(piece& one) noexcept;
  void gone(parent& p) noexcept;
  bool any_on(handle_id id) const noexcept;
  bool all_stand_still_for(const driver& waits) const noexcept;
  bool one_in_line_stands_still_for(const driver& waits) const noexcept;
  static void post(parent& p) noexcept;

  std::mutex mutex_;
  std::unique_ptr<piece[]> pieces_;
  piece* free_ = nullptr;
  parent* line_ = nullptr;  // those who wait, in order
  parent** line_end_ = &line_;
  parent* working_ = nullptr;  // those who have pieces
  parent** working_end_ = &working_;
  closer* closers_ = nullptr;
};

}  // namespace sluice::inline v0::split
