// The file that remembers what of a copy is done.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "fs/copy/journal_text.hpp"
#include "fs/copy/target_dirs.hpp"
#include "sluice/core/task.hpp"
#include "sluice/fs/dir.hpp"

namespace sluice::inline v0::copying {

/// Written by one task at a time, which takes along what the others have to say meanwhile.
class journal {
 public:
  journal(std::string path, std::string_view base, bool durable);

  /// Makes it, or reads what an earlier copy left, and keeps others from using it. False: a problem was
  /// reported.
  task<bool> open(context& c);

  /// An earlier copy has left something.
  bool resumed() const noexcept { return resumed_; }
  const journal_book& before() const noexcept { return before_; }
  /// What stands there is what an earlier copy made, under this name or another. Any thread.
  bool made_before(const file_status& there);
  /// What the names of all its temporaries contain, of every run.
  std::uint64_t token() const noexcept { return token_; }

  /// A target's path as the journal has it.
  std::string key_of(std::string path) const;
  /// Puts a line behind the others; it may be another task that writes it, before it writes its last.
  task<void> add(context& c, std::string line);
  /// When nothing is added any more: removes it, if all is done, or leaves it for another time.
  task<void> end(context& c, bool all_done);

 private:
  task<result<void>> begin();
  task<result<void>> take_lock(space& in);
  task<result<void>> read_before(std::string& beginning, char& last);
  task<bool> take_over(context& c);
  task<void> write_waiting(context& c);
  void fail(context& c, const error& why);

  std::string path_, base_;
  held_name where_;       // what the path means
  bool durable_;
  bool resumed_ = false;
  bool failed_ = false;   // under the mutex
  bool writing_ = false;  // the same
  std::uint64_t token_ = 0;
  std::uint64_t end_ = 0;  // the writer's
  journal_book before_;
  std::once_flag asked_;
  std::vector<std::uint64_t> targets_;  // of all that was done before, once somebody asks
  file file_;
  std::mutex mutex_;
  std::string waiting_;
};

}  // namespace sluice::inline v0::copying
