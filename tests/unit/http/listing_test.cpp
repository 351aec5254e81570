// Listings: their order, what is escaped, and that pieces make the same page in buffers of any
// size.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/listing.hpp"
#include "http/text_out.hpp"

namespace {

using namespace sluice::http;

std::string page(std::string_view path, const std::vector<listing_entry>& entries,
                 listing_order order = {}, std::size_t room = listing_page::least_room) {
  listing_page p(path, entries, order);
  std::string all;
  std::vector<char> buffer(room);
  while (const std::size_t n = p.write(buffer))
    all.append(buffer.data(), n);
  EXPECT_EQ(p.write(buffer), 0u);
  return all;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

std::string names(std::vector<listing_entry> entries, listing_order order) {
  sort_entries(entries, order);
  std::string all;
  for (const listing_entry& e : entries)
    all += std::string(e.name) + " ";
  return all;
}

TEST(Listing, IsOrdered) {
  const std::vector<listing_entry> entries = {{"b", false, 1, 30}, {"Z", true, 9, 1},
                                              {"a", false, 2, 10}, {"A", false, 3, 20},
                                              {"y", true, 0, 2},   {"B2", false, 1, 0}};
  EXPECT_EQ(names(entries, {}), "y Z A a b B2 ");
  EXPECT_EQ(names(entries, {listing_key::name, true}), "Z y B2 b a A ");
  EXPECT_EQ(names(entries, {listing_key::size, false}), "y Z b B2 a A ");
  EXPECT_EQ(names(entries, {listing_key::size, true}), "y Z A a b B2 ");
  EXPECT_EQ(names(entries, {listing_key::modified, false}), "Z y B2 a A b ");
  EXPECT_EQ(names(entries, {listing_key::modified, true}), "y Z b A a B2 ");
}

TEST(Listing, OrdersNumbersInNames) {
  EXPECT_EQ(names({{"p10"},
                   {"p9"},
                   {"P9b"},
                   {"p09"},
                   {"p"},
                   {"p1x"},
                   {"p123456789012345678901234567890"},
                   {"px"}},
                  {}),
            "p p1x p09 p9 P9b p10 p123456789012345678901234567890 px ");
  EXPECT_EQ(names({{"a.1.10"}, {"a.1.9"}, {"a.01.10"}, {"a"}, {"0"}, {"00"}, {""}}, {}),
            " 0 00 a a.1.9 a.01.10 a.1.10 ");
}

/// Sorting needs an order: of any three names, and both ways.
TEST(Listing, HasAnOrder) {
  const std::vector<std::string> all = {"",   "0",   "00",   "1",  "01",   "10", "a", "A",
                                        "a1", "A01", "a10b", "a9", "\xff", "-",  "a-"};
  const auto less = [](std::string_view a, std::string_view b) {
    std::vector<listing_entry> two = {{.name = b}, {.name = a}};
    sort_entries(two, {});
    return a != b && two[0].name == a;
  };
  for (const auto& a : all) {
    for (const auto& b : all) {
      EXPECT_NE(less(a, b), a == b || less(b, a)) << a << ' ' << b;
      for (const auto& c : all) {
        EXPECT_TRUE(!less(a, b) || !less(b, c) || less(a, c)) << a << ' ' << b << ' ' << c;
      }
    }
  }
}

TEST(Listing, ReadsItsOrder) {
  EXPECT_EQ(order_from_query(""), (listing_order{}));
  EXPECT_EQ(order_from_query("sort=size"), (listing_order{listing_key::size, false}));
  EXPECT_EQ(order_from_query("sort=modified&order=desc"),
            (listing_order{listing_key::modified, true}));
  EXPECT_EQ(order_from_query("order=desc"), (listing_order{listing_key::name, true}));
  EXPECT_EQ(order_from_query("sort=sizes&order=x&&=&sort"), (listing_order{}));
  EXPECT_EQ(order_from_query("xsort=size&x&sort=size"), (listing_order{listing_key::size, false}));
}

TEST(Listing, LinksToOtherOrders) {
  const std::string by_name = page(".", {});
  EXPECT_TRUE(
      has(by_name, "<th class=n aria-sort=ascending><a href=\"?sort=name&amp;order=desc\">Name"));
  EXPECT_TRUE(has(by_name, "<th class=s><a href=\"?sort=size\">Size"));
  const std::string down = page(".", {}, {listing_key::size, true});
  EXPECT_TRUE(has(down, "<th class=s aria-sort=descending><a href=\"?sort=size\">Size"));
}

TEST(Listing, ShowsEntries) {
  const std::string p = page("a/b", {{"dir", true, 4096, 0}, {"file.txt", false, 1536, 784111777}});
  EXPECT_TRUE(has(p, "<tr class=d><td class=n><a href=\"dir/\">dir/</a></td><td class=s></td>"));
  EXPECT_TRUE(has(p,
                  "<tr><td class=n><a href=\"file.txt\">file.txt</a></td>"
                  "<td class=s title=\"1536 bytes\">1.5 KiB</td>"
                  "<td class=m>1994-11-06<span class=t> 08:49</span></td></tr>"));
  EXPECT_TRUE(has(p, "1 directory, 1 file, 1.5 KiB."));
  EXPECT_TRUE(has(p, "<title>b</title>"));
  EXPECT_TRUE(
      has(p, "<h1><a href=\"../../\" title=\"top\">/</a><wbr><a href=\"../\">a/</a><wbr>b/</h1>"));
  EXPECT_TRUE(has(p, "<a href=\"../\">..</a>"));
}

TEST(Listing, OfTheRootHasNoWayUp) {
  const std::string p = page(".", {});
  EXPECT_FALSE(has(p, "../"));
  EXPECT_TRUE(has(p, "<title>/</title>"));
  EXPECT_TRUE(has(p, "0 directories, 0 files, 0 B."));
}

TEST(Listing, TellsWhatWasLeftOut) {
  const std::vector<listing_entry> entries = {{"a", false, 1, 0}};
  EXPECT_FALSE(has(page(".", entries), "left out"));
  std::vector<char> room(listing_page::least_room);
  const auto told = [&](std::uint64_t left_out) {
    listing_page p(".", entries, {}, left_out);
    return std::string(room.data(), p.write(room));
  };
  EXPECT_TRUE(has(told(1), "</h1><p class=more>There is more here than is shown: 1 name was left out"));
  EXPECT_TRUE(has(told(23'456), "than is shown: 23456 names were left out of this page.</p><table>"));
}

TEST(Listing, EscapesNames) {
  const std::string name = "<script>alert(\"1\") & 'x' \n?#%41:\xff";
  const std::string p =
      page("a/" + name, {{name, false, 0, 0}, {"javascript:alert(1)", false, 0, 0}});
  EXPECT_FALSE(has(p, "<script"));
  EXPECT_TRUE(has(p, "<title>&lt;script&gt;alert(&quot;1&quot;) &amp;"));
  EXPECT_TRUE(
      has(p,
          "<a href=\"%3Cscript%3Ealert%28%221%22%29%20%26%20%27x%27%20%0A%3F%23%2541%3A%FF\">"
          "&lt;script&gt;alert(&quot;1&quot;) &amp; &#39;x&#39; &#xFFFD;?#%41:\xff</a>"));
  EXPECT_TRUE(has(p, "<a href=\"javascript%3Aalert%281%29\">"));
  EXPECT_FALSE(has(p, "href=\"javascript:"));
}

TEST(Listing, ShowsNoControls) {
  char room[100];
  text_out out(room);
  put_html(out, "a\x7f\x1b\x01 b");
  EXPECT_EQ(out.text(), "a&#xFFFD;&#xFFFD;&#xFFFD; b");
}

TEST(Listing, IsTheSameInPieces) {
  std::vector<std::string> kept;
  for (int i = 0; i < 3000; ++i)
    kept.push_back("name & number " + std::to_string(i * 7919));
  std::vector<listing_entry> entries;
  for (const std::string& n : kept)
    entries.push_back({n, n.size() % 2 == 0, n.size() * 1000, 5});
  const std::string whole = page("a/b/c", entries, {}, 4'000'000);
  EXPECT_TRUE(whole.ends_with("</html>\n"));
  EXPECT_GT(whole.size(), 300'000u);
  for (const std::size_t room :
       {listing_page::least_room, std::size_t{16'411}, std::size_t{100'000}}) {
    EXPECT_EQ(page("a/b/c", entries, {}, room), whole) << room;
  }
}

TEST(Listing, HasRoomForTheLongestNames) {
  const std::string name(255, '"');
  std::string path;
  while (path.size() + 2 < 4096)
    path += "a/";
  path += "a";
  const std::string p = page(path, {{name, true, 0, 0}});
  std::string quotes;
  for (int i = 0; i < 255; ++i)
    quotes += "&quot;";
  EXPECT_TRUE(has(p, ">" + quotes + "/</a>"));
  EXPECT_TRUE(has(p, "<title>a</title>"));
  EXPECT_TRUE(has(p, "\" title=\"top\">/</a>"));
  const std::string wide = page(std::string(255, '"') + "/" + std::string(255, '"'), {});
  EXPECT_TRUE(has(wide, "<title>" + quotes + "</title>"));
}

TEST(Listing, TellsSizes) {
  const auto told = [](std::uint64_t bytes) {
    char room[32];
    text_out out(room);
    put_size(out, bytes);
    return std::string(out.text());
  };
  EXPECT_EQ(told(0), "0 B");
  EXPECT_EQ(told(1023), "1023 B");
  EXPECT_EQ(told(1024), "1.0 KiB");
  EXPECT_EQ(told(1536), "1.5 KiB");
  EXPECT_EQ(told(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(told(1024 * 1024 - 100), "1023.9 KiB");
  EXPECT_EQ(told(5ull << 40), "5.0 TiB");
  EXPECT_EQ(told(UINT64_MAX), "16.0 EiB");
}

}  // namespace
