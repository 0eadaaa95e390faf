/* The limit of an echo server on one thread: an epoll loop in C that does nothing but to read and write.
 *
 * usage: echo_limit [PATH]
 *
 * Prints its port on 127.0.0.1; with PATH it listens there, on a UNIX socket, and prints 0. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CHUNK (256 * 1024)
#define EVENTS 256

struct connection {
    int fd;
    char *rest; /* what could not be written yet; nothing more is read while there is any */
    ssize_t left;
};

static char chunk[CHUNK];
static int poll;

static void want(struct connection *connection, int operation, unsigned events)
{
    struct epoll_event interest = {.events = events, .data.ptr = connection};
    epoll_ctl(poll, operation, connection->fd, &interest);
}

static void drop(struct connection *connection)
{
    close(connection->fd);
    free(connection->rest);
    free(connection);
}

static void flush(struct connection *connection)
{
    ssize_t written = write(connection->fd, connection->rest, connection->left);
    if (written < 0) {
        drop(connection);
        return;
    }
    connection->left -= written;
    memmove(connection->rest, connection->rest + written, connection->left);
    if (!connection->left) {
        free(connection->rest);
        connection->rest = NULL;
        want(connection, EPOLL_CTL_MOD, EPOLLIN);
    }
}

static void echo(struct connection *connection)
{
    ssize_t got = read(connection->fd, chunk, CHUNK);
    if (got <= 0) {
        drop(connection);
        return;
    }
    ssize_t written = write(connection->fd, chunk, got);
    if (written == got)
        return;
    if (written < 0)
        written = 0; /* Its buffer is full, or it has gone, which the next write tells. */
    connection->left = got - written;
    connection->rest = malloc(connection->left);
    memcpy(connection->rest, chunk + written, connection->left);
    want(connection, EPOLL_CTL_MOD, EPOLLOUT);
}

static void greet(int listening)
{
    int on = 1, fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct connection *connection = calloc(1, sizeof *connection);
    connection->fd = fd;
    want(connection, EPOLL_CTL_ADD, EPOLLIN);
}

static int listen_at(const char *path)
{
    struct sockaddr_un there = {.sun_family = AF_UNIX};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int failed, fd = socket(path ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
    if (path) {
        strncpy(there.sun_path, path, sizeof there.sun_path - 1);
        failed = bind(fd, (struct sockaddr *)&there, sizeof there);
    } else {
        failed = bind(fd, (struct sockaddr *)&address, sizeof address);
    }
    if (failed || listen(fd, 1024)) {
        perror("echo_limit");
        exit(1);
    }
    if (!path)
        getsockname(fd, (struct sockaddr *)&address, &length);
    printf("%d\n", path ? 0 : ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

int main(int count, char **arguments)
{
    struct rlimit descriptors;
    signal(SIGPIPE, SIG_IGN); /* Who goes without reading its answer is dropped like any other. */
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
    poll = epoll_create1(0);
    struct connection listening = {.fd = listen_at(count > 1 ? arguments[1] : NULL)};
    want(&listening, EPOLL_CTL_ADD, EPOLLIN);
    for (;;) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(poll, events, EVENTS, -1);
        for (int index = 0; index < ready; index++) {
            struct connection *connection = events[index].data.ptr;
            if (connection == &listening)
                greet(listening.fd);
            else if (connection->left)
                flush(connection);
            else
                echo(connection);
        }
    }
}
