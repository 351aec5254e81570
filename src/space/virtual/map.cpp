#include "sluice/space/map.hpp"

#include <algorithm>

#include "space/virtual/members.hpp"

namespace sluice::inline v0 {

namespace {

struct mapped : virtual_files::made_of {
  mapped(std::vector<backing> f, std::vector<map_extent> e, std::uint64_t n) noexcept
      : made_of(std::move(f)), extents(std::move(e)), size(n) {}
  std::vector<map_extent> extents;
  std::uint64_t size;
};

/// The first extent that ends behind the offset.
const map_extent* extent_at(const mapped& f, std::uint64_t offset) noexcept {
  const auto at = std::upper_bound(
      f.extents.begin(), f.extents.end(), offset,
      [](std::uint64_t o, const map_extent& e) { return o < e.offset + e.size; });
  return at == f.extents.end() ? nullptr : &*at;
}

split_part next(space&, const split_question& q) noexcept {
  auto& f = virtual_files::of<mapped>(q.asked.id);
  if (!virtual_files::moves_bytes(q.asked.kind)) return virtual_files::next_member(f, q);
  const bool reading = virtual_files::reads(q.asked.kind);
  if (q.offset > INT64_MAX) return split_part::refuse(errc::invalid);
  if (q.size == 0) return split_part::plain(split_part::kind::ready);
  if (q.offset >= f.size) {
    return reading ? split_part::plain(split_part::kind::end) : split_part::refuse(errc::no_space);
  }
  const map_extent* e = extent_at(f, q.offset);
  if (e == nullptr || q.offset < e->offset) {
    const std::uint64_t hole_end = e == nullptr ? f.size : e->offset;
    if (!reading) return split_part::refuse(errc::no_space);
    return split_part::plain(split_part::kind::zeros, hole_end - q.offset);
  }
  if (!reading && !e->writable) return split_part::refuse(errc::read_only);
  const std::uint64_t within = q.offset - e->offset;
  const backing& in = f.files[e->file];
  split_part part =
      split_part::of(in.in(), in.id(), e->file_offset + within,
                     static_cast<std::size_t>(std::min<std::uint64_t>(e->size - within, q.size)));
  part.exists = part.size;
  return part;
}

/// Nothing has to be asked for it.
void submit_stat(space&, operation& base) noexcept {
  auto& op = static_cast<ops::stat&>(base);
  op.value = {};
  op.value.have = stat_mask::type | stat_mask::size;
  op.value.type = file_type::regular;
  op.value.size = virtual_files::of<mapped>(op.id).size;
  op.complete();
}

constexpr split_plan plan = virtual_files::plan_of<map_space, mapped>(next);

constexpr space_table make_table() noexcept {
  space_table t = virtual_files::rows_of<map_space, mapped>("map");
  t[op_kind::stat] = submit_stat;
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

}  // namespace

map_space::map_space(const split_options& options) : space(rows), parts_(*this, plan, options) {}
map_space::~map_space() = default;

result<file> map_space::make(std::vector<backing> files, std::vector<map_extent> extents,
                             std::uint64_t size) {
  if (!good(extents, files.size(), size)) return std::unexpected(error(errc::invalid));
  return file(adopt, *this,
              virtual_files::id_of(new mapped(std::move(files), std::move(extents), size)));
}

}  // namespace sluice::inline v0
