/* Preloaded: CORRUPT_AT=OFFSET writes a wrong byte there, as a bad disk would; REFUSE names what the file system does not
   have: nameless (files), noreplace (renames that replace nothing). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int refused(const char *what) {
  const char *all = getenv("REFUSE");
  return all && strstr(all, what);
}

ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *to_at, size_t size, unsigned flags) {
  static ssize_t (*real)(int, off64_t *, int, off64_t *, size_t, unsigned);
  if (!real) real = (ssize_t(*)(int, off64_t *, int, off64_t *, size_t, unsigned))dlsym(RTLD_NEXT, "copy_file_range");
  const off64_t begin = to_at ? *to_at : 0;
  const ssize_t n = real(from, at, to, to_at, size, flags);
  const char *where = getenv("CORRUPT_AT");
  const off64_t bad = where ? atoll(where) : -1;
  if (n > 0 && bad >= begin && bad < begin + n) {
    if (pwrite(to, "\xff", 1, bad) != 1) abort();
  }
  return n;
}

int openat(int dir, const char *path, int flags, ...) {
  static int (*real)(int, const char *, int, ...);
  if (!real) real = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat");
  if ((flags & O_TMPFILE) == O_TMPFILE && refused("nameless")) {
    errno = EOPNOTSUPP;
    return -1;
  }
  va_list more;
  va_start(more, flags);
  const mode_t mode = va_arg(more, mode_t);
  va_end(more);
  return real(dir, path, flags, mode);
}
int openat64(int dir, const char *path, int flags, ...) __attribute__((alias("openat")));

int renameat2(int from, const char *a, int to, const char *b, unsigned flags) {
  static int (*real)(int, const char *, int, const char *, unsigned);
  if (!real) real = (int (*)(int, const char *, int, const char *, unsigned))dlsym(RTLD_NEXT, "renameat2");
  if (flags != 0 && refused("noreplace")) {
    errno = EINVAL;
    return -1;
  }
  return real(from, a, to, b, flags);
}
