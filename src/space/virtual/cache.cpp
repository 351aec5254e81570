#include "sluice/space/cache.hpp"

#include <algorithm>
#include <cstring>

#include "space/virtual/blocks.hpp"
#include "space/virtual/members.hpp"

namespace sluice::inline v0 {

namespace {

struct cached : virtual_files::made_of, cache::owner {
  using made_of::made_of;
};

cache::blocks& kept_by(space& s) noexcept {
  return static_cast<cache_space&>(s).kept();
}

bool writes(op_kind k) noexcept {
  return k == op_kind::write_at || k == op_kind::write_segments;
}

/// Fills what is wanted from a block's bytes; tells how much of it there was.
std::size_t copy_out(const split_question& q, std::size_t within, std::size_t wanted,
                     const cache::block& b, std::size_t size) noexcept {
  const std::size_t n = size > within ? std::min(wanted, size - within) : 0;
  if (n > 0) std::memcpy(q.into.data(), b.bytes + within, n);
  return n;
}

/// Stands in a waiter whose block could not be read.
constinit char past_the_cache = 0;

split_part next_of_read(cache::blocks& kept, cached& f, const split_question& q) noexcept {
  const std::size_t within = q.offset % kept.block_size;
  const std::size_t wanted = std::min(q.size, kept.block_size - within);
  const backing& below = f.files.front();
  split_part part = split_part::of(below.in(), below.id(), q.offset, wanted);
  if (std::exchange(q.waiter->waits_for, nullptr) == &past_the_cache) return part;
  cache::block* b = nullptr;
  const auto found = kept.look(f, q.offset / kept.block_size, *q.waiter, *q.asked.home, b);
  if (found == cache::blocks::found::ready) {
    const std::size_t n = copy_out(q, within, wanted, *b, b->size);
    kept.unpin(*b);
    return split_part::plain(n > 0 ? split_part::kind::ready : split_part::kind::end, n);
  }
  if (found == cache::blocks::found::loading) return split_part::plain(split_part::kind::wait);
  if (found == cache::blocks::found::none) return part;
  part.offset = q.offset - within;
  part.through = {b->bytes, kept.block_size};
  part.token = b;
  return part;
}

split_part next(space& s, const split_question& q) noexcept {
  auto& f = virtual_files::of<cached>(q.asked.id);
  if (q.asked.kind == op_kind::truncate) {
    const backing& below = f.files.front();
    return split_part::of(below.in(), below.id(), static_cast<ops::truncate&>(q.asked).size, 1);
  }
  if (!virtual_files::moves_bytes(q.asked.kind)) return virtual_files::next_member(f, q);
  // What may be refused is for the file below to say.
  const bool plain = q.size == 0 || q.offset > INT64_MAX - q.size - kept_by(s).block_size;
  if (plain || !virtual_files::reads(q.asked.kind)) {
    const backing& below = f.files.front();
    return split_part::of(below.in(), below.id(), q.offset, q.size);
  }
  return next_of_read(kept_by(s), f, q);
}

split_outcome landed(space& s, const split_question& q, const split_part& part,
                     const operation& child, split_outcome went) noexcept {
  auto& f = virtual_files::of<cached>(q.asked.id);
  cache::blocks& kept = kept_by(s);
  if (writes(q.asked.kind)) {
    if (part.size > 0) kept.drop(f, q.offset, part.size);
  } else if (q.asked.kind == op_kind::truncate) {
    kept.drop_all(f);
  } else if (q.asked.kind == op_kind::stat && !went.why) {
    static_cast<ops::stat&>(q.asked).value = static_cast<const ops::stat&>(child).value;
  } else if (part.token != nullptr) {
    auto& b = *static_cast<cache::block*>(part.token);
    const std::size_t n = copy_out(q, q.offset % kept.block_size, part.size, b, went.done);
    const bool good = !went.why || went.why == errc::end_of_file;
    kept.loaded(b, good ? went.done : 0);
    if (n == part.size) return {n, {}};
    if (good) return {n, went.why};
    // Perhaps for bytes that nobody wants: what was asked for is read by itself.
    q.waiter->waits_for = &past_the_cache;
    return {n, {}};
  }
  return went;
}

bool forget(space& s, split_waiter& w) noexcept {
  return kept_by(s).forget(w);
}

constexpr split_plan make_plan() noexcept {
  split_plan p = virtual_files::plan_of<cache_space, cached>(next);
  p.landed = landed;
  p.forget = forget;
  p.closed = [](space& s, operation& op) noexcept {
    kept_by(s).drop_all(virtual_files::of<cached>(op.id));
    virtual_files::submit<cache_space>(s, op);
  };
  return p;
}
constexpr split_plan plan = make_plan();

constexpr space_table make_table() noexcept {
  space_table t = virtual_files::rows_of<cache_space, cached>("cache");
  t[op_kind::stat] = virtual_files::submit<cache_space>;
  t[op_kind::truncate] = virtual_files::submit<cache_space>;
  t.release = [](space& s, handle_id id) noexcept {
    kept_by(s).drop_all(virtual_files::of<cached>(id));
    virtual_files::forget<cached>(id);
  };
  return t;
}
constexpr space_table rows = make_table();

std::vector<backing> only(backing&& one) {
  std::vector<backing> files;
  files.push_back(std::move(one));
  return files;
}

}  // namespace

cache_space::cache_space(const cache_options& options)
    : space(rows),
      kept_(std::make_unique<cache::blocks>(options)),
      parts_(*this, plan, options.parts) {}
cache_space::~cache_space() = default;

file cache_space::make(backing below) {
  return file(adopt, *this, virtual_files::id_of(new cached(only(std::move(below)))));
}

void cache_space::invalidate(const file& f) noexcept {
  kept_->drop_all(virtual_files::of<cached>(f.id()));
}

cache_statistics cache_space::statistics() const noexcept {
  return kept_->statistics();
}

}  // namespace sluice::inline v0
