#pragma once

#include "fs/copy/context.hpp"

namespace sluice::inline v0::copying {

/// A regular file that this copy made and has not filled.
class unfinished_file {
 public:
  unfinished_file() noexcept = default;
  ~unfinished_file() { finished(); }
  unfinished_file(const unfinished_file&) = delete;
  unfinished_file& operator=(const unfinished_file&) = delete;

  void begin(copy_stopper* stop, const dir& in, path_ref name, const file& made) noexcept;
  /// Before the file is closed. Also when there is nothing to finish.
  void finished() noexcept;

 private:
  friend class sluice::copy_stopper;
  copy_stopper* listed_ = nullptr;
  const dir* in_ = nullptr;
  path_ref name_;
  const file* made_ = nullptr;
  unfinished_file* next_ = nullptr;
  unfinished_file** owner_ = nullptr;
};

}  // namespace sluice::inline v0::copying
