"""One connection of the loop: asyncio's transport of a stream socket, compiled.

It reads once for each event and hands on what there was; it sends what is written at once, and what the system does
not take is kept until it does.  What protocols may do meanwhile, and what they are told, is as `asyncio.Transport` has
it.  Programs are called in a context (`contextvars`) of the connection's own.

A connection that was accepted has no `socket.socket` until somebody asks for it.
"""

import os
import socket
import sys
from asyncio import BufferedProtocol, Transport, constants, trsock
from asyncio.transports import _FlowControlMixin
from warnings import warn

from cpython.buffer cimport PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF
from libc.errno cimport EAGAIN, EINTR, errno
from libc.string cimport memcmp, memset

from sennit.reactor.loops.native.handles cimport (
    PyContext_CopyCurrent,
    PyContext_Enter,
    PyContext_Exit,
    PyContext_New,
)
from sennit.reactor.loops.native.poller cimport EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, ROOM, Poller
from sennit.transport.socket_addresses cimport (
    AF_INET,
    AF_INET6,
    host_text,
    ntohl,
    port_of,
    sockaddr,
    socklen_t,
)

__all__ = ["StreamTransport"]

cdef extern from "Python.h":
    PyObject *PyBytes_FromStringAndSize(const char *data, Py_ssize_t size) except NULL
    int _PyBytes_Resize(PyObject **data, Py_ssize_t size) except -1
    void Py_CLEAR(PyObject *)

cdef extern from "<sys/socket.h>" nogil:
    enum:
        MSG_NOSIGNAL, SHUT_RDWR, SHUT_WR
    struct iovec:
        void *iov_base
        size_t iov_len
    struct msghdr:
        iovec *msg_iov
        size_t msg_iovlen
    Py_ssize_t recv(int fd, void *into, size_t size, int flags)
    Py_ssize_t send(int fd, const void *data, size_t size, int flags)
    Py_ssize_t sendmsg(int fd, const msghdr *message, int flags)
    int shutdown(int fd, int how)
    int getsockname(int fd, sockaddr *into, socklen_t *length)
    int getpeername(int fd, sockaddr *into, socklen_t *length)

cdef extern from "<unistd.h>" nogil:
    int close(int fd)

cdef unsigned char[16] ANY
memset(ANY, 0, sizeof(ANY))

cdef enum:
    PIECES = 64  # sent with one call of the system
    MUCH = 32768  # octets read at once


# A context in which nothing was set, for the next connection that has none of its own.
cdef object spare = None


cdef inline bint would_wait() noexcept:
    return errno == EAGAIN or errno == EINTR


cdef object system_error():
    return OSError(errno, os.strerror(errno))


cdef object name_of(sennit_address *address):
    """Give an address as the module `socket` does."""
    host, port = host_text(address), port_of(address)
    if address.family == AF_INET:
        return host, port
    return host, port, ntohl(address.six.sin6_flowinfo), address.six.sin6_scope_id


class SocketTransport(_FlowControlMixin, Transport):
    """What asyncio and programs take a `StreamTransport` for, which no class of Python's can be a base of."""


cdef class StreamTransport(Watched):
    """A connection of a stream socket (`asyncio.Transport`)."""

    def __cinit__(self):
        self._high = 65536
        self._low = 16384

    cdef int begin(self) except -1:
        """Introduce the transport and the protocol; then read."""
        context = self._enter()
        try:
            self._protocol.connection_made(self)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            self._report(error, "Error in connection_made()")
        finally:
            self._leave(context)
            self._begun = True
            self._interest()
        return 0

    def _begin(self):
        self.begin()

    cdef int happened(self, unsigned int events) except -1:
        """Read or send, as far as somebody waits for it."""
        cdef bint idle = True
        context = self._enter()
        try:
            if events & (EPOLLIN | EPOLLHUP | EPOLLERR) and self._reads():
                idle = False
                if self._fills_buffers:
                    self._fill()
                else:
                    self._read()
            if events & (EPOLLOUT | EPOLLHUP | EPOLLERR) and self._waiting is not None:
                idle = False
                self._send_waiting()
        finally:
            self._leave(context)
        if idle:
            self._interest()
        return 0

    cdef object _enter(self):
        global spare
        context = self._context
        if context is None:
            context = spare
            spare = None
            if context is None:
                context = PyContext_New()
        PyContext_Enter(context)
        return context

    cdef int _leave(self, context) except -1:
        global spare
        PyContext_Exit(context)
        if self._context is None:
            if len(context):
                self._context = context
            else:
                spare = context
        return 0

    cdef int _interest(self) except -1:
        cdef Poller poller = self.poller
        if poller is not None:
            poller.want(
                self,
                (EPOLLIN if self._reads() else 0) | (EPOLLOUT if self._waiting is not None else 0),
            )
        return 0

    # Reading.

    cdef int _read(self) except -1:
        cdef PyObject *room = NULL
        cdef Py_ssize_t count
        if self._much:
            # What is large is not copied once more: twice the room that the last read took is made for it.
            room = PyBytes_FromStringAndSize(NULL, min(<Py_ssize_t>ROOM, 2 * self._much))
            count = recv(self.fd, PyBytes_AS_STRING(<object>room), PyBytes_GET_SIZE(<object>room), 0)
        else:
            count = recv(self.fd, self.poller.room, ROOM, 0)
        if count <= 0:
            error = None if not count or would_wait() else system_error()
            Py_CLEAR(room)
            if not count:
                self._received_end()
            elif error is not None:
                self._fail(error, "Fatal read error on socket transport")
            return 0
        if room == NULL:
            room = PyBytes_FromStringAndSize(self.poller.room, count)
        else:
            _PyBytes_Resize(&room, count)
        self._much = count if count >= MUCH else 0
        data = <object>room
        Py_DECREF(data)
        try:
            self._protocol.data_received(data)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            self._fail(error, "Fatal error: protocol.data_received() call failed.")
        return 0

    cdef int _fill(self) except -1:
        cdef Py_buffer buffer
        cdef Py_ssize_t count
        try:
            PyObject_GetBuffer(self._protocol.get_buffer(-1), &buffer, PyBUF_WRITABLE)
            if not buffer.len:
                PyBuffer_Release(&buffer)
                raise RuntimeError("get_buffer() returned an empty buffer")
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            return self._fail(error, "Fatal error: protocol.get_buffer() call failed.")
        count = recv(self.fd, buffer.buf, buffer.len, 0)
        PyBuffer_Release(&buffer)
        if count > 0:
            try:
                self._protocol.buffer_updated(count)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:
                self._fail(error, "Fatal error: protocol.buffer_updated() call failed.")
        elif count == 0:
            self._received_end()
        elif not would_wait():
            self._fail(system_error(), "Fatal read error on socket transport")
        return 0

    cdef int _received_end(self) except -1:
        try:
            keep_open = self._protocol.eof_received()
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            return self._fail(error, "Fatal error: protocol.eof_received() call failed.")
        self._read_ended = True
        if keep_open:
            self._interest()
        else:
            self.close()
        return 0

    def is_reading(self):
        """Tell whether what comes is read."""
        return bool(self._reads())

    cdef inline bint _reads(self) noexcept:
        return not (self._paused or self._read_ended or self._closing or self._lent)

    def pause_reading(self):
        """Read no more until `resume_reading`."""
        if not self._closing:
            self._paused = True

    def resume_reading(self):
        """Read again."""
        if self._paused and not self._closing:
            self._paused = False
            if self._begun:
                self._interest()

    cdef int lend(self, bint lent) except -1:
        """Leave the socket to somebody who sends a file, or take it back."""
        self._lent = lent
        if self._ended:
            self._give_back()
        else:
            self._interest()
        return 0

    # Writing.

    def write(self, data):
        """Send bytes; what the system does not take now is kept and sent later."""
        cdef Py_ssize_t length, sent
        if PyBytes_CheckExact(data):
            length = PyBytes_GET_SIZE(data)
        elif isinstance(data, (bytes, bytearray, memoryview)):
            data = bytes(data)
            length = PyBytes_GET_SIZE(data)
        else:
            raise TypeError(f"data argument must be a bytes-like object, not {type(data).__name__!r}")
        if self._write_ended:
            raise RuntimeError("Cannot call write() after write_eof()")
        if self._empty_waiter is not None:
            raise RuntimeError("unable to write; sendfile is in progress")
        if not length or self._lost:
            return
        if self._waiting is None:
            sent = send(self.fd, PyBytes_AS_STRING(data), length, MSG_NOSIGNAL)
            if sent == length:
                return
            if sent < 0:
                if not would_wait():
                    self._fail(system_error(), "Fatal write error on socket transport")
                    return
                sent = 0
            self._waiting = [data]
            self._sent = sent
            self._size = length - sent
            self._interest()
        else:
            self._waiting.append(data)
            self._size += length
        self._tell_to_pause()

    def writelines(self, pieces):
        """Send several byte strings as if joined."""
        self.write(b"".join(pieces))

    def write_eof(self):
        """Say, once all is sent, that no more will be."""
        if not self._closing and not self._write_ended:
            self._write_ended = True
            if self._waiting is None:
                shutdown(self.fd, SHUT_WR)

    def can_write_eof(self):
        """Tell that a socket can do that."""
        return True

    cdef int _send_waiting(self) except -1:
        cdef iovec places[PIECES]
        cdef msghdr message
        cdef Py_ssize_t count = min(<Py_ssize_t>PIECES, len(self._waiting))
        cdef Py_ssize_t place, sent
        for place in range(count):
            piece = self._waiting[place]
            places[place].iov_base = PyBytes_AS_STRING(piece)
            places[place].iov_len = PyBytes_GET_SIZE(piece)
        places[0].iov_base = <char *>places[0].iov_base + self._sent
        places[0].iov_len -= self._sent
        memset(&message, 0, sizeof(message))
        message.msg_iov = places
        message.msg_iovlen = count
        sent = sendmsg(self.fd, &message, MSG_NOSIGNAL)
        if sent < 0:
            if not would_wait():
                error = system_error()
                self._fail(error, "Fatal write error on socket transport")
                self._emptied(error)
            return 0
        self._size -= sent
        sent += self._sent
        for place in range(count):
            length = PyBytes_GET_SIZE(self._waiting[place])
            if sent < length:
                break
            sent -= length
        else:
            place = count
        del self._waiting[:place]
        self._sent = sent
        if not self._waiting:
            self._waiting = None
        try:
            self._tell_to_resume()
        finally:
            # It may have written more.
            if self._waiting is None:
                self._interest()
                self._emptied(None)
                if self._closing:
                    self._end(None)
                elif self._write_ended:
                    shutdown(self.fd, SHUT_WR)
        return 0

    def get_write_buffer_size(self):
        """Tell how many octets wait to be sent."""
        return self._size

    def get_write_buffer_limits(self):
        """Give the low and the high mark."""
        return self._low, self._high

    def set_write_buffer_limits(self, high=None, low=None):
        """Set at how many waiting octets the protocol is told to pause, and to resume."""
        if high is None:
            high = 65536 if low is None else 4 * low
        if low is None:
            low = high // 4
        if not high >= low >= 0:
            raise ValueError(f"high ({high!r}) must be >= low ({low!r}) must be >= 0")
        self._high = high
        self._low = low
        self._tell_to_pause()

    cdef int _tell_to_pause(self) except -1:
        if self._size > self._high and not self._protocol_paused:
            self._protocol_paused = True
            try:
                self._protocol.pause_writing()
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:
                self._report(error, "protocol.pause_writing() failed")
        return 0

    cdef int _tell_to_resume(self) except -1:
        if self._protocol_paused and self._size <= self._low:
            self._protocol_paused = False
            try:
                self._protocol.resume_writing()
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:
                self._report(error, "protocol.resume_writing() failed")
        return 0

    # The end.

    def is_closing(self):
        """Tell whether it is closed, or will be once all is sent."""
        return bool(self._closing)

    def close(self):
        """Close once all is sent."""
        if not self._closing:
            self._closing = True
            if self._waiting is None:
                self._lose(None)

    def abort(self):
        """Close now; what waits is dropped."""
        self._force_close(None)

    def _force_close(self, error):
        if self._lost:
            return
        self._waiting = None
        self._size = 0
        self._closing = True
        self._lose(error)

    cdef int _lose(self, error) except -1:
        self._lost = True
        if self.poller is not None:
            self.poller.want(self, 0)
        self.loop.call_soon(self._call_connection_lost, error)
        return 0

    def _call_connection_lost(self, error):
        self._end(error)

    cdef int _end(self, error) except -1:
        if self._ended:
            return 0
        self._ended = self._lost = True
        try:
            self._protocol.connection_lost(error)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as raised:
            self._report(raised, "Error in connection_lost()")
        finally:
            # Programs may ask for it still.
            self._has_host()
            self.poller.forget(self)
            if self._lent:
                # Who sends a file finds that it is of no use, and gives it back.
                shutdown(self.fd, SHUT_RDWR)
            else:
                self._give_back()
            self._protocol = None
            if self._server is not None:
                self._server._detach(*for_server(self))
                self._server = None
            self._emptied(ConnectionError("Connection is closed by peer"))
        return 0

    cdef int _give_back(self) except -1:
        """Give the descriptor back to the system."""
        if self._socket is None:
            close(self.fd)
        else:
            self._socket.close()
        self.fd = -1
        return 0

    def __del__(self):
        if self.fd >= 0 and not self._ended and self.loop is not None:
            warn(f"unclosed transport {self!r}", ResourceWarning, source=self)
            self._give_back()

    cdef int _fail(self, error, message) except -1:
        if not isinstance(error, OSError):
            self._report(error, message)
        self._force_close(error)
        return 0

    cdef int _report(self, error, message) except -1:
        self.loop.call_exception_handler(
            {"message": message, "exception": error, "transport": self, "protocol": self._protocol}
        )
        return 0

    # What it is.

    def set_protocol(self, protocol):
        """Let another protocol have what comes from now on."""
        self._protocol = protocol
        self._fills_buffers = isinstance(protocol, BufferedProtocol)

    def get_protocol(self):
        """Give the protocol."""
        return self._protocol

    def get_extra_info(self, name, default=None):
        """Give the ``"socket"``, ``"peername"``, ``"sockname"``, or what the maker of the transport gave."""
        if name == "peername" and self._peer.family:
            return name_of(&self._peer)
        if name == "sockname" and self._has_host():
            return name_of(&self._host)
        if self._extra is not None and name in self._extra:
            return self._extra[name]
        if name == "socket":
            sock = self._socket_object()
            return default if sock is None else trsock.TransportSocket(sock)
        if name in ("peername", "sockname"):
            sock = self._socket_object()
            try:
                return default if sock is None else sock.getpeername() if name == "peername" else sock.getsockname()
            except OSError:
                return default
        return default

    cdef bint _has_host(self) noexcept:
        cdef socklen_t length = sizeof(self._host)
        if not self._host.family and self.fd >= 0:
            getsockname(self.fd, &self._host.any, &length)
            forget_others(&self._host)
        return self._host.family

    cdef object _socket_object(self):
        if self._socket is None and self.fd >= 0:
            self._socket = socket.socket(fileno=self.fd)
        return self._socket

    @property
    def __class__(self):
        return SocketTransport

    # What asyncio asks its own transports.

    @property
    def _loop(self):
        return self.loop

    @property
    def _sock(self):
        return self._socket_object()

    @property
    def _sock_fd(self):
        return self.fd

    @property
    def _start_tls_compatible(self):
        return True

    @property
    def _sendfile_compatible(self):
        return constants._SendfileMode.TRY_NATIVE

    def _make_empty_waiter(self):
        if self._empty_waiter is not None:
            raise RuntimeError("Empty waiter is already set")
        self._empty_waiter = self.loop.create_future()
        if self._waiting is None:
            self._empty_waiter.set_result(None)
        return self._empty_waiter

    def _reset_empty_waiter(self):
        self._empty_waiter = None

    cdef int _emptied(self, error) except -1:
        """Tell who waits for it, unless he waits no more, that nothing is left to be sent, or why."""
        if self._empty_waiter is not None and not self._empty_waiter.done():
            if error is None:
                self._empty_waiter.set_result(None)
            else:
                self._empty_waiter.set_exception(error)
        return 0

    def __repr__(self):
        state = "closed" if self._ended else "closing" if self._closing else "open"
        return f"<StreamTransport fd={self.fd} {state}>"


cdef void forget_others(sennit_address *address) noexcept:
    """Have an address of another family, of which there is but a part, be asked for when it is wanted."""
    if address.family != AF_INET and address.family != AF_INET6:
        address.family = 0


cdef StreamTransport new_stream(object loop, Poller poller, int fd, object protocol):
    cdef StreamTransport made
    if poller is None:
        raise RuntimeError("Event loop is closed")
    made = StreamTransport.__new__(StreamTransport)
    made.loop = loop
    made.fd = fd
    made.set_protocol(protocol)
    context = PyContext_CopyCurrent()
    if len(context):
        made._context = context
    poller.watch(made)
    return made


cdef StreamTransport accepted(
    object loop, Poller poller, int fd, object protocol, sennit_address *peer, sennit_address *host
):
    """Make the transport of a connection that was accepted from `peer`; `host` may be of no family."""
    cdef StreamTransport made = new_stream(loop, poller, fd, protocol)
    made._peer = peer[0]
    forget_others(&made._peer)
    made._host = host[0]
    return made


cdef sennit_address host_of(int listening):
    """Give the address of all connections that a socket accepts, of no family where it listens on several."""
    cdef sennit_address host
    cdef socklen_t length = sizeof(host)
    memset(&host, 0, length)
    getsockname(listening, &host.any, &length)
    forget_others(&host)
    if host.family == AF_INET and not host.four.sin_addr.s_addr:
        host.family = 0
    elif host.family == AF_INET6 and not memcmp(&host.six.sin6_addr, ANY, sizeof(ANY)):
        host.family = 0
    return host


cdef StreamTransport connected(object loop, Poller poller, object sock, object protocol, dict extra, object server):
    """Make the transport of a socket."""
    cdef StreamTransport made = new_stream(loop, poller, sock.fileno(), protocol)
    cdef socklen_t length = sizeof(made._peer)
    made._socket = sock
    made._extra = extra
    getpeername(made.fd, &made._peer.any, &length)
    forget_others(&made._peer)
    if server is not None:
        server._attach(*for_server(made))
        made._server = server
    return made


cdef tuple for_server(transport):
    """Give what a server of asyncio's is told of a transport that it counts: from Python 3.13 on, which it is."""
    return (transport,) if EACH_IS_NAMED else ()


cdef bint EACH_IS_NAMED = sys.version_info >= (3, 13)
