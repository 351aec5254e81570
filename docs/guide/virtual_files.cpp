// Files that are made of other files: maps, stripes, caches, and one over the other.
#include <sluice/sluice.hpp>
#include <sluice/space/cache.hpp>
#include <sluice/space/map.hpp>
#include <sluice/space/memory.hpp>
#include <sluice/space/stripe.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using sluice::errc;
using sluice::open_mode;

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "not as told: %s\n", what);
  std::exit(1);
}

sluice::file file_with(sluice::dir& in, const char* name, const std::string& text) {
  auto f = sluice::sync(in.open(name, open_mode::read_write | open_mode::create));
  expect(f.has_value(), "a file");
  auto written = sluice::sync(f->write_all_at(std::as_bytes(std::span(text)), 0));
  expect(written.whole(), "with something in it");
  return std::move(*f);
}

std::string text_of(const sluice::file& f) {
  std::vector<std::byte> all;
  auto read = sluice::sync(f.read_to_end(all));
  expect(read.end, "read to its end");
  return std::string(reinterpret_cast<const char*>(all.data()), all.size());
}

void map_of_two(sluice::dir& in) {
  sluice::map_space maps;
  sluice::file words = file_with(in, "words", "world, hello");

  std::vector<sluice::backing> files;
  files.emplace_back(words);                          // borrowed: stays the caller's
  files.emplace_back(file_with(in, "end", "!"));      // owned: closed with the map
  std::vector<sluice::map_extent> extents;
  extents.push_back({0, 5, 0, 7});                    // "hello" of the first file
  extents.push_back({6, 5, 0, 0});                    // "world", behind a hole of one byte
  extents.push_back({11, 1, 1, 0, false});            // "!", not to be written to
  auto mapped = maps.make(std::move(files), std::move(extents), 12);
  expect(mapped.has_value(), "extents in order");

  expect(text_of(*mapped) == std::string("hello\0world!", 12), "the parts in their order");
  const std::string shout = "HELLO WORLD";
  auto written = sluice::sync(mapped->write_all_at(std::as_bytes(std::span(shout)), 0));
  expect(written.done == 5 && written.first_error == errc::no_space, "a hole has no room");
  auto closed = sluice::sync(mapped->close());
  expect(closed.has_value() && text_of(words).ends_with("HELLO"), "it is in the file below");
}

void stripe_of_three(sluice::dir& in) {
  sluice::stripe_space stripes;
  std::vector<sluice::backing> members;
  for (const char* name : {"a", "b", "c"}) members.emplace_back(file_with(in, name, ""));
  auto striped = sluice::sync(stripes.make(std::move(members), 4));  // bytes for each in turn
  expect(striped.has_value(), "members");

  const std::string text = "0000111122223333";
  auto written = sluice::sync(striped->write_all_at(std::as_bytes(std::span(text)), 0));
  expect(written.whole() && text_of(*striped) == text, "what was written");
  auto first = sluice::sync(in.open("a", open_mode::read));
  expect(first && text_of(*first) == "00003333", "the first member has every third unit");
}

void cached(sluice::dir& in) {
  sluice::cache_options small;
  small.block = 4096;
  small.bytes = 1 << 20;
  sluice::cache_space caches(small);
  sluice::file f = caches.make(file_with(in, "slow", "far away"));
  for (int i = 0; i < 10; ++i) {
    std::byte four[4];
    auto n = sluice::sync(f.read_at(four, 0));
    expect(n && *n == 4, "the bytes");
  }
  expect(caches.statistics().misses == 1 && caches.statistics().hits == 9, "read once");
}

// A plan of one's own: every byte of a file twice.
class doubled_space final : public sluice::space {
 public:
  explicit doubled_space(sluice::file& of) : space(rows()), of_(of), parts_(*this, plan, {}) {}
  sluice::file open() { return sluice::file(sluice::adopt, *this, 1); }

 private:
  static doubled_space& self(sluice::space& s) { return static_cast<doubled_space&>(s); }

  static sluice::split_part next(sluice::space& s, const sluice::split_question& q) noexcept {
    const sluice::file& below = self(s).of_;
    return sluice::split_part::of(below.in(), below.id(), q.offset / 2, 1);
  }
  static constexpr sluice::split_plan plan{next};

  static const sluice::space_table& rows() {
    static const sluice::space_table table = [] {
      sluice::space_table t{"doubled"};
      t[sluice::op_kind::read_at] = t[sluice::op_kind::read_segments] =
          [](sluice::space& s, sluice::operation& op) noexcept { self(s).parts_.submit(op); };
      t.cancel = [](sluice::space& s, sluice::operation& op) noexcept {
        self(s).parts_.cancel(op);
      };
      return t;
    }();
    return table;
  }

  sluice::file& of_;
  sluice::splitter parts_;
};

void own_plan(sluice::dir& in) {
  sluice::file below = file_with(in, "once", "abc");
  doubled_space twice(below);
  expect(text_of(twice.open()) == "aabbcc", "each byte twice");
}

int main() {
  sluice::memory_space memory;
  sluice::dir root = memory.root();
  map_of_two(root);
  stripe_of_three(root);
  cached(root);
  own_plan(root);
}
