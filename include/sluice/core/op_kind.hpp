// Every kind of operation there is, once. A space's table has one row per kind.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::inline v0 {

#define SLUICE_OPERATIONS(X)                                                                   \
  /* timer */ X(nop) X(sleep)                                                                  \
  /* file */ X(open) X(close) X(read_at) X(write_at) X(readv_at) X(writev_at) X(sync)          \
  X(sync_range) X(truncate) X(allocate) X(advise) X(cached) X(copy_range) X(clone)             \
  X(seek_extent) X(lock)                                                                       \
  /* attributes, of a file or of a name in a directory */ X(stat) X(set_mode) X(set_owner)     \
  X(set_times) X(list_xattr) X(get_xattr) X(set_xattr) X(remove_xattr) X(stat_fs)              \
  /* directory */ X(mkdir) X(unlink) X(rename) X(link) X(symlink) X(readlink) X(mknod)         \
  X(entries)                                                                                   \
  /* stream */ X(read) X(write) X(readv) X(writev)                                             \
  /* process */ X(wait_signal) X(wait_child)                                                   \
  /* socket */ X(listen) X(connect) X(bind) X(accept) X(accept_many) X(receive_many)           \
  X(send_zc) X(send_file) X(splice_in) X(splice_out) X(send_message) X(receive_message)        \
  X(shutdown) X(get_option) X(set_option) X(socket_address) X(resolve)

/// Transfers of any size, that whoever carries them out may split. A space that does not split
/// carries them out by asking itself for what it has: see core/piecewise.hpp.
#define SLUICE_TRANSFERS(X) X(read_segments) X(write_segments)

enum class op_kind : std::uint8_t {
#define SLUICE_KIND(name) name,
  SLUICE_OPERATIONS(SLUICE_KIND) SLUICE_TRANSFERS(SLUICE_KIND)
#undef SLUICE_KIND
      count
};

inline constexpr std::size_t op_kinds = static_cast<std::size_t>(op_kind::count);

/// The kinds that a backend carries out; transfers are made of these.
inline constexpr std::size_t native_kinds = static_cast<std::size_t>(op_kind::read_segments);

constexpr bool is_transfer(op_kind kind) noexcept {
  return static_cast<std::size_t>(kind) >= native_kinds;
}

constexpr const char* name_of(op_kind kind) noexcept {
  constexpr const char* names[] = {
#define SLUICE_NAME(name) #name,
      SLUICE_OPERATIONS(SLUICE_NAME) SLUICE_TRANSFERS(SLUICE_NAME)
#undef SLUICE_NAME
  };
  return names[static_cast<std::size_t>(kind)];
}

}  // namespace sluice::inline v0
