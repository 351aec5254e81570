// Places where every file is made of others. There are no directories: a name stands for members of
// that name, with a number behind it, in a folder of this machine.
#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string_view>

#include "conformance/place.hpp"
#include "sluice/space/cache.hpp"
#include "sluice/space/map.hpp"
#include "sluice/space/stripe.hpp"

namespace sluice::conformance {

namespace {

/// Opens files for a case; its other operations are those of the space that the files are in.
class virtual_names : public space {
 public:
  virtual ~virtual_names() = default;
  dir root() noexcept { return dir(adopt, *this, root_id); }

 protected:
  explicit virtual_names(space& files) : space(table_), files_(files) {
    fill(files.table());
    auto here = system().current_dir();
    auto opened = sluice::sync(here.open_dir(folder_.path()));
    if (!opened) throw std::runtime_error("cannot open " + folder_.path());
    below_ = std::move(*opened);
  }
  virtual result<file> make(std::vector<backing> members) = 0;
  virtual std::size_t members() const noexcept = 0;

 private:
  static constexpr handle_id root_id = 1;  // no address of a file

  static virtual_names& self(space& s) { return static_cast<virtual_names&>(s); }

  result<handle_id> open(const ops::open& op) {
    std::vector<backing> opened;
    for (std::size_t i = 0; i < members(); ++i) {
      const std::string name = std::string(op.path.c_str()) + "." + std::to_string(i);
      auto one = sluice::sync(below_.open(name, op.mode, op.permissions));
      if (!one) return std::unexpected(one.error());
      opened.emplace_back(std::move(*one));
    }
    auto made = make(std::move(opened));
    if (!made) return std::unexpected(made.error());
    return made->detach();
  }

  /// A file's own rows, as far as its space has them, and opening.
  void fill(const space_table& of_files) {
    for (std::size_t k = 0; k < op_kinds; ++k) {
      if (!of_files.supports(static_cast<op_kind>(k))) continue;
      table_.rows[k] = [](space& s, operation& op) noexcept {
        op.id == root_id ? op.fail(errc::not_supported) : self(s).files_.submit(op);
      };
    }
    table_[op_kind::open] = [](space& s, operation& base) noexcept {
      auto& op = static_cast<ops::open&>(base);
      const auto opened = self(s).open(op);
      if (!opened) return op.fail(opened.error());
      op.value = *opened;
      op.complete();
    };
    table_.cancel = [](space& s, operation& op) noexcept { self(s).files_.cancel(op); };
    table_.release = [](space& s, handle_id id) noexcept {
      if (id != root_id) self(s).files_.release(id);
    };
  }

  space_table table_{"virtual names"};
  space& files_;
  scratch_folder folder_;
  dir below_;
};

/// Fewer parts than some cases have transfers in flight. A base, to be there before virtual_names.
struct stripes {
  stripe_space striping{split_options{5, 3}};
};

class striped_names final : stripes, public virtual_names {
 public:
  striped_names() : virtual_names(striping) {}

 private:
  result<file> make(std::vector<backing> members) override {
    return sluice::sync(striping.make(std::move(members), 4096));
  }
  std::size_t members() const noexcept override { return 3; }
};

struct caches {
  cache_space caching{{4096, 16 * 4096, {5, 3}}};
};

class cached_names final : caches, public virtual_names {
 public:
  cached_names() : virtual_names(caching) {}

 private:
  result<file> make(std::vector<backing> members) override {
    return caching.make(std::move(members.front()));
  }
  std::size_t members() const noexcept override { return 1; }
};

class cached_stripes final : caches, stripes, public virtual_names {
 public:
  cached_stripes() : virtual_names(striping) {}

 private:
  result<file> make(std::vector<backing> members) override {
    std::vector<backing> cached;
    for (backing& m : members)
      cached.emplace_back(caching.make(std::move(m)));
    return sluice::sync(striping.make(std::move(cached), 1000));
  }
  std::size_t members() const noexcept override { return 2; }
};

struct maps {
  map_space mapping{split_options{5, 3}};
};

/// A megabyte whose pieces lie in two files, the last piece first.
class mapped_names final : maps, public virtual_names {
 public:
  mapped_names() : virtual_names(mapping) {}

 private:
  static constexpr std::uint64_t piece = 8192, pieces = 128;

  result<file> make(std::vector<backing> members) override {
    std::vector<map_extent> extents;
    for (std::uint64_t i = 0; i < pieces; ++i) {
      extents.push_back({i * piece, piece, i % 2, (pieces - i) / 2 * piece});
    }
    return mapping.make(std::move(members), std::move(extents), pieces * piece);
  }
  std::size_t members() const noexcept override { return 2; }
};

/// The same without an end: pieces lie in two files by turns, behind a page that is none of the
/// map's, and what comes after a megabyte all lies in one.
class growing_names final : maps, public virtual_names {
 public:
  growing_names() : virtual_names(mapping) {}

 private:
  static constexpr std::uint64_t page = 4096, piece = 8192, pieces = 128;

  result<file> make(std::vector<backing> members) override {
    std::vector<map_extent> extents;
    for (std::uint64_t i = 0; i < pieces; ++i) {
      extents.push_back({i * piece, piece, i % 2, page + i / 2 * piece});
    }
    extents.push_back({pieces * piece, map_extent::open_end, 1, page + pieces / 2 * piece});
    return sluice::sync(mapping.make_growing(std::move(members), std::move(extents)));
  }
  std::size_t members() const noexcept override { return 2; }
};

/// What files that are made of others do; the names here can be opened, besides.
kind_set virtual_lacks() {
  using enum op_kind;
  return ~kinds(
      {open, close, read_at, write_at, read_segments, write_segments, sync, truncate, stat});
}

template <class Names>
void make_place(place& p) {
  p.options.emplace();
  p.lacks = virtual_lacks();
  auto names = std::make_shared<Names>();
  p.root = names->root();
  p.keeps = names;
}

template <class Names>
void make_place_without_loop(place& p) {
  make_place<Names>(p);
  p.options.reset();
}

/// About nothing but files by their names, and about their bytes. Files that are made of others
/// have no end that writes could be added to, whoever else writes.
bool moves_bytes_only(const test_case& c) {
  using enum op_kind;
  if (std::string_view(c.name).starts_with("append")) return false;
  const kind_set bytes = kinds({read_at, write_at, read_segments, write_segments});
  const kind_set others = kinds({open, close, sync, truncate, stat});
  return (c.uses & ~(bytes | others)).none() && (c.uses & bytes).any();
}

/// A map keeps the size that it was made with. Not for it is what writes a file and then reads to
/// the end, asks for the size, changes it, or writes beyond it.
bool leaves_the_size_alone(const test_case& c) {
  constexpr std::string_view about_the_size[] = {"a_read_over_the_end_is_short",
                                                 "a_sync_covers_what_was_written",
                                                 "direct_reads_see_the_same_bytes",
                                                 "drop_bare_stream",
                                                 "lengths_beyond_four_gib",
                                                 "offsets_beyond_four_gib",
                                                 "offsets_out_of_range_are_invalid",
                                                 "oobe",
                                                 "open_truncates",
                                                 "overwriting_changes_only_its_range",
                                                 "read_all",
                                                 "read_exact_tells_how_far_it_came",
                                                 "read_gives_what_was_written",
                                                 "read_to_end_into_room_to_spare",
                                                 "read_to_end_takes_everything",
                                                 "segments_make_up_a_write",
                                                 "segments_tell_of_the_end",
                                                 "single_elem_write",
                                                 "split_oobe",
                                                 "split_oobe_func",
                                                 "split_oobe_stream",
                                                 "the_end_is_zero_bytes_and_no_error",
                                                 "truncate_cuts_and_extends",
                                                 "write_all_of_megabytes",
                                                 "write_test",
                                                 "writes_in_flight_to_other_ranges_do_not_meet",
                                                 "zero_bytes_of_a_transfer"};
  return moves_bytes_only(c) &&
         std::ranges::find(about_the_size, c.name) == std::end(about_the_size);
}

}  // namespace

const std::vector<place_maker>& virtual_places() {
  static const std::vector<place_maker> places{
      {"stripe_system", make_place<striped_names>, false, moves_bytes_only},
      {"stripe_sync", make_place_without_loop<striped_names>, false, moves_bytes_only},
      {"map_system", make_place<mapped_names>, false, leaves_the_size_alone},
      {"map_sync", make_place_without_loop<mapped_names>, false, leaves_the_size_alone},
      {"map_growing_system", make_place<growing_names>, false, moves_bytes_only},
      {"map_growing_sync", make_place_without_loop<growing_names>, false, moves_bytes_only},
      {"cache_system", make_place<cached_names>, false, moves_bytes_only},
      {"stripe_cache_system", make_place<cached_stripes>, false, moves_bytes_only},
  };
  return places;
}

}  // namespace sluice::conformance
