#include "sluice/space/map.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "space/virtual/growing.hpp"

namespace sluice::inline v0 {

namespace {

struct mapped : virtual_files::growing {
  mapped(std::vector<backing> f, std::vector<map_extent> e, bool g) noexcept
      : growing(std::move(f)), extents(std::move(e)), grows(g) {}
  std::vector<map_extent> extents;  // an open one ends where offsets do
  bool grows;

  std::uint64_t last_end() const noexcept { return extents.back().offset + extents.back().size; }

  /// The size of the whole when nothing lies behind this member's last byte.
  std::uint64_t size_by(std::size_t member, std::uint64_t its_size) const noexcept {
    std::uint64_t end = 0;
    for (const map_extent& e : extents) {
      if (e.file != member || e.file_offset >= its_size) continue;
      end = e.offset + std::min(e.size, its_size - e.file_offset);
    }
    return end;
  }
};

/// The first extent that ends behind the offset.
const map_extent* extent_at(const mapped& f, std::uint64_t offset) noexcept {
  const auto at =
      std::upper_bound(f.extents.begin(), f.extents.end(), offset,
                       [](std::uint64_t o, const map_extent& e) { return o < e.offset + e.size; });
  return at == f.extents.end() ? nullptr : &*at;
}

/// The next member of a truncate: it ends where the last of its bytes before the new end lies.
split_part next_cut(mapped& f, const split_question& q) noexcept {
  const std::uint64_t end = static_cast<ops::truncate&>(q.asked).size;
  std::uint64_t its_end = 0;
  bool first = true, reached = false;
  for (const map_extent& e : f.extents) {
    if (e.file != q.offset) continue;
    if (std::exchange(first, false)) its_end = e.file_offset;
    if (e.offset < end) its_end = e.file_offset + std::min(e.size, end - e.offset);
    reached = reached || e.offset + e.size >= end;
  }
  // What lies behind the last extent of a file that is not concerned is none of the map's.
  if (!reached) return split_part::plain(split_part::kind::ready, 1);
  split_part part = virtual_files::next_member(f, q);
  part.offset = its_end;
  return part;
}

/// Where no extent is; `e` is the one behind it.
split_part next_of_hole(const mapped& f, const split_question& q, std::uint64_t end,
                        const map_extent* e) noexcept {
  if (q.size == 0) return split_part::plain(split_part::kind::ready);
  if (!virtual_files::reads(q.asked.kind)) {
    return split_part::refuse(f.grows && e == nullptr ? errc::too_large : errc::no_space);
  }
  if (q.offset >= end) return split_part::plain(split_part::kind::end);
  const std::uint64_t hole_end = e == nullptr ? end : std::min(end, e->offset);
  return split_part::plain(split_part::kind::zeros, hole_end - q.offset);
}

split_part next(space&, const split_question& q) noexcept {
  auto& f = virtual_files::of<mapped>(q.asked.id);
  if (q.asked.kind == op_kind::truncate) return next_cut(f, q);
  if (!virtual_files::moves_bytes(q.asked.kind)) return virtual_files::next_member(f, q);
  if (q.offset > INT64_MAX) return split_part::refuse(errc::invalid);
  const std::uint64_t end = f.size.load();
  if (f.grows) {
    if (const auto said = virtual_files::said_by_size(q, end)) return *said;
  } else if (q.size == 0) {
    return split_part::plain(split_part::kind::ready);
  }
  const map_extent* e = extent_at(f, q.offset);
  if (e == nullptr || q.offset < e->offset) return next_of_hole(f, q, end, e);
  if (!virtual_files::reads(q.asked.kind) && !e->writable)
    return split_part::refuse(errc::read_only);
  const std::uint64_t within = q.offset - e->offset;
  const backing& in = f.files[e->file];
  split_part part =
      split_part::of(in.in(), in.id(), e->file_offset + within,
                     static_cast<std::size_t>(std::min<std::uint64_t>(e->size - within, q.size)));
  virtual_files::exists_until(end, q, part);
  return part;
}

split_outcome landed(space&, const split_question& q, const split_part&, const operation&,
                     split_outcome went) noexcept {
  virtual_files::wrote(virtual_files::of<mapped>(q.asked.id), q, went.done);
  return went;
}

void ended(space&, operation& op) noexcept {
  if (op.kind == op_kind::close) return virtual_files::forget<mapped>(op.id);
  virtual_files::cut(virtual_files::of<mapped>(op.id), op);
}

/// Nothing has to be asked for it.
void submit_stat(space&, operation& base) noexcept {
  auto& op = static_cast<ops::stat&>(base);
  op.value = {};
  op.value.have = stat_mask::type | stat_mask::size;
  op.value.type = file_type::regular;
  op.value.size = virtual_files::of<mapped>(op.id).size.load();
  op.complete();
}

void submit_truncate(space& s, operation& op) noexcept {
  const auto& f = virtual_files::of<mapped>(op.id);
  if (!f.grows) return op.fail(errc::not_supported);
  const std::uint64_t end = static_cast<ops::truncate&>(op).size;
  if (end > INT64_MAX) return op.fail(errc::invalid);
  if (end > f.last_end()) return op.fail(errc::too_large);
  for (const map_extent& e : f.extents) {
    if (!e.writable && end < e.offset + e.size) return op.fail(errc::read_only);
  }
  virtual_files::submit<map_space>(s, op);
}

constexpr split_plan make_plan() noexcept {
  split_plan p = virtual_files::plan_of<map_space, mapped>(next);
  p.landed = landed;
  p.ended = ended;
  return p;
}
constexpr split_plan plan = make_plan();

constexpr space_table make_table() noexcept {
  space_table t = virtual_files::rows_of<map_space, mapped>("map");
  t[op_kind::stat] = submit_stat;
  t[op_kind::truncate] = submit_truncate;
  return t;
}
constexpr space_table rows = make_table();

bool good(const std::vector<map_extent>& extents, std::size_t files, std::uint64_t size) noexcept {
  std::uint64_t behind = 0;
  for (const map_extent& e : extents) {
    if (e.size == 0 || e.file >= files || e.offset < behind || e.offset > size) return false;
    if (e.size > size - e.offset || e.file_offset > INT64_MAX - e.size) return false;
    behind = e.offset + e.size;
  }
  return size <= INT64_MAX;
}

/// Opens the last extent to where offsets end, here and in its file. False: it is not open, or the
/// bytes of a file are not in the same order here and there.
bool open_last(std::vector<map_extent>& extents, std::size_t files) {
  if (extents.empty()) return false;
  map_extent& last = extents.back();
  const std::uint64_t begin = std::max(last.offset, last.file_offset);
  if (last.size != map_extent::open_end || !last.writable || begin > INT64_MAX) return false;
  last.size = INT64_MAX - begin;
  if (!good(extents, files, INT64_MAX)) return false;
  std::vector<std::uint64_t> ends(files);
  for (const map_extent& e : extents) {
    if (e.file_offset < ends[e.file]) return false;
    ends[e.file] = e.file_offset + e.size;
  }
  return true;
}

}  // namespace

map_space::map_space(const split_options& options) : space(rows), parts_(*this, plan, options) {}
map_space::~map_space() = default;

result<file> map_space::make(std::vector<backing> files, std::vector<map_extent> extents,
                             std::uint64_t size) {
  if (!good(extents, files.size(), size)) return std::unexpected(error(errc::invalid));
  auto made = std::make_unique<mapped>(std::move(files), std::move(extents), false);
  made->reaches(size);
  return file(adopt, *this, virtual_files::id_of(made.release()));
}

task<result<file>> map_space::make_growing(std::vector<backing> files,
                                           std::vector<map_extent> extents) {
  if (!open_last(extents, files.size())) co_return std::unexpected(error(errc::invalid));
  auto made = std::make_unique<mapped>(std::move(files), std::move(extents), true);
  auto measuring = virtual_files::measure(*made);
  const error failed = co_await std::move(measuring);
  if (failed) co_return std::unexpected(failed);
  co_return file(adopt, *this, virtual_files::id_of(made.release()));
}

}  // namespace sluice::inline v0
