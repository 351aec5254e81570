// What a copy's journal says: it is believed line by line, and nothing that is torn or changed is.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "fs/copy/journal_text.hpp"

namespace sluice::copying {
namespace {

constexpr std::uint64_t token = 0x1234'5678'9abc'def0;
const source_mark from{1, 2, 3, {4, 5}, {6, 7}};
const target_mark to{8, 9, {-10, 11}};

std::string begin(const std::string& boot) { return journal_header(token) + boot_line(boot); }

TEST(Journal, TellsWhatWasWritten) {
  const journal_book book(begin("now") + file_line("/a", from, to, false) + made_line("/d"), "now");
  ASSERT_EQ(book.token(), token);
  const journal_book::entry* const e = book.done("/a", false);
  ASSERT_NE(e, nullptr);
  EXPECT_EQ(e->from, digest_of(from));
  EXPECT_EQ(e->to, digest_of(to));
  EXPECT_EQ(book.done("/b", false), nullptr);
  EXPECT_TRUE(book.made("/d"));
  EXPECT_FALSE(book.made("/a"));
}

TEST(Journal, CarriesAnyName) {
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  const std::string names[] = {all, " ", "%", "\n", ""};
  for (const std::string& name : names) {
    const std::string line = file_line(name, from, to, true);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_NE(journal_book(begin("now") + line, "now").done(name, true), nullptr) << name;
  }
}

TEST(Journal, TakesOnlyDurableWorkOverAStartOfTheMachine) {
  const std::string text = begin("first") + file_line("/d/durable", from, to, true) +
                           file_line("/d/unsynced", from, to, false) + synced_line("/d") +
                           file_line("/d/late", from, to, true) + file_line("/e/other", from, to, true);
  const journal_book same(text, "first");
  for (const char* name : {"/d/durable", "/d/unsynced", "/d/late", "/e/other"}) {
    EXPECT_NE(same.done(name, false), nullptr) << name;
  }
  EXPECT_EQ(same.done("/d/unsynced", true), nullptr) << "its bytes were never synced";
  EXPECT_NE(same.done("/e/other", true), nullptr) << "its directory is yet to be synced, by this run";
  const journal_book later(text, "second");
  EXPECT_NE(later.done("/d/durable", true), nullptr);
  for (const char* name : {"/d/unsynced", "/d/late", "/e/other"}) {
    EXPECT_EQ(later.done(name, false), nullptr) << name;
  }
}

TEST(Journal, LetsNoLaterRunMakeDurableWhatACrashTook) {
  const std::string text = begin("first") + file_line("/d/a", from, to, true) + boot_line("second") +
                           synced_line("/d");
  EXPECT_EQ(journal_book(text, "second").done("/d/a", false), nullptr);
  EXPECT_EQ(journal_book(text, "third").done("/d/a", false), nullptr);
  const std::string same = begin("first") + file_line("/d/a", from, to, true) + boot_line("first") +
                           synced_line("/d");
  EXPECT_NE(journal_book(same, "second").done("/d/a", true), nullptr) << "another run, no crash";
}

TEST(Journal, TrustsNoUnknownStart) {
  const std::string text = begin("") + file_line("/a", from, to, true);
  EXPECT_EQ(journal_book(text, "").done("/a", false), nullptr);
  EXPECT_EQ(journal_book(text, "now").done("/a", false), nullptr);
}

TEST(Journal, ForgetsWhatWasDoneWhenItIsDoneAgain) {
  source_mark newer = from;
  newer.size = 99;
  const std::string text = begin("now") + file_line("/a", from, to, true) + synced_line("") +
                           file_line("/a", newer, to, false);
  const journal_book book(text, "now");
  ASSERT_NE(book.done("/a", false), nullptr);
  EXPECT_EQ(book.done("/a", false)->from, digest_of(newer));
  EXPECT_EQ(book.done("/a", true), nullptr);
  EXPECT_EQ(journal_book(text, "later").done("/a", false), nullptr);
}

TEST(Journal, DigestsTellEveryPartOfAMark) {
  source_mark sources[8];
  std::ranges::fill(sources, from);
  ++sources[1].device, ++sources[2].inode, ++sources[3].size, ++sources[4].modified.seconds;
  ++sources[5].modified.nanoseconds, ++sources[6].changed.seconds, ++sources[7].changed.nanoseconds;
  target_mark targets[5];
  std::ranges::fill(targets, to);
  ++targets[1].inode, ++targets[2].size, ++targets[3].modified.seconds, ++targets[4].modified.nanoseconds;
  std::set<std::uint64_t> all;
  for (const source_mark& m : sources) all.insert(digest_of(m));
  for (const target_mark& m : targets) all.insert(digest_of(m));
  EXPECT_EQ(all.size(), std::size(sources) + std::size(targets));
}

TEST(Journal, IsReadInPiecesOfAnySize) {
  std::string text = begin("now");
  for (int n = 0; n < 20; ++n) text += file_line("/a" + std::to_string(n), from, to, true);
  for (std::size_t piece = 1; piece < text.size(); piece += 7) {
    journal_book book("now");
    for (std::size_t at = 0; at < text.size(); at += piece) book.add(text.substr(at, piece));
    ASSERT_EQ(book.size(), 20u) << piece;
    ASSERT_NE(book.done("/a19", true), nullptr) << piece;
  }
  journal_book none("now");
  none.add("dear diary, today I copied a tree, and it took me long\n");
  none.add(text);
  EXPECT_FALSE(none.token().has_value()) << "only its beginning makes it a journal";
}

TEST(Journal, KnowsItsOwnBeginning) {
  const std::string whole = journal_header(token);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    EXPECT_TRUE(journal_book::is_beginning(whole.substr(0, n))) << n;
    EXPECT_FALSE(journal_book(whole.substr(0, n), "now").token().has_value()) << n;
  }
  EXPECT_TRUE(journal_book::is_beginning(std::string(5000, '\0'))) << "what a crash leaves";
  EXPECT_FALSE(journal_book::is_beginning("dear diary"));
  EXPECT_FALSE(journal_book::is_beginning("dear diary, today I copied a tree, and it took me long"));
  EXPECT_FALSE(journal_book("sluice-copy-journal 2 123456789abcdef0\n", "now").token().has_value());
}

/// Lines about many files, and where each ends.
struct written {
  std::string text = begin("now");
  std::vector<std::size_t> ends;

  written() {
    for (int n = 0; n < 40; ++n) {
      text += file_line(name(n), mark(n), to, n % 2 == 0);
      ends.push_back(text.size());
    }
  }
  static std::string name(int n) { return "/some name " + std::to_string(n); }
  static source_mark mark(int n) {
    source_mark m = from;
    m.inode = static_cast<std::uint64_t>(n) * 0x1'0001;
    return m;
  }
};

TEST(Journal, LosesOnlyTheLineThatIsTorn) {
  const written w;
  for (std::size_t cut = begin("now").size(); cut <= w.text.size(); ++cut) {
    const journal_book book(w.text.substr(0, cut), "now");
    std::size_t whole = 0;
    while (whole < w.ends.size() && w.ends[whole] <= cut) ++whole;
    ASSERT_EQ(book.size(), whole) << cut;
  }
}

/// Whatever becomes of the bytes: what it tells was once written.
TEST(Journal, BelievesNothingThatWasChanged) {
  const written w;
  std::mt19937_64 rng(7);
  std::size_t believed = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = w.text;
    for (std::uint64_t changes = rng() % 4 + 1; changes > 0; --changes) {
      const std::size_t at = rng() % text.size();
      const std::size_t n = std::min<std::size_t>(rng() % 600, text.size() - at);
      switch (rng() % 5) {
        case 0: text[at] = static_cast<char>(rng()); break;
        case 1: text.erase(at, n); break;
        case 2: text.insert(at, text.substr(rng() % text.size(), n)); break;
        case 3: std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(at), n, '\0'); break;
        default: text[at] = static_cast<char>(text[at] ^ (1 << rng() % 8)); break;
      }
      if (text.empty()) text = "x";
    }
    const journal_book book(text, "now");
    for (int n = 0; n < 40; ++n) {
      const journal_book::entry* const e = book.done(written::name(n), n % 2 == 0);
      if (e == nullptr) continue;
      ++believed;
      ASSERT_EQ(e->from, digest_of(written::mark(n))) << "round " << round;
      ASSERT_EQ(e->to, digest_of(to));
      ASSERT_EQ(e->synced, n % 2 == 0);
    }
    ASSERT_LE(book.size(), 40u) << "names that nobody wrote";
  }
  EXPECT_GT(believed, 100'000u);
}

TEST(Journal, ReadsAnyBytes) {
  std::mt19937_64 rng(8);
  for (int round = 0; round < 20'000; ++round) {
    std::string text = rng() % 2 == 0 ? begin("now") : std::string();
    const char likely[] = "fwsmb 0123456789abcdef%\n";
    for (std::uint64_t n = rng() % 300; n > 0; --n) {
      text += rng() % 4 == 0 ? static_cast<char>(rng()) : likely[rng() % (sizeof likely - 1)];
    }
    ASSERT_EQ(journal_book(text, "now").size(), 0u);
  }
}

}  // namespace
}  // namespace sluice::copying
