// Dry runs: what would be done is found out and told, and nothing is changed.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "fs/copy/unreachable.hpp"
#include "sluice/fs/copy.hpp"

namespace sluice::inline v0::copying {

/// What would have been made so far, as far as later operands can meet it; and a directory that
/// stands for those that would have been made.
class rehearsal {
 public:
  rehearsal(const copy_options& o, std::span<const copy_operand> operands);
  rehearsal(const rehearsal&) = delete;
  rehearsal& operator=(const rehearsal&) = delete;

  /// Of what is only supposed.
  static constexpr std::uint64_t no_device = UINT64_MAX;

  /// A path with one slash behind each name, and no "." among them: the same for names that mean the same,
  /// but for links and "..".
  static std::string key_of(std::string_view path);

  bool on() const noexcept { return on_; }
  /// Trees may meet in one that is not there.
  bool remembers_all() const noexcept { return remembers_all_; }
  const dir& absent() const noexcept { return absent_.get(); }
  /// Supposes that `path` has been made. Gives its identity: one that nothing else has, or the source's
  /// if it is a hard link. `over`: a file that was supposed there is written over, and stays that file.
  const file_status& suppose(const std::string& path, const file_status& as, bool over = false);
  /// That it is a symbolic link to `text`.
  void suppose_text(const std::string& path, std::string text);
  /// Where a symbolic link leads that was supposed there, or null.
  const std::string* text_of(const std::string& path) const;
  /// That `path` has become another name of what `to` names, which is `as` where nothing was supposed.
  void suppose_link(const std::string& to, const file_status& as, const std::string& path);
  /// That a name has gone from what stands there: one of the names that `s` counts.
  void suppose_gone(const std::string& path, const file_status& s);
  /// Whether two paths are the same name, written in two ways.
  static bool same_name(const std::string& a, const std::string& b);
  bool nothing_made() const noexcept { return made_.empty(); }
  /// What was supposed there, or null.
  const file_status* find(const std::string& path) const;
  /// Takes from what was found there the names that it would have lost.
  void correct(file_status& s) const;

 private:
  const bool on_;
  const bool keeps_times_;
  const bool links_;  // nothing else is made
  bool remembers_all_ = false;
  std::uint64_t last_ = 0;
  unreachable_dir absent_;
  std::map<std::string, std::shared_ptr<file_status>> made_;  // by their keys; names of one file share it
  std::map<std::string, std::string> texts_;  // of symbolic links, by their keys
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> gone_;  // names, of each inode
};

/// A space in which one can only look around. Whatever would change something ends with
/// errc::read_only.
class looking_space final : public space {
 public:
  explicit looking_space(space& inner) noexcept;
  space& inner() const noexcept { return inner_; }

 private:
  space& inner_;
};

/// A directory seen through such a space. It stays its owner's.
class looked_at {
 public:
  explicit looked_at(const dir& d) noexcept : space_(d.in()), view_(adopt, space_, d.id()) {}
  ~looked_at() { view_.detach(); }
  looked_at(const looked_at&) = delete;
  looked_at& operator=(const looked_at&) = delete;
  const dir& get() const noexcept { return view_; }

 private:
  looking_space space_;
  dir view_;
};

}  // namespace sluice::inline v0::copying
