// refuse_uring ERRNO COMMAND ARGS...: runs a command for which the three io_uring system calls fail.
// ERRNO is EPERM (a sandbox's answer), ENOSYS (an old kernel's) or ENOMEM.  No library but libc is needed.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

// io_uring_setup, io_uring_enter, io_uring_register: these numbers hold on every common architecture.
enum { FIRST = 425, LAST = 427 };

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: %s EPERM|ENOSYS|ENOMEM COMMAND ARGS...\n", argv[0]);
        return 125;
    }
    int error = !strcmp(argv[1], "ENOSYS") ? ENOSYS : !strcmp(argv[1], "ENOMEM") ? ENOMEM : EPERM;
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST, 0, 2),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, LAST, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof program / sizeof *program, .filter = program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
        perror("refuse_uring: seccomp");
        return 125;
    }
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    return 126;
}
