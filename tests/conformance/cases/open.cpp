#include "conformance/helpers.hpp"

namespace sluice::conformance {
namespace {

SLUICE_CASE(open_creates, open, stat, close) {
  const auto missing = co_await p.root.open("new", open_mode::read);
  CHECK_FAILS(missing, not_found);
  auto made = co_await p.root.open("new", open_mode::create | open_mode::write, 0600);
  REQUIRE_GOOD(made);
  const auto closed = co_await made->close();
  CHECK_GOOD(closed);
  const auto again = co_await p.root.open("new", open_mode::create | open_mode::read);
  CHECK_GOOD(again);
  const auto s = co_await p.root.stat("new");
  REQUIRE_GOOD(s);
  CHECK_SAME(s->type, file_type::regular);
  CHECK_SAME(s->mode, 0600);
  CHECK_SAME(s->size, 0u);
}

SLUICE_CASE(open_exclusive_wants_a_new_name, open) {
  const auto first = co_await p.root.open("one", create_new);
  CHECK_GOOD(first);
  const auto second = co_await p.root.open("one", create_new);
  CHECK_FAILS(second, exists);
}

SLUICE_CASE(open_truncates, open, write_at) {
  const auto made = co_await make_file(p.root, "a", as_bytes("old content"));
  REQUIRE_GOOD(made);
  const auto cut = co_await p.root.open("a", open_mode::write | open_mode::truncate);
  CHECK_GOOD(cut);
  const auto left = co_await content_of(p.root, "a");
  REQUIRE_GOOD(left);
  CHECK_SAME(left->size(), 0u);
}

SLUICE_CASE(append_ignores_the_offset, open, write_at, read_at) {
  const auto made = co_await make_file(p.root, "log", as_bytes("one "));
  REQUIRE_GOOD(made);
  const auto log = co_await p.root.open("log", open_mode::write | open_mode::append);
  REQUIRE_GOOD(log);
  const bytes much = pattern(100'000);
  const auto a = co_await log->write_all_at(as_bytes("two "), 0);
  CHECK_THAT(a.whole());
  const auto b = co_await log->write_all_at(much, 2);
  CHECK_THAT(b.whole());
  const auto all = co_await content_of(*made);
  REQUIRE_GOOD(all);
  REQUIRE_THAT(all->size() == 8 + much.size());
  CHECK_SAME(as_text(std::span(*all).first(8)), "one two ");
  CHECK_THAT(std::equal(much.begin(), much.end(), all->begin() + 8));
}

SLUICE_CASE(paths_that_lead_nowhere, open, mkdir, stat, unlink) {
  const auto made = co_await make_file(p.root, "file", as_bytes("x"));
  REQUIRE_GOOD(made);
  const auto below_missing = co_await p.root.open("no/such", create_new);
  CHECK_FAILS(below_missing, not_found);
  const auto below_file = co_await p.root.open("file/x", open_mode::read);
  CHECK_FAILS(below_file, not_directory);
  const auto slash = co_await p.root.open("file/", open_mode::read);
  CHECK_FAILS(slash, not_directory);
  const auto empty = co_await p.root.open("", open_mode::read);
  CHECK_FAILS(empty, not_found);
  const auto as_dir = co_await p.root.open_dir("file");
  CHECK_FAILS(as_dir, not_directory);
  const auto written_dir = co_await p.root.open(".", open_mode::write);
  CHECK_FAILS(written_dir, is_directory);
  const std::string long_name(300, 'n');
  const auto too_long = co_await p.root.open(long_name, open_mode::read);
  CHECK_FAILS(too_long, name_too_long);
  const auto no_stat = co_await p.root.stat("missing");
  CHECK_FAILS(no_stat, not_found);
  const auto no_unlink = co_await p.root.unlink("missing");
  CHECK_FAILS(no_unlink, not_found);
  const auto no_parent = co_await p.root.mkdir("no/such");
  CHECK_FAILS(no_parent, not_found);
}

SLUICE_CASE(paths_of_many_components, open, mkdir, stat) {
  const auto a = co_await p.root.mkdir("a");
  const auto b = co_await p.root.mkdir("a/b/");
  CHECK_GOOD(a);
  CHECK_GOOD(b);
  const auto made = co_await make_file(p.root, "a/b/c", as_bytes("deep"));
  REQUIRE_GOOD(made);
  const auto winding = co_await p.root.stat("./a//b/../../a/./b/c");
  REQUIRE_GOOD(winding);
  const auto straight = co_await made->stat();
  REQUIRE_GOOD(straight);
  CHECK_SAME(winding->inode, straight->inode);
  const auto in_b = co_await p.root.open_dir("a/b");
  REQUIRE_GOOD(in_b);
  const auto up = co_await in_b->stat("../..");
  const auto top = co_await p.root.stat();
  REQUIRE_GOOD(up);
  REQUIRE_GOOD(top);
  CHECK_SAME(up->inode, top->inode);
  const auto from_the_root = co_await in_b->stat("/");
  CHECK_GOOD(from_the_root);
}

SLUICE_CASE(reading_needs_a_mode_for_it, open, read_at, write_at) {
  const auto made = co_await make_file(p.root, "a", as_bytes("text"));
  REQUIRE_GOOD(made);
  const auto reader = co_await p.root.open("a", open_mode::read);
  const auto writer = co_await p.root.open("a", open_mode::write);
  REQUIRE_GOOD(reader);
  REQUIRE_GOOD(writer);
  bytes buffer(4);
  const auto no_write = co_await reader->write_at(buffer, 0);
  CHECK_FAILS(no_write, bad_handle);
  const auto no_read = co_await writer->read_at(buffer, 0);
  CHECK_FAILS(no_read, bad_handle);
}

SLUICE_CASE(an_unlinked_file_lives_until_its_handle_ends, open, unlink, read_at, write_at, stat) {
  const auto f = co_await make_file(p.root, "gone", as_bytes("still here"));
  REQUIRE_GOOD(f);
  const auto unlinked = co_await p.root.unlink("gone");
  CHECK_GOOD(unlinked);
  const auto s = co_await f->stat();
  REQUIRE_GOOD(s);
  CHECK_SAME(s->links, 0u);
  const auto content = co_await content_of(*f);
  REQUIRE_GOOD(content);
  CHECK_SAME(as_text(*content), "still here");
  const auto more = co_await f->write_all_at(as_bytes("!"), 10);
  CHECK_THAT(more.whole());
  const auto anew = co_await p.root.open("gone", create_new);
  CHECK_GOOD(anew);
}

SLUICE_CASE(open_beneath_refuses_to_leave, open, mkdir) {
  const auto made = co_await p.root.mkdir("jail");
  CHECK_GOOD(made);
  const auto outside = co_await make_file(p.root, "outside", as_bytes("secret"));
  REQUIRE_GOOD(outside);
  const auto jail = co_await p.root.open_dir("jail");
  REQUIRE_GOOD(jail);
  const auto inside = co_await jail->open_beneath("inside", create_new, 0600);
  CHECK_GOOD(inside);
  const auto up = co_await jail->open_beneath("../outside", open_mode::read);
  CHECK_FAILS(up, cross_device);
  const auto absolute = co_await jail->open_beneath("/", open_mode::read);
  CHECK_FAILS(absolute, cross_device);
  const auto winding = co_await p.root.open_beneath("jail/../outside", open_mode::read);
  CHECK_GOOD(winding);
  const auto below = co_await p.root.open_beneath("jail", open_mode::read | open_mode::directory);
  CHECK_GOOD(below);
  const auto at = co_await p.root.open_beneath("jail", open_mode::location);
  CHECK_GOOD(at);
}

SLUICE_CASE(open_beneath_follows_no_link_out, open, symlink) {
  const auto secret = co_await make_file(p.root, "secret", as_bytes("x"));
  REQUIRE_GOOD(secret);
  const auto made = co_await p.root.mkdir("jail");
  CHECK_GOOD(made);
  const auto jail = co_await p.root.open_dir("jail");
  REQUIRE_GOOD(jail);
  const auto a = co_await jail->symlink("../secret", "out");
  const auto b = co_await jail->symlink("/etc/passwd", "far");
  CHECK_GOOD(a);
  CHECK_GOOD(b);
  const auto out = co_await jail->open_beneath("out", open_mode::read);
  CHECK_FAILS(out, cross_device);
  const auto far = co_await jail->open_beneath("far", open_mode::read);
  CHECK_FAILS(far, cross_device);
  const auto follows = co_await jail->open("out", open_mode::read);
  CHECK_GOOD(follows);
  const auto not_followed = co_await jail->open("out", open_mode::read | open_mode::no_follow);
  CHECK_FAILS(not_followed, too_many_links);
}

SLUICE_CASE(a_nameless_file_appears_when_it_is_linked, open, link, read_at) {
  const auto f = co_await p.root.open(".", open_mode::temporary | open_mode::read_write, 0600);
  if (!f && f.error() == errc::not_supported) {
    CHECK_FAILS(f, not_supported);
    co_return;
  }
  REQUIRE_GOOD(f);
  const auto written = co_await f->write_all_at(as_bytes("whole"), 0);
  CHECK_THAT(written.whole());
  const auto before = co_await names_in(p.root, ".");
  REQUIRE_GOOD(before);
  CHECK_THAT(before->empty());
  const auto linked = co_await p.root.link_file(*f, "name");
  CHECK_GOOD(linked);
  const auto content = co_await content_of(p.root, "name");
  REQUIRE_GOOD(content);
  CHECK_SAME(as_text(*content), "whole");
}

}  // namespace
}  // namespace sluice::conformance
