#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

SLUICE_CASE(mkdir_and_rmdir, open, mkdir, unlink, stat) {
  // A mode from which a umask that anybody has takes nothing.
  const auto made = co_await p.root.mkdir("d", 0700);
  CHECK_GOOD(made);
  const auto again = co_await p.root.mkdir("d");
  CHECK_FAILS(again, exists);
  const auto itself = co_await p.root.mkdir(".");
  CHECK_FAILS(itself, exists);
  const auto s = co_await p.root.stat("d");
  REQUIRE_GOOD(s);
  CHECK_SAME(s->mode, 0700);
  const auto f = co_await make_file(p.root, "d/f", as_bytes("x"));
  REQUIRE_GOOD(f);
  const auto full = co_await p.root.rmdir("d");
  CHECK_FAILS(full, not_empty);
  const auto dot = co_await p.root.rmdir("d/.");
  CHECK_FAILS(dot, invalid);
  const auto dots = co_await p.root.rmdir("d/..");
  CHECK_FAILS(dots, not_empty);
  const auto as_file = co_await p.root.unlink("d");
  CHECK_FAILS(as_file, is_directory);
  const auto as_dir = co_await p.root.rmdir("d/f");
  CHECK_FAILS(as_dir, not_directory);
  const auto below_file = co_await p.root.mkdir("d/f/x");
  CHECK_FAILS(below_file, not_directory);
  const auto unlinked = co_await p.root.unlink("d/f");
  CHECK_GOOD(unlinked);
  const auto removed = co_await p.root.rmdir("d/");
  CHECK_GOOD(removed);
  const auto gone = co_await p.root.stat("d");
  CHECK_FAILS(gone, not_found);
}

SLUICE_CASE(a_removed_directory_takes_no_names, open, mkdir, unlink) {
  const auto made = co_await p.root.mkdir("d");
  CHECK_GOOD(made);
  const auto d = co_await p.root.open_dir("d");
  REQUIRE_GOOD(d);
  const auto removed = co_await p.root.rmdir("d");
  CHECK_GOOD(removed);
  const auto file_in_it = co_await d->open("f", create_new);
  CHECK_FAILS(file_in_it, not_found);
  const auto dir_in_it = co_await d->mkdir("x");
  CHECK_FAILS(dir_in_it, not_found);
  const auto itself = co_await d->stat();
  CHECK_GOOD(itself);
}

SLUICE_CASE(directories_count_their_subdirectories, mkdir, stat) {
  const auto before = co_await p.root.stat();
  REQUIRE_GOOD(before);
  if (before->links == 1) {  // a file system that does not count
    CHECK_SAME(before->links, 1u);
    const auto made = co_await p.root.mkdir("unused");
    CHECK_GOOD(made);
    co_return;
  }
  const auto made = co_await p.root.mkdir("sub");
  CHECK_GOOD(made);
  const auto after = co_await p.root.stat();
  REQUIRE_GOOD(after);
  CHECK_SAME(after->links, before->links + 1);
  const auto sub = co_await p.root.stat("sub");
  REQUIRE_GOOD(sub);
  CHECK_SAME(sub->links, 2u);
}

SLUICE_CASE(rename_moves, open, rename, mkdir, stat) {
  const auto f = co_await make_file(p.root, "a", as_bytes("first"));
  const auto g = co_await make_file(p.root, "b", as_bytes("second"));
  REQUIRE_GOOD(f);
  REQUIRE_GOOD(g);
  const auto kept = co_await p.root.rename("a", p.root, "b", rename_mode::no_replace);
  CHECK_FAILS(kept, exists);
  const auto swapped = co_await p.root.rename("a", p.root, "b", rename_mode::exchange);
  CHECK_GOOD(swapped);
  const auto in_a = co_await content_of(p.root, "a");
  REQUIRE_GOOD(in_a);
  CHECK_SAME(as_text(*in_a), "second");
  const auto made = co_await p.root.mkdir("d");
  CHECK_GOOD(made);
  const auto d = co_await p.root.open_dir("d");
  REQUIRE_GOOD(d);
  const auto moved = co_await p.root.rename("a", *d, "c");
  CHECK_GOOD(moved);
  const auto away = co_await p.root.stat("a");
  CHECK_FAILS(away, not_found);
  const auto replaced = co_await d->rename("c", p.root, "b");
  CHECK_GOOD(replaced);
  const auto in_b = co_await content_of(p.root, "b");
  REQUIRE_GOOD(in_b);
  CHECK_SAME(as_text(*in_b), "second");
  const auto into_itself = co_await p.root.rename("d", *d, "d");
  CHECK_FAILS(into_itself, invalid);
  const auto missing = co_await p.root.rename("none", p.root, "x");
  CHECK_FAILS(missing, not_found);
}

SLUICE_CASE(links_share_a_file, open, link, unlink, stat, mkdir) {
  const auto f = co_await make_file(p.root, "a", as_bytes("shared"));
  REQUIRE_GOOD(f);
  const auto linked = co_await p.root.link("a", p.root, "b");
  CHECK_GOOD(linked);
  const auto taken = co_await p.root.link("a", p.root, "b");
  CHECK_FAILS(taken, exists);
  const auto s = co_await p.root.stat("b");
  REQUIRE_GOOD(s);
  CHECK_SAME(s->links, 2u);
  const auto unlinked = co_await p.root.unlink("a");
  CHECK_GOOD(unlinked);
  const auto content = co_await content_of(p.root, "b");
  REQUIRE_GOOD(content);
  CHECK_SAME(as_text(*content), "shared");
  const auto made = co_await p.root.mkdir("d");
  CHECK_GOOD(made);
  const auto to_dir = co_await p.root.link("d", p.root, "e");
  CHECK_FAILS(to_dir, permission_denied);
}

SLUICE_CASE(symbolic_links, open, symlink, readlink, stat) {
  const auto f = co_await make_file(p.root, "target", as_bytes("pointed at"));
  REQUIRE_GOOD(f);
  const auto made = co_await p.root.symlink("target", "l");
  CHECK_GOOD(made);
  char text[100];
  const auto n = co_await p.root.readlink("l", text);
  REQUIRE_GOOD(n);
  CHECK_SAME(std::string(text, *n), "target");
  const auto cut = co_await p.root.readlink("l", std::span(text).first(3));
  REQUIRE_GOOD(cut);
  CHECK_SAME(*cut, 3u);
  const auto itself = co_await p.root.stat("l");
  REQUIRE_GOOD(itself);
  CHECK_SAME(itself->type, file_type::symlink);
  const auto behind = co_await p.root.stat("l", stat_mask::basic, lookup::follow);
  REQUIRE_GOOD(behind);
  CHECK_SAME(behind->type, file_type::regular);
  const auto content = co_await content_of(p.root, "l");
  REQUIRE_GOOD(content);
  CHECK_SAME(as_text(*content), "pointed at");
  const auto no_link = co_await p.root.readlink("target", text);
  CHECK_FAILS(no_link, invalid);
  const auto loop = co_await p.root.symlink("round", "round");
  CHECK_GOOD(loop);
  const auto forever = co_await p.root.open("round", open_mode::read);
  CHECK_FAILS(forever, too_many_links);
}

SLUICE_CASE(opening_a_fifo_waits_for_nobody, open, mknod, stat) {
  const auto made = co_await p.root.mkfifo("fifo", 0600);
  CHECK_GOOD(made);
  const auto s = co_await p.root.stat("fifo");
  REQUIRE_GOOD(s);
  CHECK_SAME(s->type, file_type::fifo);
  CHECK_SAME(s->mode, 0600);
  const auto reader = co_await p.root.open("fifo", open_mode::read);
  CHECK_GOOD(reader);
  const auto writer = co_await p.root.open("fifo", open_mode::write);
  CHECK_GOOD(writer);
  const auto again = co_await p.root.mkfifo("fifo");
  CHECK_FAILS(again, exists);
  const auto what = co_await p.root.mknod("x", file_type::directory, 0600);
  CHECK_FAILS(what, invalid);
}

}  // namespace
}  // namespace sluice::conformance
