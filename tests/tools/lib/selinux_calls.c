/* Preloaded: a system that seems to have SELinux, for who asks as libselinux does. Attributes are real. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

int statfs(const char *path, struct statfs *s) {
  static int (*real)(const char *, struct statfs *);
  if (!real) real = (int (*)(const char *, struct statfs *))dlsym(RTLD_NEXT, "statfs");
  if (strcmp(path, "/sys/fs/selinux") != 0) return real(path, s);
  memset(s, 0, sizeof *s);
  s->f_type = (__typeof__(s->f_type))0xf97cff8c;
  return 0;
}
int statfs64(const char *path, struct statfs64 *s) { return statfs(path, (struct statfs *)s); }

int access(const char *path, int how) {
  static int (*real)(const char *, int);
  if (!real) real = (int (*)(const char *, int))dlsym(RTLD_NEXT, "access");
  return strcmp(path, "/etc/selinux/config") == 0 ? 0 : real(path, how);
}
