#include "ops/attributes.hpp"

namespace sluice::inline v0 {

file_type type_of_mode(unsigned mode) noexcept {
  switch (mode & S_IFMT) {
    case S_IFIFO: return file_type::fifo;
    case S_IFCHR: return file_type::character;
    case S_IFDIR: return file_type::directory;
    case S_IFBLK: return file_type::block;
    case S_IFREG: return file_type::regular;
    case S_IFLNK: return file_type::symlink;
    case S_IFSOCK: return file_type::socket;
    default: return file_type::unknown;
  }
}

namespace {

timestamp time_of(const statx_timestamp& t) noexcept { return {t.tv_sec, t.tv_nsec}; }

}  // namespace

void take_status(const struct statx& from, file_status& s) noexcept {
  s.have = static_cast<stat_mask>(from.stx_mask);
  s.type = type_of_mode(from.stx_mode);
  s.mode = from.stx_mode & 07777;
  s.links = from.stx_nlink;
  s.owner = from.stx_uid;
  s.group = from.stx_gid;
  s.inode = from.stx_ino;
  s.size = from.stx_size;
  s.allocated = from.stx_blocks * 512;
  s.block_size = from.stx_blksize;
  s.device = makedev(from.stx_dev_major, from.stx_dev_minor);
  s.special_device = makedev(from.stx_rdev_major, from.stx_rdev_minor);
  s.mount_id = from.stx_mnt_id;
  s.direct_memory_alignment = from.stx_dio_mem_align;
  s.direct_offset_alignment = from.stx_dio_offset_align;
  s.accessed = time_of(from.stx_atime);
  s.modified = time_of(from.stx_mtime);
  s.changed = time_of(from.stx_ctime);
  s.born = time_of(from.stx_btime);
}

}  // namespace sluice::inline v0
