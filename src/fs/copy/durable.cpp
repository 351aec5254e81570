// Making durable what a copy made.
#include "fs/copy/context.hpp"
#include "fs/copy/journal.hpp"
#include "fs/copy/paths.hpp"
#include "sluice/core/for_each.hpp"

namespace sluice::inline v0::copying {

namespace {

/// Some file systems have nothing to sync, and say so.
result<void> tolerable(result<void> synced) {
  if (!synced && (synced.error() == errc::invalid || synced.error() == errc::not_supported)) return {};
  return synced;
}

task<result<void>> sync_place(context& c, place* p) {
  if (p == nullptr) {
    auto syncing_base = sync_path(c.target_base, ".");
    auto synced = co_await std::move(syncing_base);
    co_return synced;
  }
  auto pinning = c.places->pin(*p);
  auto pinned = co_await std::move(pinning);
  if (!pinned) co_return std::unexpected(pinned.error());
  auto syncing = sync_path(**pinned, ".");  // it may be no more than a location
  auto synced = co_await std::move(syncing);
  c.places->unpin(*p);
  co_return synced;
}

/// Its names, and then the journal hears of it.
struct syncing_one {
  context& c;
  task<void> operator()(place* p) const {
    const std::string path = p != nullptr ? directory_of(p->path_of(".")) : ".";
    auto syncing = sync_place(c, p);
    auto synced = co_await std::move(syncing);
    if (!synced) {
      c.fail(copy_step::sync_directory, {}, path, synced.error());
      co_return;
    }
    auto noting = note_synced(c, path);
    co_await std::move(noting);
  }
};

}  // namespace

task<result<void>> sync_file(const file& f) {
  auto synced = co_await f.sync();
  co_return tolerable(synced);
}

task<result<void>> sync_dir(const dir& d) {
  auto synced = co_await d.sync();
  co_return tolerable(synced);
}

task<result<void>> sync_path(const dir& in, std::string path) {
  auto opened = co_await in.open_dir(path);
  if (!opened) co_return std::unexpected(opened.error());
  auto syncing = sync_dir(*opened);
  auto synced = co_await std::move(syncing);
  auto closed = co_await opened->close();
  static_cast<void>(closed);
  co_return synced;
}

task<void> note_synced(context& c, std::string path) {
  if (!c.journal) co_return;
  auto adding = c.journal->add(c, synced_line(c.journal->key_of(std::move(path))));
  co_await std::move(adding);
}

task<void> sync_later(context& c) {
  const syncing_one each(c);
  constexpr std::size_t at_once = 16;
  auto syncing = for_each_concurrent(c.to_sync, at_once, each);
  co_await std::move(syncing);
  c.to_sync.clear();
}

}  // namespace sluice::inline v0::copying
