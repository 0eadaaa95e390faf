/* Load for echo servers: keeps one message in flight on each connection and counts those that come back.
 *
 * usage: echoload PORT CONNECTIONS BYTES SECONDS [udp]
 *
 * Connects to 127.0.0.1, by TCP unless told otherwise.  Each connection's messages are of one letter, its own, so an answer that went to the
 * wrong connection or was damaged is found; that ends the run with status 1.  The first fifth of a second does
 * not count.  Prints "<rate> msg/s <number> all": how many there were, those before the counting among them. */
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
#include <time.h>
#include <unistd.h>

#define WARM_UP 0.2
#define MAX_BYTES (1 << 20)
#define EVENTS 256

struct connection {
    int fd;
    int received;
    char letter;
};

static char outgoing[MAX_BYTES];
static char incoming[MAX_BYTES];

static double now(void)
{
    struct timespec clock;
    clock_gettime(CLOCK_MONOTONIC, &clock);
    return clock.tv_sec + clock.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    fprintf(stderr, "echoload: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}

static void post(struct connection *connection, int bytes)
{
    memset(outgoing, connection->letter, bytes);
    for (int sent = 0; sent < bytes;) {
        ssize_t written = write(connection->fd, outgoing + sent, bytes - sent);
        if (written < 0)
            fail("cannot write");
        sent += written;
    }
}

static void dial(struct connection *connection, int port, int type)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->fd = socket(AF_INET, type, 0);
    if (connection->fd < 0 || connect(connection->fd, (struct sockaddr *)&address, sizeof address))
        fail("cannot connect");
    if (type == SOCK_STREAM)
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* Returns 1 when a whole message has come back. */
static int take(struct connection *connection, int bytes)
{
    ssize_t got = read(connection->fd, incoming, bytes - connection->received);
    errno = got < 0 ? errno : 0;
    if (got <= 0)
        fail("the server closed a connection");
    for (ssize_t index = 0; index < got; index++)
        if (incoming[index] != connection->letter)
            fail("what came back is not what was sent");
    connection->received += got;
    if (connection->received < bytes)
        return 0;
    connection->received = 0;
    return 1;
}

int main(int count, char **arguments)
{
    int type = count == 6 && !strcmp(arguments[5], "udp") ? SOCK_DGRAM : SOCK_STREAM;
    if (count != (type == SOCK_DGRAM ? 6 : 5)) {
        fprintf(stderr, "usage: echoload PORT CONNECTIONS BYTES SECONDS [udp]\n");
        return 2;
    }
    int port = atoi(arguments[1]), connections = atoi(arguments[2]), bytes = atoi(arguments[3]);
    double seconds = atof(arguments[4]);
    if (port <= 0 || connections <= 0 || bytes <= 0 || bytes > MAX_BYTES || seconds <= 0) {
        fprintf(stderr, "echoload: every argument must be above 0, and BYTES at most %d\n", MAX_BYTES);
        return 2;
    }
    int poll = epoll_create1(0);
    struct connection *all = calloc(connections, sizeof *all);
    for (int index = 0; index < connections; index++) {
        struct epoll_event interest = {.events = EPOLLIN, .data.ptr = &all[index]};
        all[index].letter = 'a' + index % 26;
        dial(&all[index], port, type);
        epoll_ctl(poll, EPOLL_CTL_ADD, all[index].fd, &interest);
    }
    for (int index = 0; index < connections; index++)
        post(&all[index], bytes);
    long messages = 0, before = 0;
    double began = now(), counted_from = 0, time = began;
    while (!counted_from || time - counted_from < seconds) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(poll, events, EVENTS, 1000);
        time = now();
        if (!counted_from && time - began >= WARM_UP) {
            counted_from = time;
            before = messages;
            messages = 0;
        }
        if (ready == 0)
            fail("nothing came back for a second");
        for (int index = 0; index < ready; index++) {
            struct connection *connection = events[index].data.ptr;
            if (take(connection, bytes)) {
                messages++;
                post(connection, bytes);
            }
        }
    }
    printf("%.0f msg/s %ld all\n", messages / (now() - counted_from), before + messages);
    return 0;
}
