// What is made without being opened: symbolic links and special files.
#include "fs/copy/aside.hpp"
#include "fs/copy/paths.hpp"

namespace sluice::inline v0::copying {

namespace {

/// Makes a link or a special file; whatever stands there makes way, if it may.
template <class Make>
task<outcome> make_by_name(context& c, const item& i, const file_status& s, copy_step step,
                        bool replaces, Make make) {
  auto making = make(i.target_name);
  result<void> made = co_await std::move(making);
  const bool stood = !made && made.error() == errc::exists && (!i.among_copies() || replaces);
  if (stood) {
    auto judging_it = judge_target(c, i, s, judging::by_name);
    const verdict v = co_await std::move(judging_it);
    if (v == verdict::kept) co_return outcome::kept;
    if (v == verdict::skip) co_return outcome::none;
  }
  c.tell_copying(i, i.backup_path());
  if (stood) {
    auto again = make(i.target_name);
    made = co_await std::move(again);
    const bool may = replaces || c.options.atomic;
    if (!made && made.error() == errc::exists && may) {
      auto replacing = replace_target(c, i, make);
      made = co_await std::move(replacing);
    }
  }
  if (!made) {
    c.fail(i, step, made.error());
    auto restoring = restore_backup(c, i);
    co_await std::move(restoring);
  }
  co_return made ? outcome::made : outcome::none;
}

task<result<void>> make_symlink(const item& i, const std::string& text, path_ref at) {
  auto made = co_await i.to.symlink(text, at);
  co_return made;
}

task<result<void>> make_special(const item& i, const file_status& s, std::uint16_t mode,
                                path_ref at) {
  auto made = co_await i.to.mknod(at, s.type, mode, s.special_device);
  co_return made;
}

/// A relative path means the same from the target only in the current directory.
task<bool> lies_in_base(const context& c, const item& i) {
  if (i.in != nullptr && i.in->missing) co_return false;
  const path_ref itself;
  const std::string above = directory_of(i.target_name);
  auto base = co_await c.target_base.stat(itself, stat_mask::inode);
  auto here = co_await i.to.stat(above, stat_mask::inode, lookup::follow);
  co_return !base || !here || identity_of(*base) == identity_of(*here);
}

}  // namespace

task<outcome> copy_symlink(context& c, const item& i, const file_status& s) {
  std::string text(s.size + 1, '\0');
  for (;;) {
    auto read = co_await i.from.readlink(i.name, text);
    if (!read) {
      c.fail(i, copy_step::read_link, read.error());
      co_return outcome::none;
    }
    if (*read < text.size()) {
      text.resize(*read);
      break;
    }
    text.resize(text.size() * 2);  // it was cut: /proc tells sizes of 0
  }
  const auto make = [&i, &text](path_ref at) { return make_symlink(i, text, at); };
  auto making = make_by_name(c, i, s, copy_step::create_symlink, c.options.force, make);
  const outcome made = co_await std::move(making);
  co_return made;
}

task<outcome> symlink_would_lead(context& c, const item& i, const file_status& s) {
  if (i.source_path().starts_with('/')) co_return outcome::made;
  auto asking = lies_in_base(c, i);
  const bool fits = co_await std::move(asking);
  if (fits) co_return outcome::made;
  auto looking = has_to_be_made(c, i, s);
  const outcome would = co_await std::move(looking);
  if (would != outcome::made) co_return would;
  c.tell_copying(i);
  c.fail(i, copy_step::relative_link);
  co_return outcome::none;
}

task<outcome> symlink_instead(context& c, const item& i, const file_status& s) {
  auto asking = symlink_would_lead(c, i, s);
  const outcome would = co_await std::move(asking);
  if (would != outcome::made) co_return would;
  const std::string text = i.source_path();
  const auto make = [&i, &text](path_ref at) { return make_symlink(i, text, at); };
  auto making = make_by_name(c, i, s, copy_step::create_link_to, c.options.force, make);
  const outcome made = co_await std::move(making);
  co_return made;
}

task<outcome> copy_special(context& c, const item& i, const file_status& s) {
  const bool fifo = s.type == file_type::fifo;
  const bool known = fifo || s.type == file_type::character || s.type == file_type::block ||
                     s.type == file_type::socket;
  if (!known) {
    c.fail(i, copy_step::unknown_type);
    co_return outcome::none;
  }
  const std::uint16_t mode = mode_to_make(c, s);
  const auto make = [&i, &s, mode](path_ref at) { return make_special(i, s, mode, at); };
  const copy_step step = fifo ? copy_step::create_fifo : copy_step::create_special;
  auto making = make_by_name(c, i, s, step, false, make);
  const outcome made = co_await std::move(making);
  co_return made;
}

}  // namespace sluice::inline v0::copying
