#include "file_site.hpp"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <random>

#include "http/conditions.hpp"
#include "http/text_out.hpp"
#include "listing.hpp"
#include "sluice/sync.hpp"
#include "sluice/system.hpp"

namespace sluice::serve {

namespace {

/// Why something can't be opened, as clients are told. What lies outside does not exist for them, and
/// neither does what is no file.
int status_of(const error& e) noexcept {
  switch (e.portable()) {
    case errc::not_found:
    case errc::not_directory:
    case errc::too_many_links:
    case errc::cross_device:
    case errc::name_too_long: return 404;
    case errc::permission_denied: return 403;
    case errc::too_many_files:
    case errc::out_of_memory: return 503;
    default: break;
  }
  // What a socket and a device without a driver answer.
  return e == error(ENXIO, system_domain) || e == error(ENODEV, system_domain) ? 404 : 500;
}

/// Letters and digits that a file does not hold, unless by chance or by somebody who could guess.
std::string by_lot() {
  std::random_device lot;
  char text[33];
  snprintf(text, sizeof text, "%08x%08x%08x%08x", lot(), lot(), lot(), lot());
  return text;
}

http::mime_types known_types() {
  http::mime_types types;
  std::vector<std::byte> text;
  auto list = sync(system().current_dir().open("/etc/mime.types", open_mode::read));
  if (list) {
    const auto read = sync(list->read_to_end(text));
    if (!read.first_error) types.load({reinterpret_cast<const char*>(text.data()), text.size()});
  }
  return types;
}

/// At once, not by the destructor: without a ring that would leave it to a thread of the pool, which takes
/// the loop's core from it for milliseconds at a time.
template <class Handle>
task<void> close_now(Handle& h) {
  [[maybe_unused]] const auto closed = co_await h.close();
}

constexpr stat_mask wanted = stat_mask::type | stat_mask::size | stat_mask::modified | stat_mask::inode;

http::file_facts facts_of(const file_status& s) noexcept {
  http::file_facts f;
  f.size = s.size;
  f.modified_ns = s.modified.seconds * 1'000'000'000 + s.modified.nanoseconds;
  f.inode = s.inode;
  return f;
}

}  // namespace

file_site::file_site(const settings& s, dir root)
    : settings_(s),
      root_(std::move(root)),
      way_(way_of(s.certificate.empty() || passes_tls(s) ? s.copy : copying::rw)),
      types_(known_types()),
      boundary_(by_lot()) {}

task<void> file_site::answer(exchange& x) const {
  const std::span<char> room(x.room->path);
  http::target_options options;
  options.hidden = settings_.hidden;
  // Behind the path has to be room for the name of the index.
  const auto target = http::resolve_target(x.head.target, room.first(room.size() - 16), options);
  if (target.status != 0) {
    co_await answer_status(x, target.status, http::response_head());
    co_return;
  }
  if (target.directory || target.path == ".") {
    co_await answer_directory(x, target);
    co_return;
  }
  auto opened = co_await root_.open(x.room->path);
  if (!opened) {
    co_await answer_status(x, status_of(opened.error()), http::response_head());
    co_return;
  }
  const auto about = co_await opened->stat(wanted);
  if (about && about->type == file_type::regular) {
    co_await answer_file(x, *opened, *about, target.path);
  } else if (about && about->type == file_type::directory) {
    co_await redirect(x, target);
  } else {
    co_await answer_status(x, about ? 404 : status_of(about.error()), http::response_head());
  }
  co_await close_now(*opened);
}

/// The file, where it is looked for component by component two directories besides, and a pipe.
std::size_t file_site::most_open() const noexcept {
  return (root_.confined_by_system() ? 1 : 3) + (way_.prepare != nullptr ? 2 : 0);
}

/// A client whose bytes only OpenSSL can encrypt gets them through the program.
send_way file_site::way_to(exchange& x) const noexcept {
  return x.out.may_be_passed() ? way_ : way_of(copying::rw);
}

task<void> file_site::answer_directory(exchange& x, const http::resolved_target& target) const {
  char* const path = x.room->path;
  char* const end = path + target.path.size();
  const bool top = target.path == ".";
  ::strcpy(top ? path : end, top ? "index.html" : "/index.html");
  auto index = co_await root_.open(path);
  int status = index ? 404 : status_of(index.error());
  if (index) {
    const auto about = co_await index->stat(wanted);
    const bool regular = about && about->type == file_type::regular;
    if (regular) co_await answer_file(x, *index, *about, "index.html");
    co_await close_now(*index);
    if (regular) co_return;
  }
  ::strcpy(top ? path : end, top ? "." : "");
  if (status == 404 && settings_.list) {
    auto names = co_await root_.open_dir(path);
    if (names) {
      co_await answer_listing(x, *names, target, settings_.hidden);
      co_await close_now(*names);
      co_return;
    }
    status = status_of(names.error());
  }
  co_await answer_status(x, status, http::response_head());
}

task<void> file_site::redirect(exchange& x, const http::resolved_target& target) const {
  char url[http::head_limits().target * 3 + 64];
  http::text_out out(url);
  out.put('/');
  http::put_url_path(out, target.path);
  out.put('/');
  if (!target.query.empty()) out.put('?').put(target.query);
  http::response_head more;
  more.location = out.text();
  co_await answer_status(x, out.full() ? 414 : 301, more);
}

task<void> file_site::answer_file(exchange& x, const file& from, const file_status& about,
                                  std::string_view path) const {
  const http::file_facts facts = facts_of(about);
  const http::entity_tag tag(facts);
  const http::selection chosen = http::select(x.head, facts, tag.text(), x.now);
  if (chosen.status == 412 || chosen.status == 416) {
    http::response_head more;
    more.file_size = facts.size;
    co_await answer_status(x, chosen.status, more);
    co_return;
  }
  char modified[http::date_size];
  http::write_date(std::min(http::modified_seconds(facts), x.now), modified);
  http::response_head head;
  head.status = chosen.status;
  head.tag = tag.text();
  head.last_modified = {modified, sizeof modified};
  head.file_size = facts.size;
  if (chosen.status == 304) {
    head.body = http::framing::none;
    const std::size_t bytes = x.put_head(head);
    co_await x.send_front(bytes, 0);
    co_return;
  }
  if (way_.prepare != nullptr && !x.head_only()) {
    error lacks = way_.prepare(x);
    for (unsigned tried = 0; lacks; ++tried) {
      const bool again = co_await some_may_be_closed(lacks, tried);
      if (!again) break;
      lacks = way_.prepare(x);
    }
    if (lacks) {
      co_await answer_status(x, status_of(lacks), http::response_head());
      co_return;
    }
  }
  head.type = types_.of(path);
  head.accepts_ranges = true;
  const auto ranges = chosen.ranges.list();
  if (chosen.status == 206 && ranges.size() > 1) {
    co_await answer_parts(x, from, head, ranges);
    co_return;
  }
  http::byte_range one;
  one.size = facts.size;
  if (chosen.status == 206) {
    one = ranges[0];
    head.range = &one;
  }
  head.length = one.size;
  const std::size_t bytes = x.put_head(head);
  if (x.head_only()) {
    co_await x.send_front(bytes, 0);
  } else {
    const file_part part(from, one.first, one.size);
    const send_way way = way_to(x);
    co_await way.send(x, bytes, part);
  }
}

task<void> file_site::answer_parts(exchange& x, const file& from, http::response_head& head,
                                   std::span<const http::byte_range> ranges) const {
  const http::multipart_frame frame(boundary_, head.type, head.file_size);
  head.parts = &frame;
  head.length = frame.length(ranges);
  std::size_t front = x.put_head(head);
  if (x.head_only()) {
    co_await x.send_front(front, 0);
    co_return;
  }
  const send_way way = way_to(x);
  for (const http::byte_range& one : ranges) {
    http::text_out out(x.out_room().subspan(front));
    frame.put_head(out, one);
    x.body_sent += out.size();
    const file_part part(from, one.first, one.size);
    co_await way.send(x, front + out.size(), part);
    front = 0;
    if (x.broken) co_return;
  }
  http::text_out out(x.out_room());
  frame.put_end(out);
  co_await x.send_front(out.size(), out.size());
}

}  // namespace sluice::serve
