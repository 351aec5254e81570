// What a rename does to every kind of thing that may be in its way.
#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

/// A file, an empty directory, a full one, and a symbolic link to a directory.
task<bool> make_one_of_each(const dir& in) {
  const auto f = co_await make_file(in, "file", as_bytes("f"));
  const auto g = co_await make_file(in, "other", as_bytes("o"));
  const auto empty = co_await in.mkdir("empty");
  const auto full = co_await in.mkdir("full");
  const auto inside = co_await make_file(in, "full/inside", as_bytes("i"));
  const auto link = co_await in.symlink("full", "link");
  co_return f && g && empty && full && inside && link;
}

/// POSIX lets a file system choose.
bool is_occupied(const result<void>& r) {
  return !r && (r.error() == errc::not_empty || r.error() == errc::exists);
}

SLUICE_CASE(rename_replaces_only_its_like, open, rename, mkdir, symlink, stat) {
  auto making = make_one_of_each(p.root);
  const bool made = co_await std::move(making);
  REQUIRE_THAT(made);
  const auto file_on_dir = co_await p.root.rename("file", p.root, "empty");
  CHECK_FAILS(file_on_dir, is_directory);
  const auto dir_on_file = co_await p.root.rename("empty", p.root, "file");
  CHECK_FAILS(dir_on_file, not_directory);
  const auto on_full = co_await p.root.rename("empty", p.root, "full");
  CHECK_THAT(is_occupied(on_full));
  const auto on_its_parent = co_await p.root.rename("full/inside", p.root, "full");
  CHECK_THAT(is_occupied(on_its_parent));
  const auto dir_on_link = co_await p.root.rename("empty", p.root, "link");
  CHECK_FAILS(dir_on_link, not_directory);
  const auto on_empty = co_await p.root.rename("full", p.root, "empty");
  CHECK_GOOD(on_empty);
  const auto inside = co_await p.root.stat("empty/inside");
  CHECK_GOOD(inside);
  const auto on_link = co_await p.root.rename("file", p.root, "link");
  CHECK_GOOD(on_link);
  const auto in_place = co_await p.root.stat("link");
  REQUIRE_GOOD(in_place);
  CHECK_SAME(in_place->type, file_type::regular);
}

SLUICE_CASE(rename_goes_nowhere_from_dots_and_slashes, open, rename, mkdir) {
  auto making = make_one_of_each(p.root);
  const bool made = co_await std::move(making);
  REQUIRE_THAT(made);
  const auto dot = co_await p.root.rename("full/.", p.root, "x");
  CHECK_FAILS(dot, busy);
  const auto dots = co_await p.root.rename("full/..", p.root, "x");
  CHECK_FAILS(dots, busy);
  const auto onto_dot = co_await p.root.rename("file", p.root, "full/.");
  CHECK_FAILS(onto_dot, busy);
  const auto kept_dot = co_await p.root.rename("file", p.root, ".", rename_mode::no_replace);
  CHECK_FAILS(kept_dot, exists);
  const auto file_slash = co_await p.root.rename("file/", p.root, "x");
  CHECK_FAILS(file_slash, not_directory);
  const auto to_slash = co_await p.root.rename("file", p.root, "x/");
  CHECK_FAILS(to_slash, not_directory);
  const auto dir_slash = co_await p.root.rename("full/", p.root, "y/");
  CHECK_GOOD(dir_slash);
  const auto below_itself = co_await p.root.rename("y", p.root, "y/inside/z");
  CHECK_FAILS(below_itself, not_directory);
  const auto into_itself = co_await p.root.rename("y", p.root, "y/z");
  CHECK_FAILS(into_itself, invalid);
  const auto there = co_await p.root.stat("y/inside");
  CHECK_GOOD(there);
}

SLUICE_CASE(rename_between_names_of_one_file_does_nothing, open, rename, link, stat) {
  const auto f = co_await make_file(p.root, "a", as_bytes("one"));
  REQUIRE_GOOD(f);
  const auto linked = co_await p.root.link("a", p.root, "b");
  CHECK_GOOD(linked);
  const auto moved = co_await p.root.rename("a", p.root, "b");
  CHECK_GOOD(moved);
  const auto a = co_await p.root.stat("a");
  const auto b = co_await p.root.stat("b");
  REQUIRE_GOOD(a);
  REQUIRE_GOOD(b);
  CHECK_SAME(a->inode, b->inode);
  CHECK_SAME(a->links, 2u);
}

SLUICE_CASE(exchange_swaps_whatever_is_there, open, rename, mkdir, stat) {
  auto making = make_one_of_each(p.root);
  const bool made = co_await std::move(making);
  REQUIRE_THAT(made);
  constexpr auto swap = rename_mode::exchange;
  const auto missing = co_await p.root.rename("file", p.root, "none", swap);
  CHECK_FAILS(missing, not_found);
  const auto enclosing = co_await p.root.rename("full/inside", p.root, "full", swap);
  CHECK_FAILS(enclosing, invalid);
  const auto swapped = co_await p.root.rename("full/inside", p.root, "empty", swap);
  CHECK_GOOD(swapped);
  const auto directory = co_await p.root.stat("full/inside");
  const auto file = co_await p.root.stat("empty");
  REQUIRE_GOOD(directory);
  REQUIRE_GOOD(file);
  CHECK_SAME(directory->type, file_type::directory);
  CHECK_SAME(file->type, file_type::regular);
  const auto up = co_await p.root.stat("full/inside/../..");
  const auto top = co_await p.root.stat();
  REQUIRE_GOOD(up);
  REQUIRE_GOOD(top);
  CHECK_SAME(up->inode, top->inode);
}

SLUICE_CASE(what_a_rename_replaces_lives_while_it_is_open, open, rename, read_at, mkdir) {
  const auto kept = co_await make_file(p.root, "kept", as_bytes("old"));
  const auto fresh = co_await make_file(p.root, "fresh", as_bytes("new"));
  REQUIRE_GOOD(kept);
  REQUIRE_GOOD(fresh);
  const auto moved = co_await p.root.rename("fresh", p.root, "kept");
  CHECK_GOOD(moved);
  const auto old = co_await content_of(*kept);
  REQUIRE_GOOD(old);
  CHECK_SAME(as_text(*old), "old");
  const auto a = co_await p.root.mkdir("a");
  const auto b = co_await p.root.mkdir("b");
  CHECK_GOOD(a);
  CHECK_GOOD(b);
  const auto gone = co_await p.root.open_dir("b");
  REQUIRE_GOOD(gone);
  const auto replaced = co_await p.root.rename("a", p.root, "b");
  CHECK_GOOD(replaced);
  const auto in_it = co_await gone->mkdir("x");
  CHECK_FAILS(in_it, not_found);
  const auto into_it = co_await p.root.rename("kept", *gone, "x");
  CHECK_FAILS(into_it, not_found);
}

}  // namespace
}  // namespace sluice::conformance
