"""Types of ``streams.pyx``."""

from sennit.reactor.loops.native.poller cimport Poller, Watched

from sennit.transport.socket_addresses cimport sennit_address


cdef class StreamTransport(Watched):
    cdef object __weakref__
    cdef object loop
    cdef object _protocol
    cdef object _context  # None for one in which nothing was set
    cdef object _server
    cdef object _socket  # a socket.socket, once one was needed
    cdef object _empty_waiter
    cdef dict _extra
    cdef list _waiting  # what is still to be sent, or None
    cdef Py_ssize_t _sent  # how much of the first piece is sent
    cdef Py_ssize_t _size  # how many octets wait
    cdef Py_ssize_t _high, _low
    cdef Py_ssize_t _much  # how much was read the last time, if it was much
    cdef sennit_address _peer, _host  # of no family where they are not known, or are no Internet addresses
    cdef unsigned char _fills_buffers  # the protocol is a BufferedProtocol
    cdef unsigned char _paused, _read_ended, _write_ended, _begun, _closing, _lost, _ended
    cdef unsigned char _lent  # to who sends a file
    cdef readonly unsigned char _protocol_paused

    cdef int lend(self, bint lent) except -1
    cdef int begin(self) except -1
    cdef object _enter(self)
    cdef int _leave(self, context) except -1
    cdef int _interest(self) except -1
    cdef bint _reads(self) noexcept
    cdef int _read(self) except -1
    cdef int _fill(self) except -1
    cdef int _received_end(self) except -1
    cdef int _send_waiting(self) except -1
    cdef int _tell_to_pause(self) except -1
    cdef int _tell_to_resume(self) except -1
    cdef int _lose(self, error) except -1
    cdef int _end(self, error) except -1
    cdef int _give_back(self) except -1
    cdef int _emptied(self, error) except -1
    cdef int _fail(self, error, message) except -1
    cdef int _report(self, error, message) except -1
    cdef bint _has_host(self) noexcept
    cdef object _socket_object(self)

cdef sennit_address host_of(int listening)
cdef StreamTransport accepted(
    object loop, Poller poller, int fd, object protocol, sennit_address *peer, sennit_address *host
)
cdef StreamTransport connected(object loop, Poller poller, object sock, object protocol, dict extra, object server)
