// What stands under a target's name is moved to one of its own before the copy is made.
#include <algorithm>

#include "fs/copy/context.hpp"
#include "fs/copy/paths.hpp"

namespace sluice::inline v0::copying {

namespace {

/// The number in "NAME.~NUMBER~", as text without leading zeros; empty if it is not that.
std::string number_in(const std::string& name, const std::string& of) {
  if (!name.starts_with(of + ".~") || !name.ends_with('~')) return {};
  const std::size_t from = of.size() + 2;
  if (name.size() < from + 2) return {};
  const std::string digits = name.substr(from, name.size() - from - 1);
  const bool is_number = std::ranges::all_of(digits, [](char d) { return d >= '0' && d <= '9'; });
  return is_number && digits[0] != '0' ? digits : std::string();
}

std::string one_more(std::string digits) {
  for (std::size_t at = digits.size(); at-- > 0;) {
    if (digits[at] != '9') {
      ++digits[at];
      return digits;
    }
    digits[at] = '0';
  }
  return "1" + digits;
}

/// The highest number that a backup of this name has; empty if there is none.
task<std::string> highest_number(const dir& in, const std::string& path) {
  std::string highest;
  const std::string above = directory_of(path);
  auto opened = co_await in.open_dir(above);
  if (!opened) co_return highest;
  const std::string name = last_name_of(path);
  std::vector<std::byte> records(32 * 1024);
  {
    dir_cursor cursor = opened->entries();
    for (;;) {
      auto batch = co_await cursor.next(records);
      if (!batch || batch->empty()) break;
      for (dir_entry e : *batch) {
        const std::string digits = number_in(e.name().c_str(), name);
        if (std::pair(digits.size(), digits) > std::pair(highest.size(), highest)) highest = digits;
      }
    }
  }
  auto closed = co_await opened->close();
  static_cast<void>(closed);
  co_return highest;
}

/// Whether the backup's name is the source's, which would be lost.
task<bool> would_destroy_source(const context& c, const item& i, const file_status& source) {
  const std::string target(i.target_name.c_str(), i.target_name.size());
  if (last_name_of(target) + c.options.backup_suffix != last_name_of(i.name)) co_return false;
  const std::string backup = target + c.options.backup_suffix;
  auto there = co_await i.to.stat(backup, stat_mask::inode, lookup::follow);
  co_return there && identity_of(*there) == identity_of(source);
}

/// In a dry run. Those that other operands would have got have numbers, too.
void suppose_backup(context& c, const item& i, const std::string& path, std::string backup) {
  while (c.supposed.find(i.path_beside(backup)) != nullptr) {
    const std::string number = number_in(last_name_of(backup), last_name_of(path));
    if (number.empty()) break;  // a simple one takes the place of the one before
    backup = path + ".~" + one_more(number) + "~";
  }
  if (i.operand() || c.supposed.remembers_all()) c.supposed.suppose(i.path_beside(backup), file_status());
  i.backup = std::move(backup);
}

}  // namespace

task<std::string> name_of_backup(context& c, const dir& in, std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const backup_mode how = c.options.backup;
  if (how == backup_mode::simple) co_return path + c.options.backup_suffix;
  auto numbering = highest_number(in, path);
  const std::string highest = co_await std::move(numbering);
  if (highest.empty() && how == backup_mode::existing) co_return path + c.options.backup_suffix;
  co_return path + ".~" + (highest.empty() ? std::string("1") : one_more(highest)) + "~";
}

task<bool> back_up(context& c, const item& i, const file_status& source) {
  if (c.options.backup != backup_mode::numbered) {
    auto asking = would_destroy_source(c, i, source);
    const bool destroys = co_await std::move(asking);
    if (destroys) {
      c.fail(i, copy_step::backup_is_source);
      co_return false;
    }
  }
  const std::string path(i.target_name.c_str(), i.target_name.size());
  for (;;) {
    auto naming = name_of_backup(c, i.to, path);
    const std::string backup = co_await std::move(naming);
    // A numbered one never replaces another, even one that somebody else is making right now.
    const bool simple = c.options.backup != backup_mode::numbered &&
                        backup == path + c.options.backup_suffix;
    if (c.supposed.on()) {
      suppose_backup(c, i, path, backup);
      co_return true;
    }
    const rename_mode how = simple ? rename_mode::replace : rename_mode::no_replace;
    auto moved = co_await i.to.rename(i.target_name, i.to, backup, how);
    if (!moved && moved.error() == errc::exists) continue;
    if (moved) i.backup = backup;
    if (moved || moved.error() == errc::not_found) co_return true;
    c.fail(i, copy_step::back_up, moved.error());
    co_return false;
  }
}

namespace {

/// Whether the target never went: the backup's name was another of its names, and to move one to the other
/// changes nothing.
task<bool> is_backup_itself(const item& i) {
  auto there = co_await i.to.stat(i.target_name, stat_mask::inode, lookup::no_follow);
  auto backup = co_await i.to.stat(i.backup, stat_mask::inode, lookup::no_follow);
  co_return there && backup && identity_of(*there) == identity_of(*backup);
}

/// What somebody has put there meanwhile stays; where the file system can't see to that, if it is there now.
task<result<void>> move_back(const item& i) {
  auto moved = co_await i.to.rename(i.backup, i.to, i.target_name, rename_mode::no_replace);
  if (!moved && moved.error() == errc::exists) {
    auto comparing = is_backup_itself(i);
    const bool same = co_await std::move(comparing);
    if (same) co_return result<void>();
    co_return moved;
  }
  const bool impossible = !moved && (moved.error() == errc::invalid || moved.error() == errc::not_supported);
  if (!impossible) co_return moved;
  auto there = co_await i.to.stat(i.target_name, stat_mask::type, lookup::no_follow);
  if (there) co_return std::unexpected(error(errc::exists));
  moved = co_await i.to.rename(i.backup, i.to, i.target_name);
  co_return moved;
}

}  // namespace

task<void> restore_backup(context& c, const item& i) {
  if (i.backup.empty()) co_return;
  auto moving = move_back(i);
  auto moved = co_await std::move(moving);
  if (moved) {
    c.tell_restored(i.backup_path(), i.target_path());
  } else {
    c.fail(i, copy_step::restore_backup, moved.error());
  }
  i.backup.clear();
}

}  // namespace sluice::inline v0::copying
