/* Load for echo servers under TLS.
 *
 * usage: tlsload echo PORT PID CONNECTIONS BYTES SECONDS
 *        tlsload handshake PORT PID CONNECTIONS SECONDS
 *
 * Connects to 127.0.0.1, where PID is the server's process, and trusts whatever certificate it is shown.  `echo`
 * keeps one message in flight on each connection and prints "<rate> msg/s".  `handshake` keeps CONNECTIONS at work,
 * each of them over and over: connect, a full handshake, one byte and its echo, close_notify, the server's close; it
 * prints "<rate> conn/s".  Both go on with the same for each second of the server's CPU: "<rate> msg/cpu-s".
 * A wrong echo ends the run with status 1.  Counting begins when every connection has been answered once, a
 * twentieth of a second after the beginning at the earliest. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP 0.05
#define MAX_BYTES 16384
#define EVENTS 256

enum state { SHAKING, WAITING, CLOSING };

struct connection {
    int fd;
    SSL *tls;
    enum state state;
    int received;
    char letter;
    int answered; /* at least once */
};

static char outgoing[MAX_BYTES];
static char incoming[MAX_BYTES];
static SSL_CTX *context;
static int epoll, port, bytes, once, unanswered;
static clockid_t server;
static long done;

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
    fprintf(stderr, "tlsload: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
    ERR_print_errors_fp(stderr);
    exit(1);
}

static void dial(struct connection *connection)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = connection};
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->fd < 0 || connect(connection->fd, (struct sockaddr *)&address, sizeof address))
        fail("cannot connect");
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(connection->fd, F_SETFL, O_NONBLOCK);
    epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &interest);
    connection->tls = SSL_new(context);
    connection->state = SHAKING;
    connection->received = 0;
    SSL_set_fd(connection->tls, connection->fd);
    SSL_set_tlsext_host_name(connection->tls, "localhost");
    SSL_set_connect_state(connection->tls);
}

static void post(struct connection *connection)
{
    memset(outgoing, connection->letter, bytes);
    errno = 0;
    if (SSL_write(connection->tls, outgoing, bytes) != bytes)
        fail("cannot write");
}

static int wants_more(struct connection *connection, int result)
{
    int error = SSL_get_error(connection->tls, result);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static void shake(struct connection *connection)
{
    int result = SSL_do_handshake(connection->tls);
    if (result != 1) {
        if (!wants_more(connection, result))
            fail("the handshake failed");
        return;
    }
    connection->state = WAITING;
    post(connection);
}

static void take(struct connection *connection)
{
    for (;;) {
        int got = SSL_read(connection->tls, incoming, bytes - connection->received);
        if (got <= 0) {
            if (!wants_more(connection, got))
                fail("the server closed a connection");
            return;
        }
        for (int index = 0; index < got; index++)
            if (incoming[index] != connection->letter)
                fail("what came back is not what was sent");
        connection->received += got;
        if (connection->received < bytes)
            continue;
        connection->received = 0;
        unanswered -= !connection->answered;
        connection->answered = 1;
        if (once) {
            connection->state = CLOSING;
            SSL_shutdown(connection->tls);
            return;
        }
        done++;
        post(connection);
        if (!SSL_pending(connection->tls))
            return;
    }
}

static void finish(struct connection *connection)
{
    ssize_t got = recv(connection->fd, incoming, sizeof incoming, 0);
    if (got > 0 || (got < 0 && errno == EAGAIN))
        return;
    if (got < 0)
        fail("the server closed a connection with a reset");
    SSL_free(connection->tls);
    ERR_clear_error();
    close(connection->fd);
    done++;
    dial(connection);
    shake(connection);
}

static void serve(struct connection *connection)
{
    if (connection->state == SHAKING)
        shake(connection);
    else if (connection->state == WAITING)
        take(connection);
    else
        finish(connection);
}

int main(int count, char **arguments)
{
    once = count == 6 && !strcmp(arguments[1], "handshake");
    if (!once && (count != 7 || strcmp(arguments[1], "echo"))) {
        fprintf(stderr, "usage: tlsload echo PORT PID CONNECTIONS BYTES SECONDS | "
                        "tlsload handshake PORT PID CONNECTIONS SECONDS\n");
        return 2;
    }
    int connections = atoi(arguments[4]);
    double seconds = atof(arguments[count - 1]);
    port = atoi(arguments[2]);
    bytes = once ? 1 : atoi(arguments[5]);
    if (port <= 0 || connections <= 0 || bytes <= 0 || bytes > MAX_BYTES || seconds <= 0) {
        fprintf(stderr, "tlsload: every argument must be above 0, and BYTES at most %d\n", MAX_BYTES);
        return 2;
    }
    if (clock_getcpuclockid(atoi(arguments[3]), &server))
        fail("there is no such server");
    unanswered = connections;
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    epoll = epoll_create1(0);
    struct connection *all = calloc(connections, sizeof *all);
    for (int index = 0; index < connections; index++) {
        all[index].letter = 'a' + index % 26;
        dial(&all[index]);
        shake(&all[index]);
    }
    double began = now(), counted_from = 0, spent = 0, time = began;
    while (!counted_from || time - counted_from < seconds) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(epoll, events, EVENTS, 2000);
        time = now();
        if (!counted_from && !unanswered && time - began >= WARM_UP) {
            counted_from = time;
            spent = read_clock(server);
            done = 0;
        }
        if (ready == 0)
            fail("nothing came back for two seconds");
        for (int index = 0; index < ready; index++) {
            errno = 0;
            serve(events[index].data.ptr);
        }
    }
    const char *unit = once ? "conn" : "msg";
    printf("%.0f %s/s %.0f %s/cpu-s\n", done / (now() - counted_from), unit, done / (read_clock(server) - spent), unit);
    return 0;
}
