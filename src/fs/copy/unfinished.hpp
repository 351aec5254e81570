#pragma once

#include "fs/copy/context.hpp"

namespace sluice::inline v0::copying {

/// Something that is not finished: a file to be filled, a name that is to be changed, or what was
/// moved away until its place is taken.
class unfinished_file {
 public:
  unfinished_file() noexcept = default;
  ~unfinished_file() { finished(); }
  unfinished_file(const unfinished_file&) = delete;
  unfinished_file& operator=(const unfinished_file&) = delete;

  void begin(copy_stopper* stop, const dir& in, path_ref name, const file& made) noexcept;
  void begin(copy_stopper* stop, const dir& in, path_ref name, identity made) noexcept;
  /// What stood there before is written over: nobody removes it, but it is told about.
  void begin_over(copy_stopper* stop, const item& i);
  /// What stood there is `i.backup` now.
  void begin_moved(copy_stopper* stop, const item& i);
  /// Before the file is closed. Also when there is nothing to finish.
  void finished() noexcept;

 private:
  friend class sluice::copy_stopper;
  void enlist(copy_stopper* stop, const dir& in, path_ref name) noexcept;
  void undo(copy_remains* heard) noexcept;
  void remove(copy_remains* heard) noexcept;
  void put_back(copy_remains* heard) noexcept;

  enum class kind : std::uint8_t { made, written_over, moved };
  kind what_ = kind::made;
  copy_stopper::begun_files* listed_ = nullptr;
  const dir* in_ = nullptr;
  path_ref name_;
  const file* made_ = nullptr;  // null: it is what `who_` says
  identity who_;
  std::string source_, path_, backup_, backup_path_;  // of what was there before
  unfinished_file* next_ = nullptr;
  unfinished_file** owner_ = nullptr;
};

}  // namespace sluice::inline v0::copying
