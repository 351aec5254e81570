"""Random delays, so that threads come by in another order each time: a library between a program and the C library."""

import os
import subprocess

import harness

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

static uint64_t seed;
static unsigned threads;
static __thread uint64_t state;

static void delay(void) {
  if (state == 0) {
    if (seed == 0) seed = strtoull(getenv("DELAY_SEED"), 0, 10) * 2 + 1;
    state = (seed + __atomic_add_fetch(&threads, 1, __ATOMIC_RELAXED)) * 0x9E3779B97F4A7C15u;
  }
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  if (state % 16 != 0) return;
  const struct timespec pause = {0, (long)((state >> 32) % 400000)};
  nanosleep(&pause, 0);
}

#define NEXT(name) static __typeof__(name)* next; if (!next) next = (__typeof__(name)*)dlsym(RTLD_NEXT, #name)

int statx(int fd, const char* path, int flags, unsigned mask, struct statx* into) {
  NEXT(statx); delay(); return next(fd, path, flags, mask, into);
}
int linkat(int a, const char* x, int b, const char* y, int flags) {
  NEXT(linkat); delay(); return next(a, x, b, y, flags);
}
int mkdirat(int fd, const char* path, mode_t mode) { NEXT(mkdirat); delay(); return next(fd, path, mode); }
int renameat(int a, const char* x, int b, const char* y) { NEXT(renameat); delay(); return next(a, x, b, y); }
ssize_t copy_file_range(int a, off64_t* x, int b, off64_t* y, size_t n, unsigned flags) {
  NEXT(copy_file_range); delay(); return next(a, x, b, y, n, flags);
}
int openat(int fd, const char* path, int flags, ...) {
  NEXT(openat);
  __builtin_va_list rest;
  __builtin_va_start(rest, flags);
  const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? __builtin_va_arg(rest, mode_t) : 0;
  __builtin_va_end(rest);
  delay();
  return next(fd, path, flags, mode);
}
"""


def built(scratch):
    """The library's path. Raises harness.Skip without a C compiler."""
    source, library = os.path.join(scratch, "delays.c"), os.path.join(scratch, "delays.so")
    with open(source, "w") as f:
        f.write(SOURCE)
    try:
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise harness.Skip(f"no C compiler: {error}") from error
    return library


def environment(library, seed, **more):
    return harness.base_env(LD_PRELOAD=library, DELAY_SEED=str(seed), **more)
