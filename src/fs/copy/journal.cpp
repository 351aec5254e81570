#include "fs/copy/journal.hpp"

#include <algorithm>

#include <vector>

#include "fs/copy/context.hpp"
#include "fs/copy/paths.hpp"
#include "sluice/io/ops.hpp"

namespace sluice::inline v0::copying {

namespace {

std::string without_slashes(std::string path) {
  while (!path.empty() && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

journal::journal(std::string path, std::string_view base, bool durable)
    : path_(std::move(path)),
      base_(without_slashes(std::string(base))),
      durable_(durable),
      before_({}) {}

bool journal::made_before(const file_status& there) {
  if (!resumed_) return false;
  std::call_once(asked_, [this] { targets_ = before_.targets(); });
  return std::ranges::binary_search(targets_, digest_of(target_mark_of(there)));
}

std::string journal::key_of(std::string path) const {
  path = without_slashes(std::move(path));
  if (!path.starts_with(base_)) return path;
  std::size_t from = base_.size();
  if (from < path.size() && path[from] != '/' && from > 0) return path;
  while (from < path.size() && path[from] == '/') ++from;
  // What lies in the base begins with a slash: another run may write the base in another way.
  return path.size() == from ? std::string() : "/" + path.substr(from);
}

/// A copy that was killed may hold its lock for a moment yet: the kernel lets go of what a ring has open
/// after its process has ended, and been waited for.
task<result<void>> journal::take_lock(space& in) {
  constexpr time_point_ns pause = 20'000'000;
  constexpr int tries = 50;
  result<void> locked;
  for (int i = 0; i < tries; ++i) {
    const auto now = co_await file_.lock(lock_kind::exclusive, false);
    locked = now;
    if (locked || locked.error() != errc::again) break;
    const auto slept = co_await call<ops::sleep>(in, pause);
    if (!slept) break;
  }
  co_return locked;
}

task<bool> journal::open(context& c) {
  const std::size_t at = last_name_in(path_);
  where_.name = path_.substr(at);
  if (at != 0) where_.above = &c.targets.at(path_.substr(0, at));
  constexpr bool again = false;  // it stays open
  auto holding = hold(c, where_, again);
  co_await std::move(holding);
  const dir& in = *where_.in;
  const open_mode how = open_mode::read | open_mode::write | open_mode::create | open_mode::no_follow;
  auto opened = co_await in.open(where_.name, how, 0600);
  if (!opened) {
    c.fail(copy_step::open_journal, {}, path_, opened.error());
    co_return false;
  }
  file_ = std::move(*opened);
  auto status = co_await file_.stat();
  const bool fit = status && status->type == file_type::regular && status->links == 1 &&
                   (c.options.user == keep_id || status->owner == c.options.user);
  if (!fit) {
    c.fail(copy_step::no_journal, {}, path_);
    co_return false;
  }
  auto locking = take_lock(in.in());
  const auto locked = co_await std::move(locking);
  if (!locked && locked.error() == errc::again) {
    c.fail(copy_step::journal_in_use, {}, path_);
    co_return false;
  }
  auto taking = take_over(c);
  const bool taken = co_await std::move(taking);
  co_return taken;
}

/// Piece by piece: that of a large copy is larger than all else that a copy needs memory for.
task<result<void>> journal::read_before(std::string& beginning, char& last) {
  constexpr std::size_t some = 256 * 1024;
  std::vector<std::byte> bytes(some);
  for (;;) {
    const auto got = co_await file_.read_at(bytes, end_);
    if (!got) co_return std::unexpected(got.error());
    if (*got == 0) co_return result<void>();
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), *got);
    if (beginning.size() < 64) beginning += text.substr(0, 64);
    last = text.back();
    before_.add(text);
    end_ += *got;
  }
}

/// Reads what is there, and begins this run.
task<bool> journal::take_over(context& c) {
  before_ = journal_book(c.options.boot);
  std::string beginning;
  char last = 0;
  auto reading = read_before(beginning, last);
  const auto all = co_await std::move(reading);
  resumed_ = before_.token().has_value();
  if (!all || (!resumed_ && !journal_book::is_beginning(beginning))) {
    c.fail(copy_step::no_journal, {}, path_);
    co_return false;
  }
  token_ = before_.token().value_or(c.options.unique);
  if (!resumed_) end_ = 0;
  if (!resumed_ && !beginning.empty()) {
    auto emptied = co_await file_.truncate(0);
    static_cast<void>(emptied);  // writing will tell
  }
  if (!resumed_) {
    waiting_ = journal_header(token_);
  } else if (last != '\n') {
    waiting_ = "\n";  // the last line was torn
  }
  waiting_ += boot_line(c.options.boot);
  auto starting = begin();
  auto begun = co_await std::move(starting);
  if (!begun) c.fail(copy_step::open_journal, {}, path_, begun.error());
  co_return begun.has_value();
}

task<result<void>> journal::begin() {
  const std::string first = std::exchange(waiting_, {});
  const auto bytes = std::as_bytes(std::span(first));
  const auto put = co_await file_.write_all_at(bytes, end_);
  if (!put) co_return std::unexpected(put.first_error);
  end_ += first.size();
  if (!durable_) co_return result<void>();
  auto synced = co_await file_.sync();
  if (!synced) co_return synced;
  auto syncing = sync_path(*where_.in, ".");
  synced = co_await std::move(syncing);
  co_return synced;
}

task<void> journal::add(context& c, std::string line) {
  {
    const std::lock_guard lock(mutex_);
    if (failed_) co_return;
    waiting_ += line;
    if (writing_) co_return;
    writing_ = true;
  }
  auto writing = write_waiting(c);
  co_await std::move(writing);
}

task<void> journal::write_waiting(context& c) {
  for (;;) {
    std::string some;
    {
      const std::lock_guard lock(mutex_);
      some.swap(waiting_);
      writing_ = !some.empty();
    }
    if (some.empty()) co_return;
    const auto bytes = std::as_bytes(std::span(some));
    const auto put = co_await file_.write_all_at(bytes, end_);
    end_ += put.done;
    if (!put) {
      fail(c, put.first_error);
      co_return;
    }
  }
}

/// The copy goes on; what it has remembered so far still holds.
void journal::fail(context& c, const error& why) {
  {
    const std::lock_guard lock(mutex_);
    failed_ = true;
    writing_ = false;
  }
  c.fail(copy_step::write_journal, {}, path_, why);
}

task<void> journal::end(context& c, bool all_done) {
  if (all_done && file_) {
    auto ours = co_await file_.stat(stat_mask::inode);
    result<void> gone;
    if (ours) {
      auto removing = remove_own(*where_.in, where_.name, identity_of(*ours));
      gone = co_await std::move(removing);
    }
    if (!gone) c.fail(copy_step::write_journal, {}, path_, gone.error());
  }
  let_go(c, where_);
  if (!file_) co_return;
  auto closed = co_await file_.close();
  static_cast<void>(closed);  // it is gone, or as good as what could be written
}

}  // namespace sluice::inline v0::copying
