// What cp says, in GNU's words.
#include "cp_words.hpp"

#include "report.hpp"

namespace sluice::tool {

namespace {

/// Steps that failed for a reason.
std::string words_for_error(const copy_problem& p, const std::string& s, const std::string& t) {
  switch (p.step) {
    case copy_step::stat_source: return "cannot stat " + s;
    case copy_step::open_source: return "cannot open " + s + " for reading";
    case copy_step::read_source: return "error reading " + s;
    case copy_step::read_directory: return "cannot access " + s;
    case copy_step::read_link: return "cannot read symbolic link " + s;
    case copy_step::stat_target: return "cannot stat " + t;
    case copy_step::remove_target: return "cannot remove " + t;
    case copy_step::create_file:
    case copy_step::open_target: return "cannot create regular file " + t;
    case copy_step::create_directory: return "cannot create directory " + t;
    case copy_step::create_symlink: return "cannot create symbolic link " + t;
    case copy_step::create_link_to: return "cannot create symbolic link " + t + " to " + s;
    case copy_step::create_fifo: return "cannot create fifo " + t;
    case copy_step::create_special: return "cannot create special file " + t;
    case copy_step::create_link: return "cannot create hard link " + t + " to " + s;
    case copy_step::write_target: return "error writing " + t;
    case copy_step::copy_bytes: return "error copying " + s + " to " + t;
    case copy_step::clone: return "failed to clone " + t + " from " + s;
    case copy_step::set_size: return "failed to extend " + t;
    case copy_step::set_owner: return "failed to preserve ownership for " + t;
    case copy_step::set_mode: return "preserving permissions for " + t;
    case copy_step::open_up: return "setting permissions for " + t;
    case copy_step::set_times: return "preserving times for " + t;
    case copy_step::list_xattrs: return "listing attributes of " + s;
    case copy_step::set_xattr:
      if (p.why == errc::not_supported) return "setting attributes for " + t;
      return "setting attribute " + quoted(p.detail) + " for " + t;
    case copy_step::get_context: return "failed to get security context of " + s;
    case copy_step::set_context: return "failed to set the security context of " + t;
    case copy_step::back_up: return "cannot backup " + t;
    case copy_step::restore_backup: return "cannot un-backup " + t;
    case copy_step::stat_parent: return "failed to get attributes of " + s;
    case copy_step::make_parent: return "cannot make directory " + t;
    case copy_step::sync_target: return "error syncing " + t;
    case copy_step::sync_directory: return "error syncing directory " + t;
    case copy_step::verify_target: return "cannot verify " + t;
    case copy_step::open_journal: return "cannot open journal " + t;
    case copy_step::write_journal: return "error writing journal " + t;
    default: return {};
  }
}

/// The rest, which say it all.
std::string words_for_fact(copy_step step, const std::string& s, const std::string& t) {
  switch (step) {
    case copy_step::omit_directory: return "-r not specified; omitting directory " + s;
    case copy_step::same_file: return s + " and " + t + " are the same file";
    case copy_step::into_itself:
      return "cannot copy a directory, " + s + ", into itself, " + t;
    case copy_step::directory_over_other:
      return "cannot overwrite non-directory " + t + " with directory " + s;
    case copy_step::other_over_directory:
      return "cannot overwrite directory " + t + " with non-directory";
    case copy_step::dangling_target: return "not writing through dangling symlink " + t;
    case copy_step::just_created: return "will not overwrite just-created " + t + " with " + s;
    case copy_step::through_just_created:
      return "will not copy " + s + " through just-created symlink " + t;
    case copy_step::cyclic_link: return "cannot copy cyclic symbolic link " + s;
    case copy_step::link_to_directory:
      return "will not create hard link " + t + " to directory " + s;
    case copy_step::replaced_source:
      return "skipping file " + s + ", as it was replaced while being copied";
    case copy_step::replaced_target:
      return "skipping file " + s + ", as " + t + " was replaced meanwhile";
    case copy_step::backup_is_source:
      return "backing up " + t + " might destroy source;  " + s + " not copied";
    case copy_step::not_a_directory: return t + " exists but is not a directory";
    case copy_step::unknown_type: return s + " has unknown file type";
    case copy_step::no_room_left: return "skipping file " + s + ", as there is no room for " + t;
    case copy_step::not_regular:
      return "cannot replace " + t + " at once: it is not a regular file";
    case copy_step::several_names:
      return "cannot replace " + t + " at once: it has other names";
    case copy_step::differs: return t + " differs from " + s + " when read again";
    case copy_step::source_changed: return s + " changed while it was copied";
    case copy_step::journal_in_use: return "journal " + t + " is in use by another copy";
    case copy_step::no_journal: return t + " is not a journal of a copy of yours";
    case copy_step::incomplete: return t + " is incomplete";
    case copy_step::repeated_file:
      return "warning: source file " + s + " specified more than once";
    case copy_step::repeated_directory:
      return "warning: source directory " + s + " specified more than once";
    case copy_step::source_grew: return "warning: " + s + " grew while it was copied";
    case copy_step::source_shrank: return "warning: " + s + " shrank while it was copied";
    case copy_step::source_rewritten: return "warning: " + s + " changed while it was copied";
    default: return {};
  }
}

bool has_reason(copy_step step) noexcept { return step < copy_step::omit_directory; }

}  // namespace

std::string words_for(const copy_problem& p) {
  if (p.step == copy_step::relative_link) {
    return quoted_if_needed(p.target) + ": can make relative symbolic links only in current directory";
  }
  const std::string s = quoted(p.source);
  const std::string t = quoted(p.target);
  if (has_reason(p.step)) return words_for_error(p, s, t) + ": " + reason(p.why);
  return words_for_fact(p.step, s, t);
}

std::string words_for(const copy_verified& v) {
  std::string text = "verified " + std::to_string(v.files) + (v.files == 1 ? " file, " : " files, ") +
                     std::to_string(v.bytes) + " bytes";
  const auto add = [&text](std::uint64_t bytes, const char* how) {
    if (bytes > 0) text += "; " + std::to_string(bytes) + " " + how;
  };
  add(v.direct, "read past the page cache");
  add(v.dropped, "read after the page cache was told to forget them");
  add(v.cached, "read from memory, where they are kept");
  return text;
}

std::string question_for(const std::string& target, const file_status& there, bool writable,
                         bool replaces) {
  if (writable) return "overwrite " + quoted(target) + "? ";
  std::string rights = "rwxrwxrwx";
  for (std::size_t bit = 0; bit < 9; ++bit) {
    if ((there.mode >> (8 - bit) & 1) == 0) rights[bit] = '-';
  }
  const auto special = [&](std::uint16_t bit, std::size_t at, char set) {
    if ((there.mode & bit) == 0) return;
    rights[at] = rights[at] == '-' ? static_cast<char>(set - 'a' + 'A') : set;
  };
  special(04000, 2, 's');
  special(02000, 5, 's');
  special(01000, 8, 't');
  std::string mode;
  for (int shift = 9; shift >= 0; shift -= 3) {
    mode += static_cast<char>('0' + (there.mode >> shift & 7));
  }
  if (replaces) return "replace " + quoted(target) + ", overriding mode " + mode + " (" + rights + ")? ";
  return "unwritable " + quoted(target) + " (mode " + mode + ", " + rights + "); try anyway? ";
}

}  // namespace sluice::tool
