/* A sender for benchmarks: keep-alive connections that each post, wait for the answer, and post again.
 *
 *   load HOST PORT CONNECTIONS SECONDS FILE
 *
 * FILE holds one whole HTTP request; each run of twelve @ in it is replaced by the number of the request, so that no
 * two are alike. Prints one line: answered, not 2xx, seconds, and the 50th, 90th, 99th and 99.9th
 * percentile of the time from the first byte sent to the last byte of the answer, in microseconds.
 * Small and in C so that it is never the bottleneck and leaves the processor to what is measured.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 65536, MOST = 4096 };

struct connection {
    int fd;
    size_t sent, got;
    double begun;
    char answer[ROOM];
};

static char *request;
static size_t request_size;
static float *times;
static size_t count, room, refused;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void note(double seconds, int good) {
    if (count == room) {
        room = room ? room * 2 : 1 << 16;
        times = realloc(times, room * sizeof *times);
        if (!times) fail("realloc");
    }
    times[count++] = (float)(seconds * 1e6);
    if (!good) refused++;
}

enum { DIGITS = 12, MARKS = 16 };
static char *marks[MARKS];
static size_t marked;
static unsigned long long posted;

static void find_marks(void) {
    for (char *at = request; marked < MARKS && (at = strstr(at, "@@@@@@@@@@@@")); at += DIGITS) marks[marked++] = at;
}

static int post(struct connection *c) {
    char number[DIGITS + 1];
    snprintf(number, sizeof number, "%012llu", posted++ % 1000000000000ULL);
    for (size_t i = 0; i < marked; i++) memcpy(marks[i], number, DIGITS);
    while (c->sent < request_size) {
        ssize_t n = send(c->fd, request + c->sent, request_size - c->sent, MSG_NOSIGNAL);
        if (n < 0) return errno == EAGAIN ? 0 : -1;
        c->sent += (size_t)n;
    }
    return 0;
}

/* Whether the answer is whole: its head, and as many bytes as Content-Length says. */
static int whole(struct connection *c) {
    c->answer[c->got] = 0;
    char *end = strstr(c->answer, "\r\n\r\n");
    if (!end) return 0;
    char *length = strcasestr(c->answer, "\r\ncontent-length:");
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    return c->got >= (size_t)(end + 4 - c->answer) + body;
}

static int by_time(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    if (argc != 6) return fprintf(stderr, "load HOST PORT CONNECTIONS SECONDS FILE\n"), 2;
    int connections = atoi(argv[3]);
    double seconds = atof(argv[4]);
    FILE *file = fopen(argv[5], "rb");
    if (!file) fail(argv[5]);
    request = calloc((1 << 26) + 1, 1);
    if (!request) fail("calloc");
    request_size = fread(request, 1, 1 << 26, file);
    fclose(file);
    find_marks();
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[2]))};
    if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) fail("address");
    if (connections < 1 || connections > MOST) return 2;
    struct connection *all = calloc((size_t)connections, sizeof *all);
    int poll = epoll_create1(0);
    if (!all || poll < 0) fail("epoll");
    double start = now(), end = start + seconds;
    for (int i = 0; i < connections; i++) {
        struct connection *c = &all[i];
        int one = 1;
        c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &event)) fail("epoll_ctl");
        c->begun = now();
        if (post(c)) fail("send");
    }
    int open = connections;
    struct epoll_event events[256];
    while (open) {
        int ready = epoll_wait(poll, events, 256, 30000);
        if (ready <= 0) return fprintf(stderr, "no answer for 30 seconds\n"), 1;
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            ssize_t n = recv(c->fd, c->answer + c->got, ROOM - 1 - c->got, 0);
            if (n <= 0) return fprintf(stderr, "a connection was closed\n"), 1;
            c->got += (size_t)n;
            if (!whole(c)) continue;
            double moment = now();
            note(moment - c->begun, c->got > 9 && c->answer[9] == '2');
            if (moment >= end) {
                close(c->fd);
                open--;
                continue;
            }
            c->got = c->sent = 0;
            c->begun = moment;
            if (post(c)) fail("send");
        }
    }
    double took = now() - start;
    qsort(times, count, sizeof *times, by_time);
    printf("%zu %zu %.6f", count, refused, took);
    const double shares[] = {0.5, 0.9, 0.99, 0.999};
    for (int i = 0; i < 4; i++) printf(" %.0f", times[(size_t)((double)(count - 1) * shares[i])]);
    printf("\n");
    return 0;
}
