#include <algorithm>

#include "http/ascii.hpp"
#include "http/listing.hpp"

namespace sluice::inline v0::http {

namespace {

/// The value of `name` in "name=value&...".
std::string_view parameter(std::string_view query, std::string_view name) noexcept {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) {
      return pair.substr(name.size() + 1);
    }
  }
  return {};
}

/// Takes the digits that `text` begins with, without leading zeros.
std::string_view take_number(std::string_view& text) noexcept {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

/// Numbers in names count as numbers: "part 9" is before "part 10".
int compare_names(std::string_view one, std::string_view other) noexcept {
  std::string_view a = one;
  std::string_view b = other;
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view m = take_number(a);
      const std::string_view n = take_number(b);
      if (m.size() != n.size()) return m.size() < n.size() ? -1 : 1;
      if (const int d = m.compare(n)) return d;
      continue;
    }
    const int d = static_cast<unsigned char>(lower(a.front())) - static_cast<unsigned char>(lower(b.front()));
    if (d != 0) return d;
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  if (a.empty() != b.empty()) return a.empty() ? -1 : 1;
  return one.compare(other);
}

template <class T>
int compare(T a, T b) noexcept {
  return a < b ? -1 : b < a ? 1 : 0;
}

int compare_by(listing_key key, const listing_entry& a, const listing_entry& b) noexcept {
  switch (key) {
    case listing_key::size: return compare(a.directory ? 0 : a.size, b.directory ? 0 : b.size);
    case listing_key::modified: return compare(a.modified, b.modified);
    case listing_key::name: break;
  }
  return compare_names(a.name, b.name);
}

}  // namespace

listing_order order_from_query(std::string_view query) noexcept {
  const std::string_view key = parameter(query, "sort");
  listing_order order;
  if (key == "size") order.key = listing_key::size;
  if (key == "modified") order.key = listing_key::modified;
  order.descending = parameter(query, "order") == "desc";
  return order;
}

void sort_entries(std::span<listing_entry> entries, listing_order order) noexcept {
  std::sort(entries.begin(), entries.end(), [order](const listing_entry& a, const listing_entry& b) {
    if (a.directory != b.directory) return a.directory;
    if (const int d = compare_by(order.key, a, b)) return order.descending ? d > 0 : d < 0;
    return compare_names(a.name, b.name) < 0;
  });
}

}  // namespace sluice::inline v0::http
