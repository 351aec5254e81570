// The same random work on tmpfs and in memory has the same results, errors and trees.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

#include "unit/memory/side.hpp"
#include "sluice/space/memory.hpp"

namespace memory_test {
namespace {

/// Random arguments; drawn once, and used on both sides.
class dice {
 public:
  explicit dice(unsigned seed) : engine_(seed) {}
  unsigned below(unsigned n) { return static_cast<unsigned>(engine_() % n); }
  bool once_in(unsigned n) { return below(n) == 0; }
  template <class T, std::size_t N>
  const T& one_of(const T (&all)[N]) {
    return all[below(N)];
  }

  std::string name() {
    static constexpr const char* names[] = {"a", "b", "c", "d"};
    if (once_in(60)) return std::string(256, 'n');
    if (once_in(15)) return "..";
    return once_in(20) ? "." : one_of(names);
  }
  std::string path() {
    if (once_in(60)) return "";
    std::string p = name();
    while (once_in(3)) p += "/" + name();
    if (once_in(10)) p += "/";
    return p;
  }
  std::uint64_t offset() {
    static constexpr std::uint64_t edges[] = {0, 1, 4095, 4096, 5000, 8192, 12'288, 20'000};
    return one_of(edges) + (once_in(4) ? below(4096) : 0);
  }
  lookup how() { return once_in(2) ? lookup::no_follow : lookup::follow; }

 private:
  std::mt19937 engine_;
};

/// The same things on both sides, one step after another; stops at the first difference.
class comparison {
 public:
  comparison(const dir& on_disk, const dir& in_memory, unsigned seed) : dice_(seed) {
    start(disk_, on_disk);
    start(memory_, in_memory);
  }

  bool step() {
    static constexpr void (comparison::*families[])() = {
        &comparison::open_something, &comparison::open_something, &comparison::names,
        &comparison::names,          &comparison::names,          &comparison::links,
        &comparison::attributes,     &comparison::xattrs,         &comparison::transfers,
        &comparison::transfers,      &comparison::ranges,         &comparison::looks};
    (this->*dice_.one_of(families))();
    return !testing::Test::HasFailure();
  }

  void compare_trees() {
    EXPECT_EQ(describe_tree(disk_.base), describe_tree(memory_.base)) << history_;
  }

 private:
  static void start(side& s, const dir& root) {
    // Deep enough that no ".." leads out of it.
    std::string deep = "n";
    for (int i = 0; i < 8; ++i, deep += "/n") ASSERT_TRUE(sync(root.mkdir(deep)));
    deep.resize(deep.size() - 2);
    s.base = sync(root.open_dir(deep)).value();
  }

  template <class Act>
  void both(const std::string& what, Act act) {
    const std::string there = act(disk_);
    const std::string here = act(memory_);
    history_ += what + ": " + there + "\n";
    EXPECT_EQ(there, here) << history_;
  }

  /// The base, or an open directory if there is one in the slot.
  unsigned draw_place() { return dice_.once_in(3) ? dice_.below(3) : 3; }
  static const dir& at(const side& s, unsigned place) {
    return place < 3 && s.dirs[place] ? s.dirs[place] : s.base;
  }
  static std::string in(unsigned place) { return place < 3 ? " in " + std::to_string(place) : ""; }

  open_mode draw_mode() {
    static constexpr open_mode access[] = {open_mode::read, open_mode::write,
                                           open_mode::read_write};
    open_mode m = dice_.one_of(access);
    if (dice_.once_in(2)) m |= open_mode::create;
    const auto maybe = [&](open_mode flag, unsigned odds) {
      if (dice_.once_in(odds)) m |= flag;
    };
    maybe(open_mode::exclusive, 5);
    maybe(open_mode::truncate, 5);
    maybe(open_mode::append, 8);
    maybe(open_mode::no_follow, 6);
    maybe(open_mode::directory, 12);
    maybe(open_mode::location, 10);
    maybe(open_mode::temporary, 10);
    maybe(open_mode::beneath, 8);
    maybe(open_mode::in_root, 10);
    maybe(open_mode::no_symlinks, 10);
    maybe(open_mode::no_access_time, 10);
    return m;
  }

  void open_something() {
    const std::string p = dice_.path();
    const unsigned from = draw_place();
    const open_mode m = draw_mode();
    const bool as_dir = dice_.once_in(4);
    const unsigned slot = dice_.below(3);
    const std::string what = std::to_string(static_cast<unsigned>(m)) + " " + p + in(from) +
                             " as " + std::to_string(slot);
    if (as_dir) {
      const open_mode how = m & (open_mode::location | open_mode::no_follow | open_mode::beneath |
                                 open_mode::in_root | open_mode::no_symlinks);
      both("open_dir " + what, [&](side& s) {
        auto opened = sync(at(s, from).open_dir(p, how));
        if (opened) s.dirs[slot] = std::move(*opened);
        return opened ? "ok" : word(opened.error());
      });
    } else {
      both("open " + what, [&](side& s) {
        auto opened = sync(at(s, from).open(p, m, 06755));
        if (opened) s.files[slot] = std::move(*opened);
        return opened ? "ok" : word(opened.error());
      });
    }
  }

  void names() {
    const std::string p = dice_.path();
    const std::string q = dice_.path();
    const unsigned from = draw_place();
    const unsigned to = draw_place();
    static constexpr rename_mode modes[] = {rename_mode::replace, rename_mode::replace,
                                            rename_mode::no_replace, rename_mode::exchange,
                                            static_cast<rename_mode>(3)};
    const rename_mode mode = dice_.one_of(modes);
    switch (dice_.below(5)) {
      case 0:
        return both("mkdir " + p + in(from),
                    [&](side& s) { return word(sync(at(s, from).mkdir(p, 06777))); });
      case 1:
        return both("rmdir " + p + in(from),
                    [&](side& s) { return word(sync(at(s, from).rmdir(p))); });
      case 2:
        return both("unlink " + p + in(from),
                    [&](side& s) { return word(sync(at(s, from).unlink(p))); });
      default:
        return both("rename " + p + in(from) + " to " + q + in(to) + " mode " +
                        std::to_string(static_cast<unsigned>(mode)),
                    [&](side& s) {
                      return word(sync(at(s, from).rename(p, at(s, to), q, mode)));
                    });
    }
  }

  void links() {
    const std::string p = dice_.path();
    const std::string q = dice_.path();
    const unsigned from = draw_place();
    const unsigned to = draw_place();
    const unsigned slot = dice_.below(3);
    const lookup how = dice_.how();
    static constexpr file_type types[] = {file_type::fifo,      file_type::socket,
                                          file_type::regular,   file_type::character,
                                          file_type::directory, file_type::symlink};
    const file_type type = dice_.one_of(types);
    switch (dice_.below(4)) {
      case 0:
        return both("link " + p + in(from) + " as " + q + in(to), [&](side& s) {
          return word(sync(at(s, from).link(p, at(s, to), q, how)));
        });
      case 1:
        return both("link_file " + std::to_string(slot) + " as " + q + in(to), [&](side& s) {
          return s.files[slot] ? word(sync(at(s, to).link_file(s.files[slot], q))) : "none";
        });
      case 2:
        return both("symlink " + p + " at " + q + in(to),
                    [&](side& s) { return word(sync(at(s, to).symlink(p, q))); });
      default:
        return both("mknod " + q + in(to) + " type " + std::to_string(static_cast<int>(type)),
                    [&](side& s) { return word(sync(at(s, to).mknod(q, type, 04711, 0))); });
    }
  }

  void attributes() {
    const std::string p = dice_.path();
    const unsigned from = draw_place();
    const lookup how = dice_.how();
    // Never sticky: what that forbids is a setting of the machine's.
    const auto bits = static_cast<std::uint16_t>(dice_.below(010000) & ~01000u);
    const unsigned who = dice_.below(3);
    const time_change old = time_change::at(timestamp{1000, 5});
    const time_change accessed = dice_.once_in(3) ? time_change() : old;
    const time_change modified = dice_.once_in(3) ? time_change() : old;
    const std::string where = p + in(from);
    switch (dice_.below(3)) {
      case 0:
        return both("set_mode " + where,
                    [&](side& s) { return word(sync(at(s, from).set_mode(p, bits, how))); });
      case 1:
        return both("set_owner " + where,
                    [&](side& s) { return word(sync(at(s, from).set_owner(p, who, keep_id, how))); });
      default:
        return both("set_times " + where, [&](side& s) {
          return word(sync(at(s, from).set_times(p, accessed, modified, how)));
        });
    }
  }

  void xattrs() {
    static constexpr const char* attributes[] = {"user.one", "user.two", "trusted.t", "user.",
                                                 "other.x",  "",         "plain"};
    const std::string name = dice_.one_of(attributes);
    const std::string p = dice_.path();
    const unsigned from = draw_place();
    const lookup how = dice_.how();
    static constexpr ops::xattr_mode modes[] = {ops::xattr_mode::set, ops::xattr_mode::create,
                                                ops::xattr_mode::replace};
    const ops::xattr_mode mode = dice_.one_of(modes);
    const std::vector<std::byte> value(dice_.once_in(10) ? 65'537 : dice_.below(100), std::byte{7});
    const std::string where = name + " of " + p + in(from);
    switch (dice_.below(4)) {
      case 0:
        return both("remove_xattr " + where,
                    [&](side& s) { return word(sync(at(s, from).remove_xattr(p, name, how))); });
      case 1: {
        std::vector<std::byte> room(dice_.below(60));
        return both("get_xattr " + where, [&](side& s) {
          return number(sync(at(s, from).get_xattr(p, name, room, how)));
        });
      }
      default:
        return both("set_xattr " + where, [&](side& s) {
          return word(sync(at(s, from).set_xattr(p, name, value, mode, how)));
        });
    }
  }

  std::uint64_t draw_offset() { return dice_.offset() + (dice_.once_in(6) ? reserved_ : 0); }

  void transfers() {
    const unsigned slot = dice_.below(3);
    const std::uint64_t offset = draw_offset();
    const std::uint64_t size = dice_.offset();
    const std::vector<std::byte> data(size, std::byte{static_cast<unsigned char>(dice_.below(200) + 1)});
    const std::string where = std::to_string(slot) + " at " + std::to_string(offset) + " size " +
                              std::to_string(size);
    switch (dice_.below(4)) {
      case 0:
        return both("read " + where, [&](side& s) {
          if (!s.files[slot]) return std::string("none");
          std::vector<std::byte> into(size);
          const auto n = sync(s.files[slot].read_at(into, offset));
          std::uint64_t sum = 0;
          for (std::size_t i = 0; n && i < *n; ++i) sum = sum * 31 + static_cast<unsigned>(into[i]);
          return number(n) + " sum " + std::to_string(sum);
        });
      case 1:
        return both("truncate " + where, [&](side& s) {
          return s.files[slot] ? word(sync(s.files[slot].truncate(offset))) : "none";
        });
      default:
        return both("write " + where, [&](side& s) {
          return s.files[slot] ? number(sync(s.files[slot].write_at(data, offset))) : "none";
        });
    }
  }

  void ranges() {
    const unsigned a = dice_.below(3);
    const unsigned b = dice_.below(3);
    std::uint64_t offset = draw_offset();
    const std::uint64_t to = draw_offset();
    const std::uint64_t size = dice_.offset();
    static constexpr allocate_mode modes[] = {allocate_mode::extend, allocate_mode::keep_size,
                                              allocate_mode::punch_hole,
                                              allocate_mode::zero_range};
    const allocate_mode mode = dice_.one_of(modes);
    static constexpr lock_kind kinds[] = {lock_kind::shared, lock_kind::exclusive,
                                          lock_kind::unlock};
    const lock_kind kind = dice_.one_of(kinds);
    const unsigned which = dice_.below(4);
    // tmpfs takes what is reserved twice for data.
    const bool reserves = mode == allocate_mode::extend || mode == allocate_mode::keep_size;
    if (which == 0 && reserves) offset = reserved_ += 16 * 4096;
    const std::string where = std::to_string(a) + " " + std::to_string(b) + " at " +
                              std::to_string(offset) + " to " + std::to_string(to) + " size " +
                              std::to_string(size);
    const auto asked = [&](auto act) {
      return [=](side& s) { return s.files[a] && s.files[b] ? act(s) : std::string("none"); };
    };
    switch (which) {
      case 0:
        return both("allocate " + where + " mode " + std::to_string(static_cast<int>(mode)),
                    asked([=](side& s) { return word(sync(s.files[a].allocate(mode, offset, size))); }));
      case 1:
        return both("copy_range " + where, asked([=](side& s) {
                      return number(sync(s.files[a].copy_range(offset, s.files[b], to, size)));
                    }));
      case 2:
        return both("lock " + where + " kind " + std::to_string(static_cast<int>(kind)),
                    asked([=](side& s) {
                      return word(sync(s.files[a].lock(kind, false, offset, size)));
                    }));
      default:
        return both("seek " + where, asked([=](side& s) {
                      return number(sync(s.files[a].seek_data(offset))) + " " +
                             number(sync(s.files[a].seek_hole(offset)));
                    }));
    }
  }

  void looks() {
    const std::string p = dice_.path();
    const unsigned from = draw_place();
    const unsigned slot = dice_.below(3);
    const lookup how = dice_.how();
    switch (dice_.below(5)) {
      case 0:
        return both("readlink " + p + in(from), [&](side& s) {
          char text[100];
          const auto n = sync(at(s, from).readlink(p, text));
          return n ? std::string(text, *n) : word(n.error());
        });
      case 1:
        return both("list" + in(from), [&](side& s) { return list(at(s, from)); });
      case 2:
        return both("fstat " + std::to_string(slot), [&](side& s) {
          return s.files[slot] ? describe_status(sync(s.files[slot].stat())) : "none";
        });
      case 3:
        return both("sync " + std::to_string(slot), [&](side& s) {
          if (!s.files[slot]) return std::string("none");
          const auto advised = sync(s.files[slot].advise(access_advice::random));
          return word(sync(s.files[slot].sync())) + " " + word(advised);
        });
      default:
        return both("stat " + p + in(from), [&](side& s) {
          return describe_status(sync(at(s, from).stat(p, stat_mask::basic, how)));
        });
    }
  }

  dice dice_;
  side disk_, memory_;
  std::uint64_t reserved_ = 0;  // where room was taken last
  std::string history_;
};

void compare(unsigned seed, unsigned steps) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  const tmpfs_folder folder;
  const dir on_disk = folder.open();
  memory_space space;
  const dir in_memory = space.root();
  comparison c(on_disk, in_memory, seed);
  for (unsigned i = 0; i < steps; ++i) {
    if (!c.step()) return;
    if (std::getenv("SLUICE_SEED") != nullptr || i % 100 == 99) c.compare_trees();
  }
  c.compare_trees();
}

TEST(MemoryDifferential, RandomWorkIsTheSameOnTmpfs) {
  if (::geteuid() != 0) GTEST_SKIP() << "memory asks for no permissions, so this is for root";
  if (tmpfs_folder().path().empty()) GTEST_SKIP() << "there is no tmpfs at /dev/shm";
  const mode_t before = ::umask(0);
  // SLUICE_SEED: one seed, to see a difference again; SLUICE_SEEDS: how many from 1 on.
  const char* one = std::getenv("SLUICE_SEED");
  const char* many = std::getenv("SLUICE_SEEDS");
  const auto first = static_cast<unsigned>(one != nullptr ? std::atoi(one) : 1);
  const auto count = static_cast<unsigned>(one != nullptr    ? 1
                                           : many != nullptr ? std::atoi(many)
                                                             : 60);
  for (unsigned seed = first; seed < first + count && !HasFailure(); ++seed) compare(seed, 600);
  ::umask(before);
}

}  // namespace
}  // namespace memory_test
