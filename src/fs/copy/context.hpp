// What the parts of a copy share.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "fs/copy/flow.hpp"
#include "fs/copy/identity.hpp"
#include "fs/copy/link_table.hpp"
#include "fs/copy/rehearsal.hpp"
#include "fs/copy/target_dirs.hpp"
#include "sluice/core/for_each.hpp"
#include "sluice/fs/copy.hpp"

namespace sluice::inline v0::copying {

/// A directory of the source and the one that it becomes.
class copy_dir final : public walk_dir {
 public:
  /// Of an operand: the target lies in `above`, or in `to` where that is null.
  copy_dir(const dir& from, std::string source, bool follow, const dir& to, place* above,
           std::string name, const file_status& s)
      : walk_dir(from, std::move(source),
                 follow ? open_mode::read : open_mode::read | open_mode::no_follow, s),
        target(above != nullptr ? place(*above, std::move(name))
                                : place(to, std::move(name), open_mode::read | open_mode::no_follow)) {}
  copy_dir(copy_dir& above, const std::string& name, const file_status& s, bool follow)
      : walk_dir(above, name, s, follow), target(above.target, name) {}

  place target;
  bool missing = false;  // there is no such directory: it would have been made
  enum class state : std::uint8_t { absent, made, merged, failed } is = state::absent;
  bool fresh = false;            // this very run made it
  std::uint16_t mode_made = 0;   // of one that was made, while it is filled
  std::uint16_t mode_final = 0;  // and afterwards, where modes are not preserved
  bool given_acl = true;      // it may have got access control lists when it was made
  bool inherits_acl = false;  // what is made in it gets access control lists by default
  std::atomic_flag being_filled;  // with empty files, by a worker whose turn it is
};

/// What messages are about; the paths are only put together when there is one.
class subject {
 public:
  virtual std::string source_path() const = 0;
  virtual std::string target_path() const = 0;

 protected:
  ~subject() = default;
};

class full_files;

/// What the files that one worker copies have in common.
struct alignas(cache_line) lane {
  limiter gate{1};         // to be passed by files that are made and not full
  unsigned in_memory = 0;  // so many of the last sources were
  std::size_t opened_ahead = 0;  // sources of files whose turn to be made has not come
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
        in(std::move(d)),
        above(in != nullptr ? &in->target : nullptr) {}

  const dir& from;
  path_ref name;
  const dir& to;
  path_ref target_name;
  bool follow;
  std::shared_ptr<copy_dir> in;  // the directory it lies in; null for an operand
  place* above;                  // what `to` is; null: what targets' paths are relative to
  copying::lane* lane = nullptr; // of the worker that copies it; null: nobody copies beside it
  full_files* later = nullptr;   // where it may wait for others to be settled with; null: it may not
  mutable std::string backup;    // what stood under the target's name, if it was moved away
  mutable bool agreed = false;   // somebody was asked whether to overwrite that, and agreed

  bool operand() const noexcept { return in == nullptr; }
  std::string backup_path() const {
    return backup.empty() ? backup : path_beside(backup);
  }
  /// What stands already in a directory that this very run has made is another copy, whose name is the
  /// same to a file system that ignores case. It is not overwritten.
  bool among_copies() const noexcept { return in != nullptr && in->fresh; }
  bool inherits_acl() const noexcept { return in == nullptr || in->inherits_acl; }
  std::string source_path() const override {
    return in != nullptr ? in->where.path_of(name) : std::string(name.c_str(), name.size());
  }
  std::string target_path() const override { return path_beside(target_name); }
  /// The path of another name where the target's is.
  std::string path_beside(path_ref another) const {
    return above != nullptr ? above->path_of(another)
                            : std::string(another.c_str(), another.size());
  }
};

class journal;

/// Of one thing. `kept`: what stands there passes for it. `linked`: it is another name of what was
/// copied.
enum class outcome : std::uint8_t { none, made, kept, linked };

struct context {
  context(const copy_options& o, std::span<const copy_operand> operands, const dir& base,
          copy_listener& l, unsigned workers);
  ~context();

  copy_options options;
  const dir& target_base;  // what operands' targets are relative to
  copy_listener& listener;
  copying::flow flow;
  rehearsal supposed;
  target_dirs targets;
  link_table links;
  open_places* places = nullptr;  // the walk's
  std::atomic<bool> clone_hopeless = false;  // the file systems at hand can't share blocks
  std::atomic<bool> any_failed = false;
  std::atomic<std::uint64_t> full_device = nowhere;  // a file system without room
  static constexpr std::uint64_t nowhere = UINT64_MAX;
  std::unique_ptr<copying::journal> journal;
  std::atomic<bool> nameless_hopeless = false;  // the file systems at hand know no file without a name
  std::vector<lane> lanes;           // one for each worker
  std::size_t most_ahead = 0;        // that each may have opened; both sides hold a descriptor
  std::atomic<std::uint64_t> temporaries = 0;   // names made of it
  std::set<place*> to_sync;          // directories of operands' targets; operands come one by one
  std::set<place*> looked_for_stale; // the same
  copy_verified verified;            // under the lock of those who speak
  /// What operands became, so that none overwrites another's copy. Operands come one by one.
  std::set<std::pair<std::string, identity>> made;

  /// With `atomic`: a file that this very run gave several names.
  void note_linked(const file_status& s) {
    const std::lock_guard lock(noting_);
    linked_.insert(identity_of(s));
  }
  /// Its names are ours, also if they are those of a copy that is gone on with.
  bool was_linked(const file_status& s);

  /// A file is not done when it is full.
  bool settles() const noexcept { return options.atomic || syncs() || journal != nullptr; }
  bool syncs() const noexcept { return options.durable || options.verify; }
  bool sets_contexts() const noexcept {
    return options.preserve_context || !options.context.empty() || options.context_for;
  }
  bool stopping() const noexcept { return options.stop != nullptr && options.stop->requested(); }

  void fail(copy_step step, std::string source, std::string target, error why = {}) {
    any_failed.store(true, std::memory_order_relaxed);
    tell({step, std::move(source), std::move(target), why});
  }
  /// Worth a word, and no failure.
  void warn(copy_step step, std::string source, std::string target) {
    tell({step, std::move(source), std::move(target), error(), {}, false});
  }
  void fail(const subject& i, copy_step step, error why = {}) {
    fail(step, i.source_path(), i.target_path(), why);
  }
  /// Something that could not be kept: a failure only where it had to be.
  void miss(const subject& i, copy_step step, error why, bool required,
            const char* detail = "") {
    if (required) any_failed.store(true, std::memory_order_relaxed);
    tell({step, i.source_path(), i.target_path(), why, detail, required});
  }
  /// What became of something that is not a directory, of so many bytes.
  void count(outcome how, std::uint64_t bytes) {
    copy_tally* const t = options.tally;
    if (t == nullptr) return;
    const bool done = how == outcome::made || how == outcome::linked;
    (done ? t->files : t->left).fetch_add(1, std::memory_order_relaxed);
    if (!done) t->bytes_left.fetch_add(bytes, std::memory_order_relaxed);
  }
  void count_directory() {
    if (options.tally != nullptr) options.tally->directories.fetch_add(1, std::memory_order_relaxed);
  }
  void tell_copying(const subject& i, const std::string& backup = {}) {
    if (!listener.wants_names()) return;
    const std::lock_guard lock(speaking_);
    listener.copying(i.source_path(), i.target_path(), backup);
  }
  void tell_removed(const subject& i) {
    if (!listener.wants_names()) return;
    const std::lock_guard lock(speaking_);
    listener.removed(i.target_path());
  }
  void tell_parent(const std::string& source, const std::string& target) {
    if (!listener.wants_names()) return;
    const std::lock_guard lock(speaking_);
    listener.made_parent(source, target);
  }
  void tell_restored(const std::string& backup, const std::string& target) {
    if (!listener.wants_names()) return;
    const std::lock_guard lock(speaking_);
    listener.restored(backup, target);
  }
  void add_verified(const copy_verified& v) {
    const std::lock_guard lock(speaking_);
    verified.files += v.files;
    verified.bytes += v.bytes;
    verified.direct += v.direct;
    verified.dropped += v.dropped;
    verified.cached += v.cached;
  }
  bool may_overwrite(const subject& i, const file_status& there) {
    const std::lock_guard lock(speaking_);
    return listener.may_overwrite(i.target_path(), there);
  }

 private:
  /// What goes wrong because the copy is ended goes without saying, but not what it leaves behind.
  void tell(const copy_problem& p) {
    const bool left = p.step == copy_step::incomplete || p.step == copy_step::restore_backup;
    if (stopping() && !left) return;
    const std::lock_guard lock(speaking_);
    listener.failed(p);
  }

  std::mutex speaking_;
  std::mutex noting_;
  std::set<identity> linked_;
};

/// Copies anything but a directory. `known` is its status if somebody has asked already.
task<void> copy_item(context& c, const item& i, file_type type, const file_status* known);
/// `known`, or what its name is asked for. False: a problem was reported.
task<bool> status_of_source(context& c, const item& i, const file_status* known, file_status& s);
/// Tells what would be done with it; `bytes`: it has contents to copy.
task<void> rehearse_item(context& c, const item& i, bool bytes, const file_status* known);
/// What a path would name, relative to the target's base, with all that would have been made; and what it
/// would lead to.
task<result<file_status>> stat_supposed(context& c, std::string path);
task<result<file_status>> reach_supposed(context& c, std::string path);
/// The text of a symbolic link; empty if it can't be read.
task<std::string> read_text(const dir& in, path_ref name);
/// The same for another name of something that came before.
task<void> suppose_link(context& c, const item& i, const file_status& s,
                        const link_table::entry& first);
/// The name is already the one that was made: it stays as it is; where people are asked about what stands
/// there, they are asked about it, too.
task<void> leave_as_it_is(context& c, const item& i);
/// The source can't be opened; GNU cp looks at the target first, and may have nothing to do.
task<void> fail_to_open(context& c, const item& i, const error& why);
/// Whether a symbolic link to the source would lead there. `none`: a problem was reported, or the target
/// stays.
task<outcome> symlink_would_lead(context& c, const item& i, const file_status& s);
/// Its parts: what has bytes, and what is made by its name alone.
task<outcome> copy_file(context& c, const item& i, file_type expected);
task<outcome> copy_symlink(context& c, const item& i, const file_status& s);
task<outcome> copy_special(context& c, const item& i, const file_status& s);
/// Instead of copies.
task<outcome> link_instead(context& c, const item& i, const file_status& s);
task<outcome> symlink_instead(context& c, const item& i, const file_status& s);

/// What has to happen to whatever stands under the target's name. `kept`: nothing, and it passes
/// for the copy.
enum class verdict : std::uint8_t { skip, kept, create, rewrite };
/// `only_look`: tells what would be done, and does nothing yet.
enum class judging : std::uint8_t { by_bytes, by_name, only_look };
/// `reached`, if not null, gets what it is that may be written over; nothing where links lead nowhere.
task<verdict> judge_target(context& c, const item& i, const file_status& source, judging how,
                           file_status* reached = nullptr);
/// The same, and nothing is done yet. `none`: a problem was reported, or somebody wants it to stay.
task<outcome> has_to_be_made(context& c, const item& i, const file_status& source);
/// With `atomic`: whether something may take the place of what stands there. False: a problem was reported.
bool is_replaceable(context& c, const item& i, const file_status& there, judging how);
/// Removes what stands there to make way. False: a problem was reported.
task<bool> remove_target(context& c, const item& i);

/// A name for something that is to get another one, in the same directory as `path`.
std::string name_beside(context& c, path_ref path);
/// Removes a name, if it means what this copy made under it.
task<result<void>> remove_own(const dir& in, path_ref name, identity who);
/// Removes the temporaries that a copy with the same journal left in a directory.
task<void> remove_stale(context& c, const dir& in);

/// Durability, as far as the file system has such a thing.
task<result<void>> sync_file(const file& f);
task<result<void>> sync_dir(const dir& d);
task<result<void>> sync_path(const dir& in, std::string path);
/// The journal's word for a directory that was synced.
task<void> note_synced(context& c, std::string path);
/// The directories of `to_sync`.
task<void> sync_later(context& c);

/// Whether source and target are the same thing: then there is nothing to copy, which may be as it
/// should be.
enum class sameness : std::uint8_t { different, same, settled };
task<sameness> compare_ends(context& c, const item& i, const file_status& source,
                            const file_status& target);

/// Moves what stands there to a name of its own, `i.backup`. False: a problem was reported.
task<bool> back_up(context& c, const item& i, const file_status& source);
/// The copy failed: the old thing gets its name again.
task<void> restore_backup(context& c, const item& i);
/// A name that the next backup of `path` would get.
task<std::string> name_of_backup(context& c, const dir& in, std::string path);

/// Another name of what has been copied becomes a link, as if it was copied. `leads` is set for the
/// first name: its copy is what the others wait for. True: nothing is left to do.
task<bool> linked_to_first(context& c, const item& i, const file_status& s, link_lead& leads);

/// Makes `to` hold what `from` holds, holes and all. False: a problem was reported.
task<bool> copy_data(context& c, const item& i, const file& from, const file& to,
                     const file_status& source);
/// The same for what has no offsets, until its end.
task<bool> copy_until_end(context& c, const item& i, file& from, const file& to);
/// Copies what it can of a large file, its ranges in any order, and tells how much of its beginning
/// is there now; the rest, and what goes wrong with it, is left to whoever asked.
task<std::uint64_t> copy_ranges_together(context& c, const file& from, const file& to,
                                         std::uint64_t size);
/// What has no device behind it is not forgotten, nor read past memory, whatever the calls say.
task<bool> lives_in_memory(const file& f);
/// Reads `to` again and compares: under its name in a directory, or, if that is empty, as it is open.
/// False: a problem was reported.
task<bool> verify_data(context& c, const item& i, const dir& in, const file& from, const file& to,
                       const std::string& name, const file_status& source);
/// Everything but blocks of zeros, through a buffer.
task<bool> copy_without_zeros(context& c, const item& i, const file& from, const file& to,
                              std::uint64_t& copied);
/// What could not be written; a full file system is remembered.
task<void> fail_to_write(context& c, const item& i, copy_step step, const file& to, const error& why);

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
/// Gives a file that will take an old one's place what that has. False: a problem was reported.
task<bool> copy_old_attributes(context& c, const subject& about, const file& old,
                               const file_status& s, const file& to);
/// The security context of a source, if it is to be kept. False: there had to be one, and a problem was
/// reported.
task<bool> find_context(context& c, const subject& about, const file& from, std::string& found);
/// Gives it to a target. False: it had to be given, and a problem was reported.
task<bool> set_context(context& c, const subject& about, const file& to, const std::string& text);
/// What `context_for` says of an open target; empty: it may keep its own. What goes wrong is told.
task<void> choose_context(context& c, const subject& about, const file& to, file_type is, bool fresh,
                          std::string& chosen);
/// Both for a directory, which stays whatever becomes of it. Not by `context_for`.
task<void> label_directory(context& c, const subject& about, const file& from, const file& to,
                           const target_state& w);
/// With `context_for`: a directory gets its context before anything is made in it, which may inherit it.
task<void> label_empty_directory(context& c, const subject& about, const dir& in, path_ref name, bool fresh);
/// Both for what is not opened; it was made just now.
task<bool> label_by_name(context& c, const item& i, file_type is);
/// For links and special files, which are not opened.
task<void> copy_attributes_by_name(context& c, const item& i, const file_status& s);

/// A directory above an operand's target that was looked at or made for it.
struct parent_made {
  std::string source, target;
  place* above = nullptr;
  place* at = nullptr;            // it lies in `above`
  file_status from;
  std::uint16_t mode_made = 0;    // of one that was made, while it is filled
  std::uint16_t mode_final = 0;   // and afterwards
  bool fresh = false;

  parent_made() noexcept {}
};
/// Makes the directories above an operand's target. False: a problem was reported.
task<bool> make_parents(context& c, const dir& from, const copy_operand& o,
                        std::vector<parent_made>& made);
/// Gives them what they are to keep, once their contents are copied.
task<void> finish_parents(context& c, const dir& from, std::span<const parent_made> made);

inline std::uint16_t mode_to_make(const context& c, const file_status& s) noexcept {
  // Nobody else may look before the owner is right; and attributes can't be set of what can't be written.
  const bool described = c.options.preserve_xattrs && s.type == file_type::regular;
  return (s.mode & (c.options.preserve_owner ? 0700 : 0777)) | (described ? 0200 : 0);
}

}  // namespace sluice::inline v0::copying
