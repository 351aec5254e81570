// What the parts of a copy share.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <string>

#include "fs/copy/link_table.hpp"
#include "sluice/fs/copy.hpp"

namespace sluice::inline v0::copying {

/// A directory of the source and the one that it becomes.
class copy_dir final : public walk_dir {
 public:
  copy_dir(const dir& from, std::string source, bool follow, const dir& to, std::string path,
           const file_status& s)
      : walk_dir(from, std::move(source),
                 follow ? open_mode::read : open_mode::read | open_mode::no_follow, s),
        target(to, std::move(path), open_mode::read | open_mode::no_follow) {}
  copy_dir(copy_dir& above, const std::string& name, const file_status& s, bool follow)
      : walk_dir(above, name, s, follow), target(above.target, name) {}

  place target;
  enum class state : std::uint8_t { absent, made, merged, failed } is = state::absent;
  std::uint16_t mode_made = 0;   // of one that was made, while it is filled
  std::uint16_t mode_final = 0;  // and afterwards, where modes are not preserved
  bool given_acl = true;      // it may have got access control lists when it was made
  bool inherits_acl = false;  // what is made in it gets access control lists by default
};

/// What messages are about; the paths are only put together when there is one.
class subject {
 public:
  virtual std::string source_path() const = 0;
  virtual std::string target_path() const = 0;

 protected:
  ~subject() = default;
};

/// One thing to copy that is not a directory.
struct item final : subject {
  item(const dir& from_dir, path_ref from_name, const dir& to_dir, path_ref to_name, bool f,
       std::shared_ptr<copy_dir> d) noexcept
      : from(from_dir),
        name(from_name),
        to(to_dir),
        target_name(to_name),
        follow(f),
        in(std::move(d)) {}

  const dir& from;
  path_ref name;
  const dir& to;
  path_ref target_name;
  bool follow;
  std::shared_ptr<copy_dir> in;  // the directory it lies in; null for an operand

  bool inherits_acl() const noexcept { return in == nullptr || in->inherits_acl; }
  std::string source_path() const override {
    return in != nullptr ? in->where.path_of(name) : std::string(name.c_str(), name.size());
  }
  std::string target_path() const override {
    return in != nullptr ? in->target.path_of(target_name)
                         : std::string(target_name.c_str(), target_name.size());
  }
};

struct identity {
  std::uint64_t device = 0, inode = 0;
  friend auto operator<=>(const identity&, const identity&) noexcept = default;
};
inline identity identity_of(const file_status& s) noexcept { return {s.device, s.inode}; }

struct context {
  context(const copy_options& o, const dir& base, copy_listener& l)
      : options(o), target_base(base), listener(l) {}

  const copy_options& options;
  const dir& target_base;  // what operands' targets are relative to
  copy_listener& listener;
  link_table links;
  open_places* places = nullptr;  // the walk's
  std::atomic<bool> clone_hopeless = false;  // the file systems at hand can't share blocks
  std::atomic<bool> any_failed = false;

  void fail(copy_step step, std::string source, std::string target, error why = {}) {
    any_failed.store(true, std::memory_order_relaxed);
    const std::lock_guard lock(speaking_);
    listener.failed({step, std::move(source), std::move(target), why});
  }
  /// Worth a word, and no failure.
  void warn(copy_step step, std::string source, std::string target) {
    const std::lock_guard lock(speaking_);
    listener.failed({step, std::move(source), std::move(target), {}});
  }
  void fail(const subject& i, copy_step step, error why = {}) {
    fail(step, i.source_path(), i.target_path(), why);
  }
  void tell_copying(const subject& i) {
    if (!listener.wants_names()) return;
    const std::lock_guard lock(speaking_);
    listener.copying(i.source_path(), i.target_path());
  }
  void tell_removed(const subject& i) {
    if (!listener.wants_names()) return;
    const std::lock_guard lock(speaking_);
    listener.removed(i.target_path());
  }

 private:
  std::mutex speaking_;
};

/// Copies anything but a directory. `known` is its status if somebody has asked already.
task<void> copy_item(context& c, const item& i, file_type type, const file_status* known);

/// What has to happen to whatever stands under the target's name.
enum class verdict : std::uint8_t { skip, create, rewrite };
task<verdict> judge_target(context& c, const item& i, const file_status& source, bool can_rewrite);

/// Makes `to` hold what `from` holds, holes and all. False: a problem was reported.
task<bool> copy_data(context& c, const item& i, const file& from, const file& to,
                     const file_status& source);
/// The same for what has no size, until its end.
task<bool> copy_until_end(context& c, const item& i, file& from, const file& to);

/// What is known of a target that is to get its source's attributes.
struct target_state {
  bool fresh = false;             // it was made just now
  bool inherits_acl = false;
  bool directory = false;
  std::uint16_t mode_now = 0;     // of a fresh one, and what it should be
  std::uint16_t mode_final = 0;   // where modes are not preserved
};

/// Gives an open target what is to be preserved of the source; `from` may be empty where it could
/// not be opened.
task<void> copy_attributes(context& c, const subject& about, const file& from, const file& to,
                           const file_status& s, const target_state& t);
/// For links and special files, which are not opened.
task<void> copy_attributes_by_name(context& c, const item& i, const file_status& s);

}  // namespace sluice::inline v0::copying
