// A file that stands there is opened to be written over. It keeps its contents until it is clear that it
// is the one that was judged: who can change names in its directory may have led us elsewhere meanwhile.
#include "fs/copy/pair.hpp"

namespace sluice::inline v0::copying {

namespace {

/// Whether what was opened is what was judged before. In an overlay a file may get another identity when
/// it is first opened for writing, and keeps the rest; nor does every file system remember identities.
/// Behind a link that led nowhere something empty may have been made.
bool is_same(const file_status& judged, const file_status& now) noexcept {
  const bool regular = now.type == file_type::regular;
  if (!any(judged.have)) return regular && now.size == 0;
  if (identity_of(now) == identity_of(judged)) return true;
  return regular && judged.type == now.type && judged.size == now.size &&
         judged.modified == now.modified && judged.mode == now.mode && judged.owner == now.owner &&
         judged.group == now.group;
}

/// Empties what was opened to be written over. False: it is not what was judged, and stays as it is.
task<result<bool>> empty_target(context& c, const item& i, pair_of_files& p,
                                const file_status& judged) {
  auto now = co_await p.to.stat();
  if (!now) co_return std::unexpected(now.error());
  if (!is_same(judged, *now)) co_return false;
  p.regular_target = now->type == file_type::regular;
  p.seekable &= p.regular_target;
  if (c.options.kind != copy_kind::whole) co_return true;
  p.unfinished.begin_over(c.options.stop, i);
  if (!p.regular_target) co_return true;
  auto emptied = co_await p.to.truncate(0);
  if (emptied) co_return true;
  p.unfinished.finished();
  co_return std::unexpected(emptied.error());
}

}  // namespace

task<result<bool>> open_standing(context& c, const item& i, pair_of_files& p,
                                 const file_status& judged) {
  constexpr open_mode how = open_mode::write | open_mode::wait_for_peer;
  auto opened = co_await i.to.open(i.target_name, how);
  const bool led_nowhere = !any(judged.have) && c.options.through_dangling;
  if (!opened && opened.error() == errc::not_found && led_nowhere) {
    opened = co_await i.to.open(i.target_name, how | open_mode::create, mode_to_make(c, p.status));
  }
  if (!opened) co_return std::unexpected(opened.error());
  p.to = std::move(*opened);
  auto emptying = empty_target(c, i, p, judged);
  auto emptied = co_await std::move(emptying);
  if (emptied) co_return emptied;
  auto closed = co_await p.to.close();
  static_cast<void>(closed);  // nothing was written to it
  co_return emptied;
}

}  // namespace sluice::inline v0::copying
