/* Preloaded: CHANGE says what somebody else does just before the program's call number CHANGE_AT, of those below: "swap NAME
   OTHER AWAY" (NAME is called AWAY and OTHER is called NAME), "cut NAME", "grow NAME" or "rewrite NAME". CHANGE_LOG is a file
   that gets the number of calls. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned calls;

/* By calls that are not among those below. */
static void change(const char *all) {
  char what[16], name[1024], other[1024], away[1024];
  if (sscanf(all, "%15s %1023s %1023s %1023s", what, name, other, away) < 2) abort();
  if (strcmp(what, "swap") == 0) {
    syscall(SYS_rename, name, away);
    syscall(SYS_rename, other, name);
    return;
  }
  const int fd = open(name, O_WRONLY | (strcmp(what, "grow") == 0 ? O_APPEND : 0));
  if (fd < 0) return;
  static const char text[] = "what was written meanwhile";
  const long done = strcmp(what, "cut") == 0 ? syscall(SYS_ftruncate, fd, 100) : write(fd, text, sizeof text - 1);
  if (done < 0) abort();
  close(fd);
}

static void tick(void) {
  const char *at = getenv("CHANGE_AT");
  if (__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) != (at ? (unsigned)atoi(at) : 0)) return;
  const int kept = errno;
  change(getenv("CHANGE"));
  errno = kept;
}

__attribute__((destructor)) static void end(void) {
  const char *name = getenv("CHANGE_LOG");
  FILE *f = name ? fopen(name, "w") : 0;
  if (!f) return;
  fprintf(f, "%u\n", calls);
  fclose(f);
}

#define WATCH(type, name, parameters, arguments)               \
  type name parameters {                                       \
    static type(*next) parameters;                             \
    if (!next) next = (type(*) parameters)dlsym(RTLD_NEXT, #name); \
    tick();                                                    \
    return next arguments;                                     \
  }

WATCH(int, statx, (int d, const char *p, int f, unsigned m, struct statx *s), (d, p, f, m, s))
WATCH(int, mkdirat, (int d, const char *p, mode_t m), (d, p, m))
WATCH(int, mknodat, (int d, const char *p, mode_t m, dev_t v), (d, p, m, v))
WATCH(int, linkat, (int a, const char *p, int b, const char *q, int f), (a, p, b, q, f))
WATCH(int, symlinkat, (const char *t, int d, const char *p), (t, d, p))
WATCH(ssize_t, readlinkat, (int d, const char *p, char *b, size_t n), (d, p, b, n))
WATCH(int, renameat2, (int a, const char *p, int b, const char *q, unsigned f), (a, p, b, q, f))
WATCH(int, unlinkat, (int d, const char *p, int f), (d, p, f))
WATCH(int, faccessat, (int d, const char *p, int m, int f), (d, p, m, f))
WATCH(int, fchmodat, (int d, const char *p, mode_t m, int f), (d, p, m, f))
WATCH(int, fchownat, (int d, const char *p, uid_t u, gid_t g, int f), (d, p, u, g, f))
WATCH(int, utimensat, (int d, const char *p, const struct timespec *t, int f), (d, p, t, f))
WATCH(int, futimens, (int d, const struct timespec *t), (d, t))
WATCH(int, fchmod, (int d, mode_t m), (d, m))
WATCH(int, ftruncate, (int d, off_t n), (d, n))
WATCH(ssize_t, copy_file_range, (int a, off64_t *x, int b, off64_t *y, size_t n, unsigned f), (a, x, b, y, n, f))
WATCH(ssize_t, pread, (int d, void *b, size_t n, off_t at), (d, b, n, at))
WATCH(ssize_t, pwrite, (int d, const void *b, size_t n, off_t at), (d, b, n, at))

int openat(int d, const char *p, int flags, ...) {
  static int (*next)(int, const char *, int, ...);
  if (!next) next = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat");
  va_list more;
  va_start(more, flags);
  const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
  va_end(more);
  tick();
  return next(d, p, flags, mode);
}
