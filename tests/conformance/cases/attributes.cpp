#include <algorithm>
#include <string>

#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

SLUICE_CASE(stat_tells_of_files_and_directories, open, mkdir, stat) {
  const auto f = co_await make_file(p.root, "f", pattern(12'345));
  REQUIRE_GOOD(f);
  const auto made = co_await p.root.mkdir("d", 0700);
  CHECK_GOOD(made);
  const auto by_handle = co_await f->stat();
  const auto by_name = co_await p.root.stat("f");
  const auto d = co_await p.root.stat("d");
  REQUIRE_GOOD(by_handle);
  REQUIRE_GOOD(by_name);
  REQUIRE_GOOD(d);
  CHECK_SAME(by_handle->inode, by_name->inode);
  CHECK_SAME(by_name->type, file_type::regular);
  CHECK_SAME(by_name->size, 12'345u);
  CHECK_SAME(by_name->links, 1u);
  CHECK_THAT((by_name->have & stat_mask::basic) == stat_mask::basic);
  CHECK_THAT(by_name->modified.seconds > 1'600'000'000);
  CHECK_SAME(d->type, file_type::directory);
  CHECK_SAME(d->mode, 0700);
  CHECK_THAT(d->inode != by_name->inode);
  CHECK_SAME(d->device, by_name->device);
}

SLUICE_CASE(writing_changes_the_times, open, stat, write_at, set_times) {
  const auto f = co_await make_file(p.root, "f", as_bytes("1"));
  REQUIRE_GOOD(f);
  const time_change old = time_change::at(timestamp{1000, 1});
  const auto aged = co_await f->set_times(old, old);
  CHECK_GOOD(aged);
  const auto before = co_await f->stat();
  const auto written = co_await f->write_all_at(as_bytes("2"), 1);
  CHECK_THAT(written.whole());
  const auto after = co_await f->stat();
  REQUIRE_GOOD(before);
  REQUIRE_GOOD(after);
  CHECK_SAME(before->modified.seconds, 1000);
  CHECK_THAT(after->modified > before->modified);
  CHECK_THAT(after->changed >= before->changed);
  CHECK_SAME(after->accessed.seconds, 1000);
}

SLUICE_CASE(times_have_nanoseconds, open, stat, set_times) {
  const auto f = co_await make_file(p.root, "f", as_bytes("1"));
  REQUIRE_GOOD(f);
  const timestamp accessed{1'234'567'890, 123'456'789};
  const timestamp modified{-5, 7};
  const auto set = co_await f->set_times(time_change::at(accessed), time_change::at(modified));
  CHECK_GOOD(set);
  const auto s = co_await p.root.stat("f");
  REQUIRE_GOOD(s);
  CHECK_THAT(s->accessed == accessed);
  CHECK_THAT(s->modified == modified);
  const auto half = co_await p.root.set_times("f", time_change(), time_change::now());
  CHECK_GOOD(half);
  const auto then = co_await p.root.stat("f");
  REQUIRE_GOOD(then);
  CHECK_THAT(then->accessed == accessed);
  CHECK_THAT(then->modified.seconds > 1'600'000'000);
  const timestamp wrong{0, 2'000'000'000};
  const auto refused = co_await f->set_times(time_change::at(wrong), time_change());
  CHECK_FAILS(refused, invalid);
}

SLUICE_CASE(modes_can_be_set, open, stat, set_mode) {
  const auto f = co_await make_file(p.root, "f", as_bytes("1"));
  REQUIRE_GOOD(f);
  const auto by_handle = co_await f->set_mode(0640);
  CHECK_GOOD(by_handle);
  const auto a = co_await f->stat();
  REQUIRE_GOOD(a);
  CHECK_SAME(a->mode, 0640);
  const auto by_name = co_await p.root.set_mode("f", 01751);
  CHECK_GOOD(by_name);
  const auto b = co_await f->stat();
  REQUIRE_GOOD(b);
  CHECK_SAME(b->mode, 01751);
  const auto missing = co_await p.root.set_mode("none", 0600);
  CHECK_FAILS(missing, not_found);
}

SLUICE_CASE(owners_can_be_set, open, stat, set_owner) {
  const auto f = co_await make_file(p.root, "f", as_bytes("1"));
  REQUIRE_GOOD(f);
  const auto before = co_await f->stat();
  REQUIRE_GOOD(before);
  // What everyone may do: leave it as it is.
  const auto same = co_await f->set_owner(before->owner, before->group);
  CHECK_GOOD(same);
  const auto kept = co_await p.root.set_owner("f", keep_id, keep_id);
  CHECK_GOOD(kept);
  if (before->owner == 0) {
    const auto other = co_await f->set_owner(12'345, keep_id);
    CHECK_GOOD(other);
    const auto after = co_await f->stat();
    REQUIRE_GOOD(after);
    CHECK_SAME(after->owner, 12'345u);
    CHECK_SAME(after->group, before->group);
  }
}

SLUICE_CASE(extended_attributes, open, list_xattr, get_xattr, set_xattr, remove_xattr) {
  const auto f = co_await make_file(p.root, "f", as_bytes("1"));
  REQUIRE_GOOD(f);
  bytes buffer(100);
  const auto set = co_await f->set_xattr("user.colour", as_bytes("red"));
  if (!set && set.error() == errc::not_supported) {
    CHECK_FAILS(set, not_supported);  // the file system has none
    const auto got = co_await f->get_xattr("user.colour", buffer);
    const auto removed = co_await f->remove_xattr("user.colour");
    const auto listed = co_await f->list_xattr(std::span<char>());
    CHECK_THAT(!got.has_value() && !removed.has_value());
    CHECK_THAT(!listed.has_value() || *listed == 0);
    co_return;
  }
  CHECK_GOOD(set);
  const auto size = co_await p.root.get_xattr("f", "user.colour", std::span<std::byte>());
  REQUIRE_GOOD(size);
  CHECK_SAME(*size, 3u);
  const auto got = co_await p.root.get_xattr("f", "user.colour", buffer);
  REQUIRE_GOOD(got);
  CHECK_SAME(as_text(std::span(buffer).first(*got)), "red");
  const auto cut = co_await f->get_xattr("user.colour", std::span(buffer).first(2));
  CHECK_FAILS(cut, too_small);
  const auto taken = co_await f->set_xattr("user.colour", as_bytes("x"), ops::xattr_mode::create);
  CHECK_FAILS(taken, exists);
  const auto absent = co_await f->set_xattr("user.none", as_bytes("x"), ops::xattr_mode::replace);
  CHECK_FAILS(absent, no_attribute);
  char names[256];
  const auto listed = co_await p.root.list_xattr("f", names);
  REQUIRE_GOOD(listed);
  const std::string_view all(names, *listed);
  CHECK_THAT(all.find(std::string_view("user.colour\0", 12)) != all.npos);
  const auto removed = co_await p.root.remove_xattr("f", "user.colour");
  CHECK_GOOD(removed);
  const auto gone = co_await f->get_xattr("user.colour", buffer);
  CHECK_FAILS(gone, no_attribute);
}

SLUICE_CASE(the_file_system_tells_of_itself, open, stat_fs) {
  const auto of_dir = co_await p.root.stat_fs();
  REQUIRE_GOOD(of_dir);
  const auto f = co_await make_file(p.root, "f", as_bytes("1"));
  REQUIRE_GOOD(f);
  const auto of_file = co_await f->stat_fs();
  REQUIRE_GOOD(of_file);
  CHECK_SAME(of_dir->type, of_file->type);
  CHECK_THAT(of_dir->block_size > 0 && of_dir->blocks > 0);
  CHECK_THAT(of_dir->blocks_free <= of_dir->blocks);
  CHECK_THAT(of_dir->name_max >= 255);
  CHECK_THAT(!of_dir->read_only);
}

}  // namespace
}  // namespace sluice::conformance
