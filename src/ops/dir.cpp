#include "ops/dir.hpp"

#include <algorithm>
#include <iterator>

namespace sluice::inline v0 {

int native<ops::open>::flags(const ops::open& op) noexcept {
  const auto has = [&](open_mode m) { return any(op.mode & m); };
  int f = O_CLOEXEC;
  if (has(open_mode::directory)) f |= O_DIRECTORY;
  if (has(open_mode::no_follow)) f |= O_NOFOLLOW;
  // openat2 takes no others with it; openat ignores them.
  if (has(open_mode::location)) return f | O_PATH;
  f |= O_NOCTTY;
  const bool reads = has(open_mode::read) || !has(open_mode::write);
  f |= has(open_mode::write) ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY;
  if (!has(open_mode::wait_for_peer)) f |= O_NONBLOCK;
  if (has(open_mode::append)) f |= O_APPEND;
  if (has(open_mode::create)) f |= O_CREAT;
  if (has(open_mode::exclusive)) f |= O_EXCL;
  if (has(open_mode::truncate)) f |= O_TRUNC;
  if (has(open_mode::direct)) f |= O_DIRECT;
  if (has(open_mode::temporary)) f |= O_TMPFILE;
  if (has(open_mode::sync)) f |= O_SYNC;
  if (has(open_mode::data_sync)) f |= O_DSYNC;
  if (has(open_mode::no_access_time)) f |= O_NOATIME;
  return f;
}

std::uint64_t native<ops::open>::resolve(const ops::open& op) noexcept {
  const auto has = [&](open_mode m) { return any(op.mode & m); };
  std::uint64_t r = 0;
  if (has(open_mode::beneath)) r |= RESOLVE_BENEATH;
  if (has(open_mode::no_symlinks)) r |= RESOLVE_NO_SYMLINKS;
  if (has(open_mode::no_magic_links)) r |= RESOLVE_NO_MAGICLINKS;
  if (has(open_mode::no_mounts)) r |= RESOLVE_NO_XDEV;
  if (has(open_mode::in_root)) r |= RESOLVE_IN_ROOT;
  return r;
}

open_how native<ops::open>::confined(const ops::open& op) noexcept {
  open_how how{};
  how.flags = static_cast<unsigned>(flags(op));
  // Permissions for what creates nothing are an error to openat2; openat ignores them. O_TMPFILE
  // has O_DIRECTORY's bit in it.
  const bool creates = any(op.mode & (open_mode::create | open_mode::temporary));
  how.mode = creates && !any(op.mode & open_mode::location) ? op.permissions & 07777u : 0;
  how.resolve = resolve(op);
  return how;
}

/// The ring reads it later, when this thread tells of the request. A program opens in a few ways only, so
/// each is kept for good; null where there are too many.
open_how* native<ops::open>::lasting(const open_how& how) noexcept {
  static thread_local open_how known[8];
  static thread_local unsigned count = 0;
  const auto same = [&how](const open_how& one) {
    return one.flags == how.flags && one.mode == how.mode && one.resolve == how.resolve;
  };
  open_how* const at = std::find_if(known, known + count, same);
  if (at != known + count) return at;
  if (count == std::size(known)) return nullptr;
  known[count] = how;
  return &known[count++];
}

std::int64_t native<ops::open>::perform(ops::open& op) noexcept {
  if (resolve(op) == 0) {
    return retry(
        [&] { return ::openat(fd_of(op), op.path.c_str(), flags(op), op.permissions); });
  }
  const open_how how = confined(op);
  // Confined look-ups answer EAGAIN when a rename raced with them; the kernel asks to try again.
  for (int tries = 0;; ++tries) {
    const std::int64_t n = retry([&] {
      return ::syscall(SYS_openat2, fd_of(op), op.path.c_str(), &how, sizeof how);
    });
    if (n != -EAGAIN || tries == 100) return n;
  }
}

void native<ops::open>::finish(ops::open& op, std::int64_t n) noexcept {
  if (n < 0) {
    op.failure = system_error(n);
    return;
  }
  const int fd = static_cast<int>(n);
  if (!system_id::reserve_release(fd)) {
    ::close(fd);
    op.failure = system_error(-ENOMEM);
    return;
  }
  unsigned key = system_id::fs_key(op.id);
  if (key == 0 || op.path.c_str()[0] == '/') key = system_id::find_fs_key(fd);
  op.value = system_id::fresh(fd, key, any(op.mode & open_mode::direct) ? system_id::direct : 0);
}

std::int64_t native<ops::link>::perform(ops::link& op) noexcept {
  const int to = system_id::descriptor(op.target_id);
  if (!op.path.empty()) {
    const int flags = any(op.how & lookup::no_follow) ? 0 : AT_SYMLINK_FOLLOW;
    return retry([&] {
      return ::linkat(fd_of(op), op.path.c_str(), to, op.target_path.c_str(), flags);
    });
  }
  // AT_EMPTY_PATH would need CAP_DAC_READ_SEARCH; everyone may go through /proc.
  char self[32];
  std::snprintf(self, sizeof self, "/proc/self/fd/%d", fd_of(op));
  return retry([&] {
    return ::linkat(AT_FDCWD, self, to, op.target_path.c_str(), AT_SYMLINK_FOLLOW);
  });
}

}  // namespace sluice::inline v0
