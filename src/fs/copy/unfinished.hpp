#pragma once

#include "fs/copy/context.hpp"

namespace sluice::inline v0::copying {

/// Something that this copy made and has not finished: a file to be filled, or a name that is to be
/// changed.
class unfinished_file {
 public:
  unfinished_file() noexcept = default;
  ~unfinished_file() { finished(); }
  unfinished_file(const unfinished_file&) = delete;
  unfinished_file& operator=(const unfinished_file&) = delete;

  void begin(copy_stopper* stop, const dir& in, path_ref name, const file& made) noexcept;
  void begin(copy_stopper* stop, const dir& in, path_ref name, identity made) noexcept;
  /// Before the file is closed. Also when there is nothing to finish.
  void finished() noexcept;

 private:
  friend class sluice::copy_stopper;
  void enlist(copy_stopper* stop, const dir& in, path_ref name) noexcept;

  copy_stopper* listed_ = nullptr;
  const dir* in_ = nullptr;
  path_ref name_;
  const file* made_ = nullptr;  // null: it is what `who_` says
  identity who_;
  unfinished_file* next_ = nullptr;
  unfinished_file** owner_ = nullptr;
};

}  // namespace sluice::inline v0::copying
