// What is left to do when a file is full: to make it durable, to compare it, to give it its name, and
// to remember it.
#include "fs/copy/journal.hpp"
#include "fs/copy/pair.hpp"
#include "sluice/core/for_each.hpp"

namespace sluice::inline v0::copying {

namespace {

constexpr std::size_t synced_together = 32;  // files; each holds a descriptor

std::string name_of(const item& i) { return {i.target_name.c_str(), i.target_name.size()}; }

/// Its bytes are safe and right, as far as that was asked for. False: a problem was reported.
task<bool> secure(context& c, const item& i, pair_of_files& p) {
  if (!c.syncs() || !p.regular_target) co_return true;
  auto syncing = sync_file(p.to);
  auto synced = co_await std::move(syncing);
  if (!synced) {
    c.fail(i, copy_step::sync_target, synced.error());
    co_return false;
  }
  if (!c.options.verify || c.options.kind != copy_kind::whole || !p.seekable) co_return true;
  const std::string name = p.aside ? p.aside->temporary : name_of(i);
  auto verifying = verify_data(c, i, p.in(i), p.from, p.to, name, p.status);
  const bool same = co_await std::move(verifying);
  co_return same;
}

/// For the next run: after the file has its name, and after its bytes are durable, if they are to be.
task<void> remember(context& c, const item& i, const pair_of_files& p) {
  if (!c.journal || !p.regular_target || !p.seekable) co_return;
  auto made = co_await p.to.stat();
  if (!made) co_return;
  auto adding = c.journal->add(c, file_line(c.journal->key_of(i.target_path()), source_mark_of(p.status),
                                            target_mark_of(*made), c.options.durable));
  co_await std::move(adding);
}

task<bool> secure_and_publish(context& c, const item& i, pair_of_files& p) {
  auto securing = secure(c, i, p);
  const bool secured = co_await std::move(securing);
  if (!secured) co_return false;
  if (!p.aside) co_return true;
  if (c.stopping()) co_return false;
  auto publishing = publish(c, i, p);
  const bool published = co_await std::move(publishing);
  co_return published;
}

/// True: the copy is all that it was to be.
task<bool> settle_one(context& c, const item& i, pair_of_files& p) {
  auto doing = secure_and_publish(c, i, p);
  const bool whole = co_await std::move(doing);
  if (whole) {
    auto remembering = remember(c, i, p);
    co_await std::move(remembering);
  } else {
    auto taking = take_back(c, i, p);
    co_await std::move(taking);
    auto restoring = restore_backup(c, i);
    co_await std::move(restoring);
  }
  auto ending = close_and_count(c, i, p, whole ? outcome::made : outcome::none);
  const outcome how = co_await std::move(ending);
  co_return how == outcome::made;
}

/// An earlier run of this copy has done it, and nobody has touched either side since.
task<bool> was_done(context& c, const item& i) {
  if (!c.journal || !c.journal->resumed()) co_return false;
  const journal_book::entry* done =
      c.journal->before().done(c.journal->key_of(i.target_path()), c.options.durable);
  if (done == nullptr) co_return false;
  auto from = co_await i.from.stat(i.name, stat_mask::basic,
                                   i.follow ? lookup::follow : lookup::no_follow);
  if (!from || digest_of(source_mark_of(*from)) != done->from) co_return false;
  auto to = co_await i.to.stat(i.target_name, stat_mask::basic, lookup::follow);
  if (!to || digest_of(target_mark_of(*to)) != done->to) co_return false;
  link_lead leads;
  auto linking = linked_to_first(c, i, *from, leads);
  const bool linked = co_await std::move(linking);
  if (!linked) leads.made(i);
  c.count(outcome::kept, from->size);
  co_return true;
}

struct settling_one {
  context& c;
  task<void> operator()(full_file* f) const {
    auto settling = settle_one(c, f->what, f->files);
    const bool whole = co_await std::move(settling);
    static_cast<void>(whole);  // if not, that was told
  }
};

}  // namespace

task<void> take_back(context& c, const item& i, pair_of_files& p) {
  if (!p.fresh) {
    c.fail(i, copy_step::incomplete);
    p.unfinished.finished();  // not told twice
    co_return;
  }
  if (p.aside && p.aside->temporary.empty()) co_return;  // it has no name
  const std::string name = p.aside ? p.aside->temporary : name_of(i);
  auto ours = co_await p.to.stat(stat_mask::inode);
  if (!ours) co_return;
  auto removing = remove_own(p.in(i), name, identity_of(*ours));
  auto gone = co_await std::move(removing);
  if (!gone) c.fail(i, copy_step::incomplete);
}

task<outcome> copy_and_settle(context& c, const item& i, file_type expected) {
  auto asking = was_done(c, i);
  const bool done = co_await std::move(asking);
  if (done) co_return outcome::kept;
  auto full = std::make_unique<full_file>(i);
  pair_of_files& p = full->files;
  if (c.options.atomic) p.aside = std::make_unique<aside>();
  auto filling = open_and_fill(c, full->what, expected, p);
  const outcome filled = co_await std::move(filling);
  if (filled != outcome::made) {
    auto ending = close_and_count(c, i, p, filled);
    const outcome how = co_await std::move(ending);
    co_return how;
  }
  // Other names wait for the first one, perhaps in this very task.
  const bool waits = i.later != nullptr && c.syncs() && !p.leads.pending();
  if (waits) {
    auto adding = i.later->add(std::move(full));
    co_await std::move(adding);
    co_return outcome::made;
  }
  auto settling = settle_one(c, full->what, p);
  const bool whole = co_await std::move(settling);
  co_return whole ? outcome::made : outcome::none;
}

task<void> full_files::add(std::unique_ptr<full_file> f) {
  files_.push_back(std::move(f));
  if (files_.size() < synced_together) co_return;
  auto settling = settle();
  co_await std::move(settling);
}

task<void> full_files::settle() {
  std::vector<full_file*> all;
  for (const auto& f : files_) all.push_back(f.get());
  const settling_one each(context_);
  auto settling = for_each_concurrent(all, synced_together, each);
  co_await std::move(settling);
  files_.clear();
}

}  // namespace sluice::inline v0::copying
