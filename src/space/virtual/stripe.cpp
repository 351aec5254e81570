#include "sluice/space/stripe.hpp"

#include <algorithm>

#include "space/virtual/growing.hpp"

namespace sluice::inline v0 {

namespace {

struct striped : virtual_files::growing {
  striped(std::vector<backing> f, std::uint32_t u) noexcept : growing(std::move(f)), unit(u) {}
  std::uint64_t unit;

  std::uint64_t count() const noexcept { return files.size(); }

  /// The size of the whole when nothing lies behind this member's last byte.
  std::uint64_t size_by(std::uint64_t member, std::uint64_t its_size) const noexcept {
    if (its_size == 0) return 0;
    const std::uint64_t last = its_size - 1, row = last / unit;
    // Such a member was made by somebody else: what it has beyond all offsets is out of reach.
    if (row > INT64_MAX / unit / count()) return INT64_MAX;
    return std::min<std::uint64_t>(INT64_MAX, (row * count() + member) * unit + last % unit + 1);
  }
  /// The member's size when the whole has this one.
  std::uint64_t size_of(std::uint64_t member, std::uint64_t whole) const noexcept {
    const std::uint64_t units = whole / unit;
    const std::uint64_t row = units / count(), at = units % count();
    return (row + (member < at ? 1 : 0)) * unit + (member == at ? whole % unit : 0);
  }
};

split_part next(space&, const split_question& q) noexcept {
  auto& f = virtual_files::of<striped>(q.asked.id);
  if (!virtual_files::moves_bytes(q.asked.kind)) {
    split_part part = virtual_files::next_member(f, q);
    if (q.asked.kind == op_kind::truncate) {
      part.offset = f.size_of(q.offset, static_cast<ops::truncate&>(q.asked).size);
    }
    return part;
  }
  if (q.offset > INT64_MAX) return split_part::refuse(errc::invalid);
  const std::uint64_t end = f.size.load();
  if (const auto said = virtual_files::said_by_size(q, end)) return *said;
  const std::uint64_t unit = q.offset / f.unit, within = q.offset % f.unit;
  const backing& member = f.files[unit % f.count()];
  split_part part =
      split_part::of(member.in(), member.id(), unit / f.count() * f.unit + within,
                     static_cast<std::size_t>(std::min<std::uint64_t>(q.size, f.unit - within)));
  virtual_files::exists_until(end, q, part);
  return part;
}

/// The whole is what its first member is, but for its size.
void add(file_status& whole, const file_status& member, bool first) noexcept {
  const std::uint64_t allocated = whole.allocated + member.allocated;
  if (first) whole = member;
  whole.allocated = allocated;
}

split_outcome landed(space&, const split_question& q, const split_part&, const operation& child,
                     split_outcome went) noexcept {
  auto& f = virtual_files::of<striped>(q.asked.id);
  if (q.asked.kind == op_kind::stat && !went.why) {
    const auto& member = static_cast<const ops::stat&>(child);
    add(static_cast<ops::stat&>(q.asked).value, member.value, q.offset == 0);
  }
  virtual_files::wrote(f, q, went.done);
  return went;
}

void ended(space&, operation& op) noexcept {
  if (op.kind == op_kind::close) return virtual_files::forget<striped>(op.id);
  auto& f = virtual_files::of<striped>(op.id);
  if (op.kind == op_kind::stat) static_cast<ops::stat&>(op).value.size = f.size.load();
  virtual_files::cut(f, op);
}

constexpr split_plan make_plan() noexcept {
  split_plan p = virtual_files::plan_of<stripe_space, striped>(next);
  p.landed = landed;
  p.ended = ended;
  return p;
}
constexpr split_plan plan = make_plan();

void submit_stat(space& s, operation& op) noexcept {
  static_cast<ops::stat&>(op).value = {};
  virtual_files::submit<stripe_space>(s, op);
}

void submit_truncate(space& s, operation& op) noexcept {
  if (static_cast<ops::truncate&>(op).size > INT64_MAX) return op.fail(errc::invalid);
  virtual_files::submit<stripe_space>(s, op);
}

constexpr space_table make_table() noexcept {
  space_table t = virtual_files::rows_of<stripe_space, striped>("stripe");
  t[op_kind::stat] = submit_stat;
  t[op_kind::truncate] = submit_truncate;
  return t;
}
constexpr space_table rows = make_table();

}  // namespace

stripe_space::stripe_space(const split_options& options)
    : space(rows), parts_(*this, plan, options) {}
stripe_space::~stripe_space() = default;

task<result<file>> stripe_space::make(std::vector<backing> members, std::uint32_t unit) {
  if (members.empty() || unit == 0) co_return std::unexpected(error(errc::invalid));
  auto made = std::make_unique<striped>(std::move(members), unit);
  auto measuring = virtual_files::measure(*made);
  const error failed = co_await std::move(measuring);
  if (failed) co_return std::unexpected(failed);
  co_return file(adopt, *this, virtual_files::id_of(made.release()));
}

}  // namespace sluice::inline v0
