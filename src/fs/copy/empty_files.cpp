#include "fs/copy/empty_files.hpp"

#include <memory>

namespace sluice::inline v0::copying {

namespace {

struct turn {
  std::atomic_flag& taken;
  explicit turn(std::atomic_flag& t) noexcept : taken(t) {}
  ~turn() { taken.clear(std::memory_order_release); }
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;
};

}  // namespace

bool empty_files::leaves_for_later(const full_file& f) const noexcept {
  const file_status& s = f.files.status;
  const bool may_be_linked = context_.options.preserve_links && (s.links > 1 || f.what.follow);
  return s.size == 0 && !may_be_linked;
}

task<void> empty_files::copy(const item& i) {
  if (context_.stopping()) co_return;
  auto f = std::make_unique<full_file>(i);
  auto opening = open_source(context_, f->what, file_type::regular, f->files);
  const bool opened = co_await std::move(opening);
  if (opened && leaves_for_later(*f)) {
    opened_.push_back(std::move(f));
    if (++i.lane->opened_ahead < context_.most_ahead) co_return;
    auto making = make();
    co_await std::move(making);
    co_return;
  }
  auto ending = end_copy(context_, f->what, f->files, opened);
  co_await std::move(ending);
}

task<void> empty_files::make() {
  if (opened_.empty()) co_return;
  while (in_.being_filled.test_and_set(std::memory_order_acquire)) {
    // Looked at only, until it may be had: else its memory goes to and fro as the directory's lock would.
    while (in_.being_filled.test(std::memory_order_relaxed)) co_await yield();
  }
  {
    const turn mine(in_.being_filled);
    for (const auto& f : opened_) {
      if (context_.stopping()) break;
      auto creating = try_to_create(context_, f->what, f->files);
      auto made = co_await std::move(creating);
      static_cast<void>(made);  // if not, whoever goes on tries it again, and tells
    }
  }
  for (const auto& f : opened_) {
    --f->what.lane->opened_ahead;
    if (context_.stopping() && !f->files.to) continue;
    auto ending = end_copy(context_, f->what, f->files, true);
    co_await std::move(ending);
  }
  opened_.clear();
}

}  // namespace sluice::inline v0::copying
