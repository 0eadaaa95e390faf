"""UDP by the batch: recvmmsg(2), and addresses that are made and read once.

Invariants:

- What one port does here, it does as `DatagramPort` would: the same datagrams and senders in the same order,
  and a datagram written is sent, or refused with an error, before `write` returns.  Whatever is unusual goes
  to the methods of `DatagramPort`: a port with one peer, datagrams that wait, a refusal by the system.
- The buffers are one set for all ports, `ROOM` bytes.  They are in use while their datagrams are
  delivered; who reads then, because a protocol runs the loop, reads by `DatagramPort.doRead`.
- No call waits, so the interpreter's lock is kept: to give it away for each datagram costs more, and much
  more when other threads want it.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_GET_SIZE
from cpython.unicode cimport PyUnicode_CheckExact
from libc.errno cimport EAGAIN, EINTR, errno
from libc.string cimport memcmp, memset, strlen

from sennit.transport.socket_addresses cimport (
    AF_INET,
    AF_INET6,
    host_text,
    htons,
    port_of,
    sennit_address,
    socklen_t,
)

from sennit.transport import datagram as generic

__all__ = ["Batches"]

cdef extern from *:
    """
    #include <arpa/inet.h>
    #include <netinet/in.h>
    #include <string.h>
    #include <sys/socket.h>

    #define ROOM (256 * 1024)
    #define KNOWN 256
    #ifdef __linux__
    #define BATCH 32
    #else
    #define BATCH 1
    #endif

    static char room[ROOM];
    static sennit_address senders[BATCH];
    static size_t lengths[BATCH];

    static socklen_t size_of(const sennit_address *of)
    {
        return of->family == AF_INET ? sizeof of->four : sizeof of->six;
    }

    static unsigned place_of(const sennit_address *of)
    {
        unsigned number = of->four.sin_port;
        if (of->family == AF_INET)
            number ^= of->four.sin_addr.s_addr;
        else
            for (int i = 0; i < 4; i++) {
                unsigned part;
                memcpy(&part, of->six.sin6_addr.s6_addr + 4 * i, sizeof part);
                number = (number ^ part) * 2654435761u;
            }
        return (number * 2654435761u >> 16) % KNOWN;
    }

    static int receive(int fd, int count, size_t size)
    {
    #ifdef __linux__
        static struct mmsghdr headers[BATCH];
        static struct iovec places[BATCH];
        for (int i = 0; i < count; i++) {
            places[i].iov_base = room + i * size;
            places[i].iov_len = size;
            headers[i].msg_hdr.msg_name = &senders[i];
            headers[i].msg_hdr.msg_namelen = sizeof senders[i];
            headers[i].msg_hdr.msg_iov = &places[i];
            headers[i].msg_hdr.msg_iovlen = 1;
        }
        int received = recvmmsg(fd, headers, count, MSG_DONTWAIT, NULL);
        for (int i = 0; i < received; i++)
            lengths[i] = headers[i].msg_len;
        return received;
    #else
        (void)count;
        socklen_t length = sizeof senders[0];
        ssize_t got = recvfrom(fd, room, size, MSG_DONTWAIT, &senders[0].any, &length);
        if (got < 0)
            return -1;
        lengths[0] = got;
        return 1;
    #endif
    }

    static ssize_t transmit(int fd, const char *datagram, size_t length, const sennit_address *to)
    {
        return sendto(fd, datagram, length, MSG_DONTWAIT, &to->any, size_of(to));
    }
    """
    enum:
        ROOM, KNOWN, BATCH
    char *room
    sennit_address *senders
    size_t *lengths
    socklen_t size_of(const sennit_address *of)
    unsigned int place_of(const sennit_address *of)
    int receive(int fd, int count, size_t size)
    Py_ssize_t transmit(int fd, const char *datagram, size_t length, const sennit_address *to)
    int inet_pton(int family, const char *text, void *into)
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL

cdef bint in_use = False
# The last sender of each place is remembered, with what it is to programs.
cdef sennit_address known[KNOWN]
cdef list named = [None] * KNOWN


cdef tuple name_of(sennit_address *sender):
    """Give a sender as programs see it."""
    cdef unsigned int place = place_of(sender)
    cdef tuple name = named[place]
    if sender.family == AF_INET6:
        # The flow is no part of the name, nor then of an answer to it.
        sender.six.sin6_flowinfo = 0
    if name is not None and not memcmp(sender, &known[place], size_of(sender)):
        return name
    host = host_text(sender)
    if sender.family == AF_INET6 and sender.six.sin6_scope_id:
        host = f"{host}%{sender.six.sin6_scope_id}"
    name = (host, port_of(sender))
    known[place] = sender[0]
    named[place] = name
    return name


cdef bint read_name(object name, int family, sennit_address *into) except -1:
    """Give the address of a host and port; False if it is not for us to say."""
    cdef const char *text
    cdef Py_ssize_t length
    if not PyTuple_CheckExact(name) or PyTuple_GET_SIZE(name) != 2:
        return False
    host, port = <tuple>name
    if not PyUnicode_CheckExact(host) or type(port) is not int or not 0 < port < 65536 or not host.isascii():
        return False
    text = PyUnicode_AsUTF8AndSize(host, &length)
    memset(into, 0, sizeof(sennit_address))
    into.family = family
    if family == AF_INET:
        into.four.sin_port = htons(port)
        return inet_pton(AF_INET, text, &into.four.sin_addr) == 1 and <Py_ssize_t>strlen(text) == length
    into.six.sin6_port = htons(port)
    return inet_pton(AF_INET6, text, &into.six.sin6_addr) == 1 and <Py_ssize_t>strlen(text) == length


cdef class Batches:
    cdef public object socket, _heard, _waiting, _sendto
    cdef public bint _has_peer
    # How the port sends as long as it has no one peer, and is not closed.
    cdef object _plain
    cdef int _number, _family
    # Whom `_heard` stands for, if it is `_answered`.
    cdef object _answered
    cdef sennit_address _answer

    def _way_out(self, made):
        self._number = made.fileno()
        self._family = made.family
        self._plain = made.sendto
        self._answered = generic.NOBODY
        return self._plain

    def doRead(self):
        """Read what has come, and hand it to the protocol."""
        global in_use
        cdef Py_ssize_t size = self.maxPacketSize
        cdef int left = generic.READS_PER_TURN
        cdef int wanted, received
        if in_use or self._sendto is not self._plain or not 0 < size <= ROOM:
            super().doRead()
            return
        in_use = True
        try:
            while left > 0:
                wanted = min(left, BATCH, ROOM // size)
                received = receive(self._number, wanted, size)
                if received < 0:
                    if errno != EAGAIN and errno != EINTR:
                        super().doRead()
                    return
                if not self._hand_over(received, size) or received < wanted:
                    return
                left -= received
        finally:
            in_use = False

    cdef bint _hand_over(self, int received, Py_ssize_t size) except -1:
        """Deliver a batch; False if the port closed meanwhile."""
        cdef int i
        reading = self.socket
        for i in range(received):
            sender = name_of(&senders[i])
            if self._has_peer:
                # One was settled on in the middle of the batch.
                sender = self._sender(sender)
                if sender is generic.NOBODY:
                    continue
            else:
                self._answered = sender
                self._answer = senders[i]
            self._heard = sender
            try:
                self.protocol.datagramReceived(PyBytes_FromStringAndSize(room + i * size, lengths[i]), sender)
            except BaseException:
                self._user_failed("Error in datagramReceived of {protocol!r}")
            if self.socket is not reading:
                return False
        return True

    def write(self, datagram, addr=None):
        """Send a datagram (`DatagramPort.write`)."""
        cdef sennit_address to
        if self._sendto is self._plain and PyBytes_CheckExact(datagram) and not self._waiting:
            if addr is not self._answered and read_name(addr, self._family, &to):
                self._answered = addr
                self._answer = to
            if (
                addr is self._answered
                and transmit(self._number, PyBytes_AS_STRING(datagram), PyBytes_GET_SIZE(datagram), &self._answer) >= 0
            ):
                return
        super().write(datagram, addr)
