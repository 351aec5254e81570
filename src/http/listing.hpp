// A directory as an HTML page: written piece by piece, whatever the number of names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sluice::inline v0::http {

class text_out;

struct listing_entry {
  std::string_view name;
  bool directory = false;
  std::uint64_t size = 0;     // not shown of a directory
  std::int64_t modified = 0;  // seconds since 1970
};

enum class listing_key : std::uint8_t { name, size, modified };

/// The page has links to itself that ask for another order, so it needs no script.
struct listing_order {
  listing_key key = listing_key::name;
  bool descending = false;
  bool operator==(const listing_order&) const = default;
};

/// From a query such as "sort=size&order=desc"; what it does not say, or says wrongly, is by name.
listing_order order_from_query(std::string_view query) noexcept;

/// Directories first, then as asked; equal ones by name. Names are compared without regard to the case of
/// ASCII letters, and numbers in them as numbers.
void sort_entries(std::span<listing_entry> entries, listing_order order) noexcept;

/// What browsers are told of the page, as Content-Security-Policy: nothing is loaded or run.
inline constexpr std::string_view listing_policy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Keeps views of all it is given until the page is written. `path` is relative to the root, "." for the
/// root itself, as resolve_target() gives it; the page is at that path with a slash behind it. Bytes of
/// names that mean something to HTML or in URLs are escaped; controls are shown as a replacement
/// character.
class listing_page {
 public:
  /// Of a buffer for write(): so that the longest names fit that there are.
  static constexpr std::size_t least_room = 16 * 1024;

  /// `left_out`: names that there are, and that are not among the entries because those are enough.
  listing_page(std::string_view path, std::span<const listing_entry> entries, listing_order order,
               std::uint64_t left_out = 0) noexcept
      : path_(path == "." ? std::string_view() : path),
        entries_(entries),
        order_(order),
        left_out_(left_out) {}

  /// Fills `room`, of least_room or more, with as much of what follows as fits in whole pieces. Returns
  /// its bytes; 0 means that the page is complete.
  std::size_t write(std::span<char> room) noexcept;

 private:
  enum class part : std::uint8_t { head, crumbs, columns, rows, foot, end };

  bool step(text_out& out) noexcept;
  void head(text_out& out) const noexcept;
  void crumb(text_out& out) noexcept;
  void columns(text_out& out) const noexcept;
  void column(text_out& out, listing_key key, std::string_view word, std::string_view title) const noexcept;
  void row(text_out& out, const listing_entry& entry) const noexcept;
  void foot(text_out& out) const noexcept;

  std::string_view path_;
  std::span<const listing_entry> entries_;
  listing_order order_;
  std::uint64_t left_out_;
  part part_ = part::head;
  std::size_t next_ = 0;  // entry
  std::size_t crumbs_at_ = 0;  // byte of the path
};

/// "1.2 KiB"
void put_size(text_out& out, std::uint64_t bytes) noexcept;

/// Text inside elements and quoted attributes.
void put_html(text_out& out, std::string_view text) noexcept;

}  // namespace sluice::inline v0::http
