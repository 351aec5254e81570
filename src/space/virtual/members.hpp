// What files that are made of others have in common. A handle's id is the address of what is known
// about its file, so that no operation has to look it up under a lock.
#pragma once

#include <vector>

#include "sluice/space/backing.hpp"
#include "sluice/space/split.hpp"

namespace sluice::inline v0::virtual_files {

struct made_of {
  explicit made_of(std::vector<backing> f) noexcept : files(std::move(f)) {}
  std::vector<backing> files;
};

template <class File>
File& of(handle_id id) noexcept {
  return *reinterpret_cast<File*>(static_cast<std::uintptr_t>(id));
}

template <class File>
handle_id id_of(File* f) noexcept {
  return reinterpret_cast<std::uintptr_t>(f);
}

/// Deletes what the id stands for: members that are owned and still here are released.
template <class File>
void forget(handle_id id) noexcept {
  delete &of<File>(id);
}

/// The next member of a sync, truncate, stat or close.
inline split_part next_member(made_of& f, const split_question& q) noexcept {
  backing& member = f.files[q.offset];
  if (q.asked.kind != op_kind::close) return split_part::of(member.in(), member.id(), 0, 1);
  if (!member.owned()) return split_part::plain(split_part::kind::ready, 1);
  space& in = member.in();  // which it no longer knows once it is detached
  return split_part::of(in, member.detach(), 0, 1);
}

constexpr bool moves_bytes(op_kind k) noexcept {
  return k == op_kind::read_at || k == op_kind::write_at || is_transfer(k);
}
constexpr bool reads(op_kind k) noexcept {
  return k == op_kind::read_at || k == op_kind::read_segments;
}

template <class Space>
void submit(space& s, operation& op) noexcept {
  static_cast<Space&>(s).parts().submit(op);
}

/// Transfers, sync and close go through the splitter.
template <class Space, class File>
constexpr space_table rows_of(const char* name) noexcept {
  space_table t{name};
  for (const op_kind k : {op_kind::read_at, op_kind::write_at, op_kind::read_segments,
                          op_kind::write_segments, op_kind::sync}) {
    t[k] = submit<Space>;
  }
  t[op_kind::close] = [](space& s, operation& op) noexcept {
    static_cast<Space&>(s).parts().close(op);
  };
  t.cancel = [](space& s, operation& op) noexcept { static_cast<Space&>(s).parts().cancel(op); };
  t.release = [](space&, handle_id id) noexcept { forget<File>(id); };
  return t;
}

/// The plan of files that are closed by closing their members.
template <class Space, class File>
constexpr split_plan plan_of(split_part (*next)(space&, const split_question&) noexcept) noexcept {
  split_plan p{next};
  p.members = [](space&, const operation& op) noexcept { return of<File>(op.id).files.size(); };
  p.ended = [](space&, operation& op) noexcept {
    if (op.kind == op_kind::close) forget<File>(op.id);
  };
  p.closed = submit<Space>;
  return p;
}

}  // namespace sluice::inline v0::virtual_files
