/* A libselinux.so.1 with a policy of its own: the type of a file's context tells its kind and path. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void *selabel_open(unsigned backend, const void *options, unsigned count) {
  (void)backend, (void)options, (void)count;
  if (getenv("FAKE_NO_POLICY")) return errno = ENOENT, NULL;
  return (void *)"policy";
}

int selabel_lookup_raw(void *policy, char **context, const char *path, int mode) {
  const char *kind = S_ISREG(mode) ? "file" : S_ISDIR(mode) ? "dir" : S_ISLNK(mode) ? "link" : mode ? "other" : "any";
  (void)policy;
  if (strstr(path, "none")) return errno = ENOENT, -1;
  if (strstr(path, "invalid")) return errno = EINVAL, -1;
  return asprintf(context, "policy_u:policy_r:%s,%s:s9", kind, path) < 0 ? -1 : 0;
}

void freecon(char *context) { free(context); }
