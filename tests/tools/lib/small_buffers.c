/* Preloaded: what connects to any listener is sent to through the smallest buffer that the system has. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/socket.h>

int listen(int fd, int backlog) {
  static int (*real)(int, int);
  const int least = 1;
  if (!real) real = (int (*)(int, int))dlsym(RTLD_NEXT, "listen");
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &least, sizeof least) != 0) return -1;
  return real(fd, backlog);
}
