/* Preloaded: makes a way of doing operations slow for a while. SLOW_CALLS and SLOW_RING are "FROM TO MICROSECONDS": from
   operation FROM until TO, a statx and each operation that an io_uring_enter takes along last so much longer. Operations of
   both ways count together. SLOW_OPENS is the same for openat, which is not counted. SLOW_LOG is a file that gets a line when FROM and TO come: the moment's name, how many calls there
   had been, and how many operations had gone to the ring.
   liburing enters the kernel by itself, so a seccomp filter sends what it wants here, as a signal. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

struct way {
  const char *name;
  unsigned long from, to, microseconds;
  int began, ended;
};
static struct way calls = {.name = "SLOW_CALLS"}, ring = {.name = "SLOW_RING"}, opens = {.name = "SLOW_OPENS"};
static unsigned long called, submitted;

static void tell(const struct way *w, const char *what, unsigned long a, unsigned long b) {
  const char *name = getenv("SLOW_LOG");
  const int fd = name ? open(name, O_WRONLY | O_CREAT | O_APPEND, 0666) : -1;
  if (fd < 0) return;
  dprintf(fd, "%s.%s %lu %lu\n", w->name, what, a, b);
  close(fd);
}

static void look(struct way *w, unsigned long a, unsigned long b) {
  if (w->microseconds == 0) return;
  if (a + b >= w->from && !__atomic_exchange_n(&w->began, 1, __ATOMIC_RELAXED)) tell(w, "from", a, b);
  if (a + b >= w->to && !__atomic_exchange_n(&w->ended, 1, __ATOMIC_RELAXED)) tell(w, "to", a, b);
}

/* So many operations are about to begin on this way. */
static void delay(struct way *w, unsigned long operations) {
  const unsigned long a = __atomic_load_n(&called, __ATOMIC_RELAXED);
  const unsigned long b = __atomic_load_n(&submitted, __ATOMIC_RELAXED);
  look(&calls, a, b);
  look(&ring, a, b);
  const unsigned long long wait = a + b >= w->from && a + b < w->to ? 1000ull * w->microseconds * operations : 0;
  const struct timespec t = {(time_t)(wait / 1000000000), (long)(wait % 1000000000)};
  if (wait != 0) syscall(SYS_nanosleep, &t, 0);
}

int statx(int fd, const char *path, int flags, unsigned mask, struct statx *into) {
  delay(&calls, 1);
  __atomic_add_fetch(&called, 1, __ATOMIC_RELAXED);
  return (int)syscall(SYS_statx, fd, path, flags, mask, into);
}

int openat(int fd, const char *path, int flags, ...) {
  delay(&opens, 1);
  va_list more;
  va_start(more, flags);
  const unsigned mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, unsigned) : 0;
  va_end(more);
  return (int)syscall(SYS_openat, fd, path, flags, mode);
}

static void on_enter(int number, siginfo_t *info, void *context) {
  (void)number;
  mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
#if defined(__x86_64__)
  greg_t *r = m->gregs;
  const long a[] = {r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8], r[REG_R9]};
  greg_t *answer = &r[REG_RAX];
#elif defined(__aarch64__)
  __typeof__(m->regs[0]) *r = m->regs, *answer = r;
  const unsigned long a[] = {r[0], r[1], r[2], r[3], r[4], r[5]};
#else
#error "the registers of this machine are not known here"
#endif
  const int kept = errno;
  delay(&ring, (unsigned)a[1]);
  __atomic_add_fetch(&submitted, (unsigned)a[1], __ATOMIC_RELAXED);
  const long result = syscall(info->si_syscall, a[0], a[1], a[2], a[3], a[4], a[5]);
  *answer = (__typeof__(*answer))(result == -1 ? -errno : result);
  errno = kept;
}

static void read_way(struct way *w) {
  const char *text = getenv(w->name);
  if (text && sscanf(text, "%lu %lu %lu", &w->from, &w->to, &w->microseconds) != 3) abort();
}

__attribute__((constructor)) static void begin(void) {
  read_way(&calls);
  read_way(&ring);
  read_way(&opens);
  prctl(PR_SET_TIMERSLACK, 1000);
  const struct sigaction handler = {.sa_sigaction = on_enter, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART};
  sigaction(SIGSYS, &handler, 0);
  /* All but the handler's own, which the C library's syscall() makes. */
  const uintptr_t own = (uintptr_t)dlsym(RTLD_NEXT, "syscall");
  const size_t from = offsetof(struct seccomp_data, instruction_pointer);
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_enter, 0, 6),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, from + 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(own >> 32), 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, from),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)own, 0, 1),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)own + 128, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {.len = sizeof program / sizeof *program, .filter = program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    perror("slow_ways: seccomp");
    _exit(125);
  }
}
