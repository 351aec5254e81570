// Symbolic links on the way and at the end of a path.
#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

SLUICE_CASE(links_on_the_way_are_followed, open, mkdir, symlink, stat) {
  const auto a = co_await p.root.mkdir("a");
  const auto b = co_await p.root.mkdir("a/b");
  const auto f = co_await make_file(p.root, "a/b/f", as_bytes("deep"));
  const auto to_b = co_await p.root.symlink("b", "a/to_b");
  const auto through = co_await p.root.symlink("a//to_b/../to_b/", "through");
  CHECK_THAT(a && b && f && to_b && through);
  const auto deep = co_await content_of(p.root, "through/f");
  REQUIRE_GOOD(deep);
  CHECK_SAME(as_text(*deep), "deep");
  const auto made = co_await make_file(p.root, "through/new", as_bytes("x"));
  CHECK_GOOD(made);
  const auto there = co_await p.root.stat("a/b/new");
  CHECK_GOOD(there);
  const auto refused = co_await p.root.open("through/f", open_mode::read | open_mode::no_symlinks);
  CHECK_FAILS(refused, too_many_links);
  const auto itself = co_await p.root.open(
      "through", open_mode::location | open_mode::no_follow | open_mode::no_symlinks);
  REQUIRE_GOOD(itself);
  const auto s = co_await itself->stat();
  REQUIRE_GOOD(s);
  CHECK_SAME(s->type, file_type::symlink);
}

SLUICE_CASE(a_slash_asks_for_what_a_link_points_to, open, mkdir, symlink, stat, unlink) {
  const auto d = co_await p.root.mkdir("d");
  const auto f = co_await make_file(p.root, "f", as_bytes("x"));
  const auto to_d = co_await p.root.symlink("d", "to_d");
  const auto to_f = co_await p.root.symlink("f", "to_f");
  const auto to_none = co_await p.root.symlink("none", "to_none");
  CHECK_THAT(d && f && to_d && to_f && to_none);
  const auto behind = co_await p.root.stat("to_d/");
  REQUIRE_GOOD(behind);
  CHECK_SAME(behind->type, file_type::directory);
  const auto no_dir = co_await p.root.stat("to_f/");
  CHECK_FAILS(no_dir, not_directory);
  const auto nothing = co_await p.root.stat("to_none/");
  CHECK_FAILS(nothing, not_found);
  const auto removed = co_await p.root.rmdir("to_d/");
  CHECK_FAILS(removed, not_directory);
  const auto unlinked = co_await p.root.unlink("to_d/");
  CHECK_FAILS(unlinked, not_directory);
  const auto made = co_await p.root.mkdir("to_none/");
  CHECK_FAILS(made, exists);
  const auto file = co_await p.root.open("f2/", open_mode::create | open_mode::write);
  CHECK_FAILS(file, is_directory);
}

SLUICE_CASE(creating_goes_through_a_dangling_link, open, symlink, stat, mkdir) {
  const auto made = co_await p.root.symlink("target", "link");
  CHECK_GOOD(made);
  const auto missing = co_await p.root.open("link", open_mode::read);
  CHECK_FAILS(missing, not_found);
  const auto exclusive = co_await p.root.open("link", create_new);
  CHECK_FAILS(exclusive, exists);
  const auto as_dir = co_await p.root.mkdir("link");
  CHECK_FAILS(as_dir, exists);
  const auto created = co_await p.root.open("link", open_mode::create | open_mode::write);
  CHECK_GOOD(created);
  const auto target = co_await p.root.stat("target");
  REQUIRE_GOOD(target);
  CHECK_SAME(target->type, file_type::regular);
}

/// link0 -> f, link1 -> link0 ...
task<bool> make_chain(const dir& in, int length) {
  std::string before = "f";
  for (int i = 0; i < length; ++i) {
    const std::string name = "link" + std::to_string(i);
    const auto made = co_await in.symlink(before, name);
    if (!made) co_return false;
    before = name;
  }
  co_return true;
}

SLUICE_CASE(forty_links_are_followed_and_no_more, open, symlink) {
  const auto f = co_await make_file(p.root, "f", as_bytes("far"));
  REQUIRE_GOOD(f);
  auto making = make_chain(p.root, 41);
  const bool made = co_await std::move(making);
  REQUIRE_THAT(made);
  const auto forty = co_await content_of(p.root, "link39");
  REQUIRE_GOOD(forty);
  CHECK_SAME(as_text(*forty), "far");
  const auto more = co_await p.root.open("link40", open_mode::read);
  CHECK_FAILS(more, too_many_links);
  const auto a = co_await p.root.symlink("two/x", "one");
  const auto b = co_await p.root.symlink("one/x", "two");
  CHECK_THAT(a && b);
  const auto forever = co_await p.root.stat("one/x");
  CHECK_FAILS(forever, too_many_links);
}

SLUICE_CASE(a_confined_root_is_the_root_of_links, open, mkdir, symlink) {
  const auto jail = co_await p.root.mkdir("jail");
  const auto inside = co_await make_file(p.root, "jail/f", as_bytes("inside"));
  const auto outside = co_await make_file(p.root, "f", as_bytes("outside"));
  const auto absolute = co_await p.root.symlink("/f", "jail/absolute");
  const auto up = co_await p.root.symlink("../../f", "jail/up");
  CHECK_THAT(jail && inside && outside && absolute && up);
  const auto root = co_await p.root.open_dir("jail");
  REQUIRE_GOOD(root);
  for (const char* path : {"/f", "absolute", "up", "/../up"}) {
    const auto f = co_await root->open(path, open_mode::read | open_mode::in_root);
    REQUIRE_GOOD(f);
    const auto content = co_await content_of(*f);
    REQUIRE_GOOD(content);
    CHECK_SAME(as_text(*content), "inside");
  }
}

SLUICE_CASE(a_link_can_have_two_names, symlink, link, stat) {
  const auto made = co_await p.root.symlink("nowhere", "l");
  CHECK_GOOD(made);
  const auto linked = co_await p.root.link("l", p.root, "m");
  CHECK_GOOD(linked);
  const auto followed = co_await p.root.link("l", p.root, "n", lookup::follow);
  CHECK_FAILS(followed, not_found);
  const auto s = co_await p.root.stat("m");
  REQUIRE_GOOD(s);
  CHECK_SAME(s->type, file_type::symlink);
  CHECK_SAME(s->links, 2u);
  const auto empty = co_await p.root.symlink("", "e");
  CHECK_FAILS(empty, not_found);
}

}  // namespace
}  // namespace sluice::conformance
