// Every kind of operation there is, once. A space's table has one row per kind.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::inline v0 {

#define SLUICE_OPERATIONS(X)                                                                   \
  /* timer */ X(nop) X(sleep)                                                                  \
  /* file */ X(open) X(close) X(read_at) X(write_at) X(readv_at) X(writev_at) X(sync)          \
  X(sync_range) X(truncate) X(allocate) X(advise) X(copy_range) X(clone) X(seek_extent)        \
  X(lock)                                                                                      \
  /* attributes, of a file or of a name in a directory */ X(stat) X(set_mode) X(set_owner)     \
  X(set_times) X(list_xattr) X(get_xattr) X(set_xattr) X(remove_xattr) X(stat_fs)              \
  /* directory */ X(mkdir) X(unlink) X(rename) X(link) X(symlink) X(readlink) X(mknod)         \
  X(entries)                                                                                   \
  /* stream */ X(read) X(write) X(readv) X(writev)                                             \
  /* process */ X(wait_signal) X(wait_child)

enum class op_kind : std::uint8_t {
#define SLUICE_KIND(name) name,
  SLUICE_OPERATIONS(SLUICE_KIND)
#undef SLUICE_KIND
      count
};

inline constexpr std::size_t op_kinds = static_cast<std::size_t>(op_kind::count);

constexpr const char* name_of(op_kind kind) noexcept {
  constexpr const char* names[] = {
#define SLUICE_NAME(name) #name,
      SLUICE_OPERATIONS(SLUICE_NAME)
#undef SLUICE_NAME
  };
  return names[static_cast<std::size_t>(kind)];
}

}  // namespace sluice::inline v0
