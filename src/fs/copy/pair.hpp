// A file and its copy, while that is being made.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fs/copy/unfinished.hpp"

namespace sluice::inline v0::copying {

/// Where a copy is made that gets its name when it is whole.
struct aside {
  std::string name;         // the final one
  dir elsewhere;            // where links led to it in another directory, that one
  std::string temporary;    // until then; empty: none
  file old;                 // what it replaces
  file_status old_status;
  bool replaces = false;    // something stands under the name

  aside() noexcept {}
  const dir& in(const item& i) const noexcept { return elsewhere ? elsewhere : i.to; }
};

struct pair_of_files {
  file from, to;
  file_status status;
  std::string label;           // the security context that it gets
  bool fresh = false;          // the target was made just now
  bool seekable = true;        // both sides have offsets
  bool regular_target = true;
  link_lead leads;
  std::unique_ptr<copying::aside> aside;  // null: it has its name from the beginning
  unfinished_file replaced;    // what stood under the name before, and was moved away
  unfinished_file unfinished;  // begun later, and so undone before

  pair_of_files() noexcept {}
  /// The directory that its names are in, while it is made.
  const dir& in(const item& i) const noexcept { return aside ? aside->in(i) : i.to; }
  /// Nothing of it would have to be undone.
  void finished() noexcept {
    unfinished.finished();
    replaced.finished();
  }
};

/// What could not be made, in the words for it.
void fail_to_create(context& c, const item& i, const error& why);

/// Opens what stands under the name, and empties it if it gets bytes. False: it is not what was `judged`,
/// and stays as it is.
task<result<bool>> open_standing(context& c, const item& i, pair_of_files& p,
                                 const file_status& judged);
/// False: a problem was reported.
task<bool> open_source(context& c, const item& i, file_type expected, pair_of_files& p);
/// Makes the target, if that has not been done and there is nothing under its name.
task<result<void>> try_to_create(context& c, const item& i, pair_of_files& p);
/// Closes both, counts the copy as what has become of it, and tells those who wait for it. `none`, too, if
/// closing tells of a problem.
task<outcome> close_and_count(context& c, const item& i, pair_of_files& p, outcome how);
/// After the source was opened, or could not be: copies what need not be settled, closes both, counts it.
task<outcome> end_copy(context& c, const item& i, pair_of_files& p, bool opened);
/// Opens the source, and makes of it what it is to be, but for the steps that `settle` does.
task<outcome> open_and_fill(context& c, const item& i, file_type expected, pair_of_files& p);
/// The copy failed: a file that we made goes, if the name still means it; what is not ours stays, and
/// is told about.
task<void> take_back(context& c, const item& i, pair_of_files& p);
/// False: the target may be incomplete, and that was told.
task<bool> close_both(context& c, const item& i, pair_of_files& p);

/// Finds out what the copy replaces, and makes a file that can take its place.
task<outcome> open_aside(context& c, const item& i, pair_of_files& p);
/// Gives the file its name. False: a problem was reported.
task<bool> publish(context& c, const item& i, pair_of_files& p);

/// A copy that is done when it is synced, compared, named or remembered.
task<outcome> copy_and_settle(context& c, const item& i, file_type expected);

struct full_file {
  explicit full_file(const item& i) : what(i) {}
  item what;
  pair_of_files files;
};

/// Full files of one directory, which are synced together; they hold descriptors.
class full_files {
 public:
  explicit full_files(context& c) noexcept : context_(c) {}
  task<void> add(std::unique_ptr<full_file> f);
  task<void> settle();
  bool empty() const noexcept { return files_.empty(); }

 private:
  context& context_;
  std::vector<std::unique_ptr<full_file>> files_;
};

}  // namespace sluice::inline v0::copying
