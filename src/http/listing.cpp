#include "http/listing.hpp"

#include <array>

#include "http/date.hpp"
#include "http/listing_style.hpp"
#include "http/target.hpp"
#include "http/text_out.hpp"

namespace sluice::inline v0::http {

namespace {

std::string_view key_name(listing_key key) noexcept {
  constexpr std::array<std::string_view, 3> names = {"name", "size", "modified"};
  return names[static_cast<std::size_t>(key)];
}

/// 2026-11-21 14:25; narrow windows leave out the time.
void put_minute(text_out& out, std::int64_t seconds) noexcept {
  const civil_time t = civil(seconds);
  char date[] = "____-__-__";
  write_digits(t.year, {date, 4});
  write_digits(t.month, {date + 5, 2});
  write_digits(t.day, {date + 8, 2});
  char time[] = "__:__";
  write_digits(t.hour, {time, 2});
  write_digits(t.minute, {time + 3, 2});
  out.put({date, 10}).put("<span class=t> ").put({time, 5}).put("</span>");
}

std::string_view last_segment(std::string_view path) noexcept { return path.substr(path.rfind('/') + 1); }

}  // namespace

void put_size(text_out& out, std::uint64_t bytes) noexcept {
  constexpr std::array<std::string_view, 7> units = {" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
  const auto tenths_of = [bytes](std::size_t unit) {
    const std::uint64_t one = std::uint64_t{1} << (10 * unit);
    return bytes / one * 10 + (bytes % one * 10 + one / 2) / one;
  };
  // The next unit already where rounding would show 1024.0 of this one.
  std::size_t unit = bytes < 1024 ? 0 : 1;
  while (unit > 0 && tenths_of(unit) >= 10240) ++unit;
  if (unit == 0) {
    out.number(bytes);
  } else {
    out.number(tenths_of(unit) / 10).put('.').number(tenths_of(unit) % 10);
  }
  out.put(units[unit]);
}

void put_html(text_out& out, std::string_view text) noexcept {
  for (const char c : text) {
    switch (c) {
      case '&': out.put("&amp;"); break;
      case '<': out.put("&lt;"); break;
      case '>': out.put("&gt;"); break;
      case '"': out.put("&quot;"); break;
      case '\'': out.put("&#39;"); break;
      default:
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
          out.put("&#xFFFD;");
        } else {
          out.put(c);
        }
    }
  }
}

std::size_t listing_page::write(std::span<char> room) noexcept {
  text_out out(room);
  while (part_ != part::end) {
    const listing_page before = *this;
    const std::size_t size = out.size();
    if (step(out)) continue;
    out.back_to(size);
    // A piece that an empty buffer cannot hold is left out: the page goes on without it.
    if (size == 0) continue;
    *this = before;
    break;
  }
  return out.size();
}

/// Puts one piece and moves on to the next. False if it did not fit.
bool listing_page::step(text_out& out) noexcept {
  switch (part_) {
    case part::head:
      head(out);
      part_ = part::crumbs;
      break;
    case part::crumbs:
      if (crumbs_at_ < path_.size()) {
        crumb(out);
      } else {
        part_ = part::columns;
      }
      break;
    case part::columns:
      columns(out);
      part_ = part::rows;
      break;
    case part::rows:
      if (next_ < entries_.size()) {
        row(out, entries_[next_++]);
      } else {
        part_ = part::foot;
      }
      break;
    case part::foot:
      foot(out);
      part_ = part::end;
      break;
    case part::end: break;
  }
  return !out.full();
}

void listing_page::head(text_out& out) const noexcept {
  out.put(listing_begin).put("<title>");
  if (path_.empty()) {
    out.put("/");
  } else {
    put_html(out, last_segment(path_));
  }
  out.put("</title>").put(listing_style).put("<main><h1>");
  std::size_t up = path_.empty() ? 0 : 1;
  for (const char c : path_) up += c == '/' ? 1 : 0;
  out.put("<a href=\"");
  if (up == 0) out.put("./");
  for (; up > 0; --up) out.put("../");
  out.put("\" title=\"top\">/</a>");
}

/// One directory of the way down to this one.
void listing_page::crumb(text_out& out) noexcept {
  const std::string_view rest = path_.substr(crumbs_at_);
  const std::string_view segment = rest.substr(0, rest.find('/'));
  const bool here = segment.size() == rest.size();
  crumbs_at_ += here ? rest.size() : segment.size() + 1;
  out.put("<wbr>");
  if (here) {
    put_html(out, segment);
    out.put("/");
    return;
  }
  out.put("<a href=\"");
  for (const char c : rest) {
    if (c == '/') out.put("../");
  }
  out.put("\">");
  put_html(out, segment);
  out.put("/</a>");
}

void listing_page::columns(text_out& out) const noexcept {
  out.put("</h1>");
  if (left_out_ > 0) {
    out.put("<p class=more>There is more here than is shown: ").number(left_out_);
    out.put(left_out_ == 1 ? " name was" : " names were").put(" left out of this page.</p>");
  }
  out.put("<table><thead><tr>");
  column(out, listing_key::name, "Name", "n");
  column(out, listing_key::size, "Size", "s");
  column(out, listing_key::modified, "Modified", "m");
  out.put("</tr></thead><tbody>\n");
  if (!path_.empty()) {
    out.put("<tr class=d><td class=n><a href=\"../\">..</a></td><td class=s></td><td class=m></td></tr>\n");
  }
}

void listing_page::column(text_out& out, listing_key key, std::string_view word,
                          std::string_view style) const noexcept {
  const bool current = key == order_.key;
  out.put("<th class=").put(style);
  if (current) out.put(" aria-sort=").put(order_.descending ? "descending" : "ascending");
  out.put("><a href=\"?sort=").put(key_name(key));
  if (current && !order_.descending) out.put("&amp;order=desc");
  out.put("\">").put(word).put("</a></th>");
}

void listing_page::row(text_out& out, const listing_entry& entry) const noexcept {
  const std::string_view slash = entry.directory ? "/" : "";
  out.put(entry.directory ? "<tr class=d>" : "<tr>");
  out.put("<td class=n><a href=\"");
  put_url_path(out, entry.name);
  out.put(slash).put("\">");
  put_html(out, entry.name);
  out.put(slash).put("</a></td><td class=s");
  if (!entry.directory) {
    out.put(" title=\"").number(entry.size).put(" bytes\">");
    put_size(out, entry.size);
  } else {
    out.put(">");
  }
  out.put("</td><td class=m>");
  put_minute(out, entry.modified);
  out.put("</td></tr>\n");
}

void listing_page::foot(text_out& out) const noexcept {
  std::uint64_t directories = 0;
  std::uint64_t bytes = 0;
  for (const listing_entry& e : entries_) {
    directories += e.directory ? 1 : 0;
    bytes += e.directory ? 0 : e.size;
  }
  const std::uint64_t files = entries_.size() - directories;
  out.put("</tbody></table><footer>");
  out.number(directories).put(directories == 1 ? " directory, " : " directories, ");
  out.number(files).put(files == 1 ? " file, " : " files, ");
  put_size(out, bytes);
  out.put(". Times are UTC.</footer></main></body></html>\n");
}

}  // namespace sluice::inline v0::http
