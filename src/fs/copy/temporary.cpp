// Names that a copy makes for a while, and takes away again.
#include "fs/copy/journal.hpp"
#include "fs/copy/context.hpp"

namespace sluice::inline v0::copying {

namespace {

std::string in_hex(std::uint64_t n) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t at = 16; at-- > 0; n >>= 4) text[at] = digits[n & 15];
  return text;
}

/// What the temporaries of all runs of a copy begin with, and those of this run.
std::string common_prefix(const context& c) {
  return ".sluice-" + in_hex(c.journal ? c.journal->token() : c.options.unique) + "-";
}
std::string own_prefix(const context& c) {
  return common_prefix(c) + (c.journal ? in_hex(c.options.unique) + "-" : "");
}

}  // namespace

std::string name_beside(context& c, path_ref path) {
  const std::string whole(path.c_str(), path.size());
  const std::uint64_t n = c.temporaries.fetch_add(1, std::memory_order_relaxed);
  return whole.substr(0, whole.rfind('/') + 1) + own_prefix(c) + std::to_string(n);
}

task<result<void>> remove_own(const dir& in, path_ref name, identity who) {
  auto there = co_await in.stat(name, stat_mask::inode, lookup::no_follow);
  if (!there || identity_of(*there) != who) co_return result<void>();
  auto gone = co_await in.unlink(name);
  co_return gone;
}

task<void> remove_stale(context& c, const dir& in) {
  auto opened = co_await in.open_dir(".", open_mode::read);
  if (!opened) co_return;  // whoever needs it will say so
  const std::string prefix = common_prefix(c);
  const std::string own = own_prefix(c);
  std::vector<std::string> stale;
  {
    std::vector<std::byte> records(64 * 1024);
    dir_cursor cursor = opened->entries();
    for (;;) {
      auto batch = co_await cursor.next(records);
      if (!batch || batch->empty()) break;
      for (dir_entry e : *batch) {
        const std::string name = e.name().c_str();
        if (name.starts_with(prefix) && !name.starts_with(own)) stale.push_back(name);
      }
    }
  }
  for (const std::string& name : stale) {
    auto gone = co_await opened->unlink(name);
    static_cast<void>(gone);  // it does no harm
  }
  auto closed = co_await opened->close();
  static_cast<void>(closed);
}

}  // namespace sluice::inline v0::copying
