// Connects again and again, from several threads: sends a request, reads an answer of a known length, and closes.
// Every other connection is reset; the rest says its end and waits for the server's.
//     connects PORT COUNT THREADS REQUEST ANSWER-LENGTH ANSWER-BEGINS-SO
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int port, count;
static const char *request, *begin;
static size_t request_length, answer_length;
static atomic_int next, failed;

// Each of 128 addresses has all ports: none runs out, though those that said their end stay reserved for a minute.
static int connected(int number) {
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    struct timeval patience = {20, 0};
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000100u + number % 128)};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (s < 0) return -1;
    setsockopt(s, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (bind(s, (struct sockaddr *)&from, sizeof from) == 0 && connect(s, (struct sockaddr *)&to, sizeof to) == 0)
        return s;
    close(s);
    return -1;
}

static const char *talk(int s, int number) {
    static const struct linger reset = {1, 0};
    char answer[4096], *at = answer;
    ssize_t n;
    if (send(s, request, request_length, MSG_NOSIGNAL) != (ssize_t)request_length) return "send";
    for (; at < answer + answer_length; at += n)
        if ((n = recv(s, at, answer + answer_length - at, 0)) <= 0) return n ? "recv" : "the end came too early";
    if (strncmp(answer, begin, strlen(begin)) != 0) return "another answer";
    if (number % 2) return setsockopt(s, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) ? "linger" : NULL;
    if (shutdown(s, SHUT_WR)) return "shutdown";
    return recv(s, answer, sizeof answer, 0) ? "more came, or no end" : NULL;
}

static void *client(void *unused) {
    for (int number; (number = atomic_fetch_add(&next, 1)) < count;) {
        int s = connected(number);
        const char *wrong = s < 0 ? "connect" : talk(s, number);
        if (wrong && atomic_fetch_add(&failed, 1) < 5)
            fprintf(stderr, "connection %d: %s (%s)\n", number, wrong, strerror(errno));
        if (s >= 0) close(s);
    }
    return unused;
}

int main(int argc, char **argv) {
    enum { most = 64 };
    pthread_t threads[most];
    if (argc != 7) return 2;
    port = atoi(argv[1]), count = atoi(argv[2]);
    int wanted = atoi(argv[3]);
    request = argv[4], request_length = strlen(request);
    answer_length = (size_t)atoi(argv[5]), begin = argv[6];
    if (wanted > most || answer_length > 4096) return 2;
    for (int i = 0; i < wanted; ++i)
        if (pthread_create(&threads[i], NULL, client, NULL)) return 2;
    for (int i = 0; i < wanted; ++i) pthread_join(threads[i], NULL);
    return failed ? 1 : 0;
}
