#include "listing.hpp"

#include <deque>
#include <string>
#include <vector>

#include "http/chunked.hpp"
#include "http/listing.hpp"

namespace sluice::serve {

namespace {

constexpr std::size_t most_names = 100'000;  // a page with more is of use to nobody

struct names {
  std::deque<std::string> text;  // which the entries point to
  std::vector<http::listing_entry> entries;
  std::uint64_t left_out = 0;
};

void gather(names& into, const entry_batch& batch, bool hidden) {
  for (const dir_entry e : batch) {
    const std::string_view name(e.name().c_str(), e.name().size());
    if (e.dot_or_dot_dot() || (name.front() == '.' && !hidden)) continue;
    if (into.entries.size() == most_names) {
      ++into.left_out;
      continue;
    }
    into.text.emplace_back(name);
    http::listing_entry entry;
    entry.name = into.text.back();
    into.entries.push_back(entry);
  }
}

/// Links are not followed, so nothing is told of what lies outside; what is neither file nor directory
/// would not be served and is not shown.
task<void> look_at(names& all, const dir& from) {
  std::size_t kept = 0;
  for (http::listing_entry& entry : all.entries) {
    constexpr stat_mask wanted = stat_mask::type | stat_mask::size | stat_mask::modified;
    const path_ref name(entry.name.data(), entry.name.size());
    const auto about = co_await from.stat(name, wanted);
    if (!about) continue;
    const bool served = about->type == file_type::regular || about->type == file_type::directory ||
                        about->type == file_type::symlink;
    if (!served) continue;
    entry.directory = about->type == file_type::directory;
    entry.size = about->size;
    entry.modified = about->modified.seconds;
    all.entries[kept++] = entry;
  }
  all.entries.resize(kept);
}

/// Sends the page, piece by piece, as chunks where the client knows them.
task<void> send_page(exchange& x, http::listing_page& page, std::size_t front, bool chunked) {
  using frame = http::chunk_frame;
  const std::size_t margin = chunked ? frame::before + frame::after : 0;
  const std::size_t skip = chunked ? frame::before : 0;
  for (bool more = true; more && !x.broken;) {
    const auto room = x.out_room().subspan(front);
    const std::size_t size = page.write(room.subspan(skip, room.size() - margin));
    std::size_t bytes = size;
    if (chunked && size > 0) bytes = frame::close(room, size);
    more = size > 0;
    if (!more && chunked) bytes = frame::last.copy(room.data(), frame::last.size());
    if (front + bytes > 0) co_await x.send_front(front + bytes, size);
    front = 0;
  }
}

}  // namespace

task<void> answer_listing(exchange& x, dir& from, const http::resolved_target& target, bool hidden) {
  names all;
  auto cursor = from.entries();
  for (;;) {
    const auto batch = co_await cursor.next(std::as_writable_bytes(x.out_room()));
    if (!batch) {
      co_await answer_status(x, 500, http::response_head());
      co_return;
    }
    if (batch->empty()) break;
    gather(all, *batch, hidden);
  }
  co_await look_at(all, from);
  const http::listing_order order = http::order_from_query(target.query);
  http::sort_entries(all.entries, order);
  http::listing_page page(target.path, all.entries, order, all.left_out);
  http::response_head head;
  head.type = http::page_type;
  head.policy = http::listing_policy;
  const bool chunked = x.head.minor_version_1;
  head.body = chunked ? http::framing::chunked : http::framing::closing;
  if (!chunked) x.keep = false;
  const std::size_t front = x.put_head(head);
  if (x.head_only()) {
    co_await x.send_front(front, 0);
  } else {
    co_await send_page(x, page, front, chunked);
  }
}

}  // namespace sluice::serve
