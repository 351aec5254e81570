// A directory that stands for one that can't be had: nothing is in it, and nothing can be made there.
#pragma once

#include "sluice/fs/dir.hpp"

namespace sluice::inline v0::copying {

/// Whatever is asked of it ends with the same error.
class unreachable_dir {
 public:
  explicit unreachable_dir(error why) noexcept : space_(why), view_(adopt, space_, 0) {}
  ~unreachable_dir() { view_.detach(); }
  unreachable_dir(const unreachable_dir&) = delete;
  unreachable_dir& operator=(const unreachable_dir&) = delete;
  const dir& get() const noexcept { return view_; }

 private:
  struct refusing_space final : space {
    explicit refusing_space(error e) noexcept : space(rows), why(e) {}
    error why;
  };
  static constexpr space_table rows = [] {
    space_table t{"unreachable"};
    for (space_table::row& r : t.rows) {
      r = [](space& s, operation& op) noexcept { op.fail(static_cast<refusing_space&>(s).why); };
    }
    return t;
  }();

  refusing_space space_;
  dir view_;
};

}  // namespace sluice::inline v0::copying
