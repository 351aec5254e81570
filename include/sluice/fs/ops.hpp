// The operations on files, directories and their attributes: arguments and results. What carries
// them out is in src/ops; what they mean is told at the verbs of `file` and `dir`.
#pragma once

#include <cstdint>
#include <span>

#include "sluice/core/handle.hpp"
#include "sluice/core/path_ref.hpp"
#include "sluice/core/piecewise.hpp"
#include "sluice/fs/types.hpp"

namespace sluice::inline v0::ops {

/// Made of `id`, an open directory, and a path relative to it. An empty path means `id` itself.
template <op_kind Kind, class Value>
struct at_path : operation_of<Kind, Value> {
  at_path(space& s, handle_id i, path_ref p) noexcept : operation_of<Kind, Value>(s, i), path(p) {}
  path_ref path;
};

struct nop : operation_of<op_kind::nop, void> {
  using operation_of::operation_of;
};

struct open : at_path<op_kind::open, handle_id> {
  open(space& s, handle_id i, path_ref p, open_mode m, std::uint16_t perms) noexcept
      : at_path(s, i, p), mode(m), permissions(perms) {}
  open_mode mode;
  std::uint16_t permissions;
};

struct close : operation_of<op_kind::close, void> {
  close(space& s, handle_id i, handle* f = nullptr) noexcept : operation_of(s, i), from(f) {}
  handle* from;  // gets the id back if it can't be closed; null: nobody does
};

template <op_kind Kind, class Byte>
struct transfer_at : operation_of<Kind, std::size_t> {
  transfer_at(space& s, handle_id i, std::span<Byte> b, std::uint64_t o,
              const driver* with = nullptr, std::uint16_t index = 0) noexcept
      : operation_of<Kind, std::size_t>(s, i),
        buffer(b),
        offset(o),
        registered_with(with),
        registered_index(index) {}
  void move_by(std::size_t n) noexcept { offset += n; }
  std::span<Byte> buffer;
  std::uint64_t offset;
  const driver* registered_with;   // who knows the memory; null: nobody
  std::uint16_t registered_index;  // under this number
};
struct read_at : transfer_at<op_kind::read_at, std::byte> {
  using transfer_at::transfer_at;
};
struct write_at : transfer_at<op_kind::write_at, const std::byte> {
  using transfer_at::transfer_at;
};

/// Transfers of any size: of the two above, unless the space knows a better way.
struct read_segments : transfer_of<op_kind::read_segments, read_at, std::byte> {
  using transfer_of::transfer_of;
};
struct write_segments : transfer_of<op_kind::write_segments, write_at, const std::byte> {
  using transfer_of::transfer_of;
};

/// For the table of a space that does not split.
constexpr void carry_transfers_piecewise(space_table& t) noexcept {
  t[op_kind::read_segments] = read_segments::carry_out;
  t[op_kind::write_segments] = write_segments::carry_out;
}

template <op_kind Kind>
struct vector_at : operation_of<Kind, std::size_t> {
  vector_at(space& s, handle_id i, std::span<const io_slice> v, std::uint64_t o) noexcept
      : operation_of<Kind, std::size_t>(s, i), slices(v), offset(o) {}
  std::span<const io_slice> slices;
  std::uint64_t offset;
};
struct readv_at : vector_at<op_kind::readv_at> {
  using vector_at::vector_at;
};
struct writev_at : vector_at<op_kind::writev_at> {
  using vector_at::vector_at;
};

struct sync : operation_of<op_kind::sync, void> {
  sync(space& s, handle_id i, bool d) noexcept : operation_of(s, i), data_only(d) {}
  bool data_only;
};

struct sync_range : operation_of<op_kind::sync_range, void> {
  sync_range(space& s, handle_id i, std::uint64_t o, std::uint64_t n, range_sync w) noexcept
      : operation_of(s, i), offset(o), size(n), what(w) {}
  std::uint64_t offset, size;
  range_sync what;
};

struct truncate : operation_of<op_kind::truncate, void> {
  truncate(space& s, handle_id i, std::uint64_t n) noexcept : operation_of(s, i), size(n) {}
  std::uint64_t size;
};

struct allocate : operation_of<op_kind::allocate, void> {
  allocate(space& s, handle_id i, allocate_mode m, std::uint64_t o, std::uint64_t n) noexcept
      : operation_of(s, i), mode(m), offset(o), size(n) {}
  allocate_mode mode;
  std::uint64_t offset, size;
};

struct advise : operation_of<op_kind::advise, void> {
  advise(space& s, handle_id i, std::uint64_t o, std::uint64_t n, access_advice a) noexcept
      : operation_of(s, i), offset(o), size(n), advice(a) {}
  std::uint64_t offset, size;
  access_advice advice;
};

struct cached : operation_of<op_kind::cached, bool> {
  cached(space& s, handle_id i, std::uint64_t o, std::uint64_t n) noexcept
      : operation_of(s, i), offset(o), size(n) {}
  std::uint64_t offset, size;
};

/// From `id` to `target_id`, both of the same space.
struct copy_range : operation_of<op_kind::copy_range, std::size_t> {
  copy_range(space& s, handle_id i, std::uint64_t o, handle_id t, std::uint64_t to,
             std::size_t n) noexcept
      : operation_of(s, i), offset(o), target_id(t), target_offset(to), size(n) {}
  std::uint64_t offset;
  handle_id target_id;
  std::uint64_t target_offset;
  std::size_t size;
};

/// Makes `id` share all of `source_id`'s blocks.
struct clone : operation_of<op_kind::clone, void> {
  clone(space& s, handle_id i, handle_id from) noexcept : operation_of(s, i), source_id(from) {}
  handle_id source_id;
};

struct seek_extent : operation_of<op_kind::seek_extent, std::uint64_t> {
  seek_extent(space& s, handle_id i, std::uint64_t o, extent_kind k) noexcept
      : operation_of(s, i), offset(o), wanted(k) {}
  std::uint64_t offset;
  extent_kind wanted;
};

struct lock : operation_of<op_kind::lock, void> {
  lock(space& s, handle_id i, lock_kind k, std::uint64_t o, std::uint64_t n, bool w) noexcept
      : operation_of(s, i), how(k), wait(w), offset(o), size(n) {}
  lock_kind how;
  bool wait;
  std::uint64_t offset, size;
};

struct stat : at_path<op_kind::stat, file_status> {
  stat(space& s, handle_id i, path_ref p, stat_mask w, lookup h) noexcept
      : at_path(s, i, p), wanted(w), how(h) {}
  stat_mask wanted;
  lookup how;
  alignas(8) std::byte record[256];  // the system's own form, until completion
};

struct set_mode : at_path<op_kind::set_mode, void> {
  set_mode(space& s, handle_id i, path_ref p, std::uint16_t m, lookup h) noexcept
      : at_path(s, i, p), mode(m), how(h) {}
  std::uint16_t mode;
  lookup how;
};

struct set_owner : at_path<op_kind::set_owner, void> {
  set_owner(space& s, handle_id i, path_ref p, std::uint32_t u, std::uint32_t g, lookup h) noexcept
      : at_path(s, i, p), owner(u), group(g), how(h) {}
  std::uint32_t owner, group;
  lookup how;
};

struct set_times : at_path<op_kind::set_times, void> {
  set_times(space& s, handle_id i, path_ref p, time_change a, time_change m, lookup h) noexcept
      : at_path(s, i, p), accessed(a), modified(m), how(h) {}
  time_change accessed, modified;
  lookup how;
};

/// Fills `names` with NUL-terminated names; with an empty buffer tells the size that is needed.
struct list_xattr : at_path<op_kind::list_xattr, std::size_t> {
  list_xattr(space& s, handle_id i, path_ref p, std::span<char> n, lookup h) noexcept
      : at_path(s, i, p), names(n), how(h) {}
  std::span<char> names;
  lookup how;
};

struct get_xattr : at_path<op_kind::get_xattr, std::size_t> {
  get_xattr(space& s, handle_id i, path_ref p, path_ref n, std::span<std::byte> b,
            lookup h) noexcept
      : at_path(s, i, p), name(n), buffer(b), how(h) {}
  path_ref name;
  std::span<std::byte> buffer;
  lookup how;
};

enum class xattr_mode : std::uint8_t { set, create, replace };

struct set_xattr : at_path<op_kind::set_xattr, void> {
  set_xattr(space& s, handle_id i, path_ref p, path_ref n, std::span<const std::byte> v,
            xattr_mode m, lookup h) noexcept
      : at_path(s, i, p), name(n), data(v), mode(m), how(h) {}
  path_ref name;
  std::span<const std::byte> data;
  xattr_mode mode;
  lookup how;
};

struct remove_xattr : at_path<op_kind::remove_xattr, void> {
  remove_xattr(space& s, handle_id i, path_ref p, path_ref n, lookup h) noexcept
      : at_path(s, i, p), name(n), how(h) {}
  path_ref name;
  lookup how;
};

struct stat_fs : operation_of<op_kind::stat_fs, fs_status> {
  using operation_of::operation_of;
};

struct mkdir : at_path<op_kind::mkdir, void> {
  mkdir(space& s, handle_id i, path_ref p, std::uint16_t perms) noexcept
      : at_path(s, i, p), permissions(perms) {}
  std::uint16_t permissions;
};

struct unlink : at_path<op_kind::unlink, void> {
  unlink(space& s, handle_id i, path_ref p, bool d) noexcept : at_path(s, i, p), directory(d) {}
  bool directory;
};

struct rename : at_path<op_kind::rename, void> {
  rename(space& s, handle_id i, path_ref p, handle_id ti, path_ref tp, rename_mode m) noexcept
      : at_path(s, i, p), target_id(ti), target_path(tp), mode(m) {}
  handle_id target_id;
  path_ref target_path;
  rename_mode mode;
};

/// `path` gets a second name. An empty path links `id` itself, which may be nameless.
struct link : at_path<op_kind::link, void> {
  link(space& s, handle_id i, path_ref p, handle_id ti, path_ref tp, lookup h) noexcept
      : at_path(s, i, p), target_id(ti), target_path(tp), how(h) {}
  handle_id target_id;
  path_ref target_path;
  lookup how;
};

struct symlink : at_path<op_kind::symlink, void> {
  symlink(space& s, handle_id i, path_ref p, path_ref t) noexcept : at_path(s, i, p), text(t) {}
  path_ref text;
};

/// Fills `buffer` with the link's text, not terminated; a full buffer may mean that it was cut.
struct readlink : at_path<op_kind::readlink, std::size_t> {
  readlink(space& s, handle_id i, path_ref p, std::span<char> b) noexcept
      : at_path(s, i, p), buffer(b) {}
  std::span<char> buffer;
};

struct mknod : at_path<op_kind::mknod, void> {
  mknod(space& s, handle_id i, path_ref p, file_type t, std::uint16_t perms,
        std::uint64_t d) noexcept
      : at_path(s, i, p), type(t), permissions(perms), device(d) {}
  file_type type;
  std::uint16_t permissions;
  std::uint64_t device;
};

/// Fills `buffer` with entry records; 0 bytes is the end. The space continues after `cookie`; one
/// whose handles have a position of their own (descriptors) moves it there only if `reposition`.
struct entries : operation_of<op_kind::entries, std::size_t> {
  entries(space& s, handle_id i, std::span<std::byte> b, std::uint64_t c, bool r) noexcept
      : operation_of(s, i), buffer(b), cookie(c), reposition(r) {}
  std::span<std::byte> buffer;
  std::uint64_t cookie;
  bool reposition;
};

}  // namespace sluice::inline v0::ops
