/* Load for echo servers: keeps one message in flight on each connection and counts those that come back.
 *
 * usage: echoload ADDRESS PID CONNECTIONS BYTES SECONDS [tcp|udp|lines|connect|paced RATE]
 *
 * ADDRESS is a port of 127.0.0.1, or the path of a UNIX socket; PID is the server's process.  Each connection's
 * messages are of one letter, its own, so an answer that went to the wrong connection or was damaged is found; that
 * ends the run with status 1.  Counting begins when every connection has been answered once, a twentieth of a second
 * after the beginning at the earliest.  A server that says nothing for ECHOLOAD_PATIENCE seconds (by default 10: the
 * machine may be busy) ends the run too.
 *
 * Prints "<rate> msg/s <rate> msg/cpu-s": how many came back in a second, and for each second of the server's CPU.
 *   lines    Each message is of lines of 64 bytes, and lines are counted; BYTES is a multiple of that.
 *   connect  Each connection is for one message: once that has come back it is closed, and another made.
 *   paced    Messages start RATE times a second, whether or not those before them have come back.  Prints lines
 *            of "<microseconds> <number>": how many took so long, from when they should have started. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP 0.05
#define LONGEST_WARM_UP 2.0 /* a datagram may be lost, and its connection wait for ever */
#define MAX_BYTES (1 << 20)
#define EVENTS 256
#define LETTERS 26
#define LINE 64
#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

enum mode { TCP, UDP, LINES, CONNECT, PACED };
static const char *const MODES[] = {"tcp", "udp", "lines", "connect", "paced"};

struct connection {
    int fd;
    int received;
    int letter;
    int busy;
    int closing;
    int answered; /* at least once */
    long next; /* paced: the number of the message that is in flight, or is to be next */
};

static char *patterns[LETTERS];
static char incoming[MAX_BYTES];
static enum mode mode;
static const char *where;
static int poll, bytes;
static unsigned dialled;
static double patience = 10;
static clockid_t server;

static double read_clock(clockid_t which)
{
    struct timespec clock;
    clock_gettime(which, &clock);
    return clock.tv_sec + clock.tv_nsec / 1e9;
}

static double now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

static void fail(const char *what)
{
    fprintf(stderr, "echoload: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}

static void lose_patience(void)
{
    fprintf(stderr, "echoload: nothing came back for %g s\n", patience);
    exit(1);
}

static void post(struct connection *connection)
{
    connection->busy = 1;
    for (int sent = 0; sent < bytes;) {
        ssize_t written = write(connection->fd, patterns[connection->letter] + sent, bytes - sent);
        if (written < 0)
            fail("cannot write");
        sent += written;
    }
}

static int dial_path(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    strncpy(address.sun_path, where, sizeof address.sun_path - 1);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address))
        fail("cannot connect");
    return fd;
}

static int dial_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(where))}, own = {.sin_family = AF_INET};
    int on = 1, fd = socket(AF_INET, mode == UDP ? SOCK_DGRAM : SOCK_STREAM, 0);
    if (fd < 0)
        fail("cannot connect");
    if (mode != UDP) {
        /* From several addresses: one has not ports enough for what was closed a moment ago. */
        own.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + dialled++ % 16);
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (bind(fd, (struct sockaddr *)&own, sizeof own))
            fail("cannot bind");
    }
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address))
        fail("cannot connect");
    return fd;
}

static void dial(struct connection *connection)
{
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = connection};
    connection->fd = where[0] == '/' ? dial_path() : dial_port();
    connection->received = 0;
    epoll_ctl(poll, EPOLL_CTL_ADD, connection->fd, &interest);
}

/* Returns 1 when a whole message has come back, or a connection that was for one has been closed. */
static int take(struct connection *connection)
{
    ssize_t got = read(connection->fd, incoming, connection->closing ? 1 : bytes - connection->received);
    errno = got < 0 ? errno : 0;
    if (connection->closing && got == 0)
        return 1;
    if (got <= 0)
        fail("the server closed a connection");
    if (connection->closing || memcmp(incoming, patterns[connection->letter] + connection->received, got))
        fail("what came back is not what was sent");
    connection->received += got;
    if (connection->received < bytes)
        return 0;
    connection->received = 0;
    connection->busy = 0;
    if (mode != CONNECT)
        return 1;
    connection->closing = 1;
    shutdown(connection->fd, SHUT_WR);
    return 0;
}

static void again(struct connection *connection)
{
    if (mode == CONNECT) {
        close(connection->fd);
        connection->closing = 0;
        dial(connection);
    }
    post(connection);
}

static void closed_loop(struct connection *all, int connections, double seconds)
{
    long messages = 0, each = mode == LINES ? bytes / LINE : 1;
    int unanswered = connections;
    double began = now(), counted_from = 0, spent = 0, time = began;
    for (int index = 0; index < connections; index++)
        post(&all[index]);
    while (!counted_from || time - counted_from < seconds) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(poll, events, EVENTS, (int)(patience * 1000));
        time = now();
        if (!counted_from && time - began >= (unanswered ? LONGEST_WARM_UP : WARM_UP)) {
            counted_from = time;
            spent = read_clock(server);
            messages = 0;
        }
        if (ready == 0)
            lose_patience();
        for (int index = 0; index < ready; index++) {
            struct connection *connection = events[index].data.ptr;
            if (!take(connection))
                continue;
            messages += each;
            unanswered -= !connection->answered;
            connection->answered = 1;
            again(connection);
        }
    }
    printf("%.0f msg/s %.0f msg/cpu-s\n", messages / (now() - counted_from), messages / (read_clock(server) - spent));
}

static int ascending(const void *one, const void *other)
{
    double difference = *(const double *)one - *(const double *)other;
    return (difference > 0) - (difference < 0);
}

static long tenths(double seconds)
{
    return (long)(seconds * 1e7 + 0.5);
}

static void open_loop(struct connection *all, int connections, double seconds, double rate)
{
    long total = (long)((seconds + WARM_UP) * rate), warm = (long)(WARM_UP * rate), started = 0, done = 0, counted = 0;
    double *latencies = calloc(total + 1, sizeof *latencies), began = now(), heard = began;
    for (int index = 0; index < connections; index++)
        all[index].next = index;
    while (done < total) {
        struct epoll_event events[EVENTS];
        double time = now();
        /* Message n is due at began + n / rate, on connection n modulo their number. */
        for (; started < total && began + started / rate <= time; started++) {
            struct connection *connection = &all[started % connections];
            if (!connection->busy && connection->next == started)
                post(connection);
        }
        int ready = epoll_wait(poll, events, EVENTS, 0);
        time = now();
        if (ready)
            heard = time;
        else if (started > done && time - heard > patience)
            lose_patience();
        else if (started == done)
            heard = time;
        for (int index = 0; index < ready; index++) {
            struct connection *connection = events[index].data.ptr;
            if (!take(connection))
                continue;
            if (connection->next >= warm)
                latencies[counted++] = now() - (began + connection->next / rate);
            done++;
            connection->next += connections;
            if (connection->next < started)
                post(connection);
        }
    }
    if (!counted)
        fail("there was no message to count");
    qsort(latencies, counted, sizeof *latencies, ascending);
    for (long index = 0, first = 0; index < counted; index++)
        if (index + 1 == counted || tenths(latencies[index + 1]) != tenths(latencies[index])) {
            printf("%.1f %ld\n", tenths(latencies[index]) / 10.0, index + 1 - first);
            first = index + 1;
        }
}

static int parse_mode(int count, char **arguments)
{
    if (count < 7)
        return count == 6;
    for (mode = TCP; mode <= PACED; mode++)
        if (!strcmp(arguments[6], MODES[mode]))
            return count == (mode == PACED ? 8 : 7);
    return 0;
}

int main(int count, char **arguments)
{
    if (!parse_mode(count, arguments)) {
        fprintf(stderr, "usage: echoload ADDRESS PID CONNECTIONS BYTES SECONDS [tcp|udp|lines|connect|paced RATE]\n");
        return 2;
    }
    where = arguments[1];
    int connections = atoi(arguments[3]);
    double seconds = atof(arguments[5]), rate = mode == PACED ? atof(arguments[7]) : 1;
    bytes = atoi(arguments[4]);
    if (clock_getcpuclockid(atoi(arguments[2]), &server))
        fail("there is no such server");
    if (getenv("ECHOLOAD_PATIENCE"))
        patience = atof(getenv("ECHOLOAD_PATIENCE"));
    if ((where[0] != '/' && atoi(where) <= 0) || connections <= 0 || bytes <= 0 || bytes > MAX_BYTES || seconds <= 0 ||
        rate <= 0 || (mode == LINES && bytes % LINE)) {
        fprintf(stderr, "echoload: every argument must be above 0, BYTES at most %d, and of whole lines\n", MAX_BYTES);
        return 2;
    }
    for (int letter = 0; letter < LETTERS; letter++) {
        patterns[letter] = malloc(bytes);
        memset(patterns[letter], 'a' + letter, bytes);
        for (int end = LINE; mode == LINES && end <= bytes; end += LINE)
            memcpy(patterns[letter] + end - 2, "\r\n", 2);
    }
    poll = epoll_create1(0);
    struct connection *all = calloc(connections, sizeof *all);
    for (int index = 0; index < connections; index++) {
        all[index].letter = index % LETTERS;
        dial(&all[index]);
    }
    if (mode == PACED)
        open_loop(all, connections, seconds, rate);
    else
        closed_loop(all, connections, seconds);
    return 0;
}
