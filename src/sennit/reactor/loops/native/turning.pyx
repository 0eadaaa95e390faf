"""The loop's turns: asyncio's selector loop, with what it does all the time compiled.

All that is not here is asyncio's own: servers, connecting, names, child processes, signals, timers, shutting down.
In debug mode so are turns and calls, for what they report.
"""

import asyncio
import heapq
import time
from asyncio.futures import _set_result_unless_cancelled
from socket import AF_INET, AF_INET6, IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY

from cpython.exc cimport PyErr_SetFromErrno
from libc.errno cimport EAGAIN, EINTR, errno

from sennit.reactor.loops.native.handles cimport Handle, new_handle
from sennit.reactor.loops.native.poller cimport EPOLLIN, Poller, Watched, milliseconds_of
from sennit.reactor.loops.native.streams cimport (
    StreamTransport,
    accepted,
    connected,
    host_of,
)
from sennit.transport.socket_addresses cimport sennit_address, sockaddr, socklen_t

from sennit.reactor.loops.native.poller import Poller as _Poller

__all__ = ["NativeLoop"]

cdef extern from "<sys/socket.h>" nogil:
    enum:
        SOCK_CLOEXEC, SOCK_NONBLOCK
    int accept4(int fd, sockaddr *address, socklen_t *length, int flags)

cdef extern from "<sys/eventfd.h>" nogil:
    enum:
        EFD_CLOEXEC, EFD_NONBLOCK
    int eventfd(unsigned int count, int flags)

cdef extern from "<fcntl.h>" nogil:
    enum:
        O_CLOEXEC

cdef extern from "<unistd.h>" nogil:
    int close(int fd)
    int dup3(int fd, int number, int flags)
    Py_ssize_t read(int fd, void *into, size_t size)
    Py_ssize_t write(int fd, const void *data, size_t size)

cdef enum:
    EVENT_READ = 1
    EVENT_WRITE = 2

INTERNET = (AF_INET, AF_INET6)

_Base = asyncio.SelectorEventLoop
# From Python 3.14 on: a call that another thread takes back is over, or never made, when it has taken it back.
_ThreadSafeHandle = getattr(asyncio.events, "_ThreadSafeHandle", None)
# How many timers may lie cancelled among those that wait, as asyncio has it.
_MANY = 100


cdef class Waker(Watched):
    """Wakes the loop for other threads: an eventfd(2) that is written to where the loop sleeps, and only there.

    Threads hold the interpreter when they look whether it does, and so does the loop when it goes to sleep; none holds
    it while it writes, for the loop would wake up to wait for it.
    """

    cdef bint sleeping

    def __cinit__(self, Poller poller):
        self.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)
        if self.fd < 0:
            PyErr_SetFromErrno(OSError)
        poller.watch(self)
        poller.want(self, EPOLLIN)

    cdef int wake(self) except -1:
        cdef unsigned long long one = 1
        cdef int fd = self.fd
        if self.sleeping:
            self.sleeping = False
            with nogil:
                write(fd, &one, sizeof(one))
        return 0

    cdef int happened(self, unsigned int events) except -1:
        cdef unsigned long long count
        read(self.fd, &count, sizeof(count))
        return 0

    cdef int forked(self) except -1:
        cdef int own = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)
        if own < 0:
            PyErr_SetFromErrno(OSError)
        dup3(own, self.fd, O_CLOEXEC)
        close(own)
        return 0

    def __dealloc__(self):
        if self.fd >= 0:
            close(self.fd)


class NativeLoop(_Base):
    """An asyncio event loop for Linux."""

    time = staticmethod(time.monotonic)

    def __init__(self):
        super().__init__(_Poller())
        self._waker = Waker(self._selector)

    def call_soon(self, callback, *args, context=None):
        """Call `callback` in the next turn (`asyncio.loop.call_soon`)."""
        if self._debug:
            return _Base.call_soon(self, callback, *args, context=context)
        if self._closed:
            raise RuntimeError("Event loop is closed")
        handle = new_handle(self, callback, args, context)
        self._ready.append(handle)
        return handle

    def call_soon_threadsafe(self, callback, *args, context=None):
        """Call `callback` in the next turn, asked by any thread (`asyncio.loop.call_soon_threadsafe`)."""
        if self._debug:
            return _Base.call_soon_threadsafe(self, callback, *args, context=context)
        if self._closed:
            raise RuntimeError("Event loop is closed")
        if _ThreadSafeHandle is None:
            handle = new_handle(self, callback, args, context)
        else:
            handle = _ThreadSafeHandle(callback, args, self, context)
        self._ready.append(handle)
        waker = self._waker
        if waker is not None:
            (<Waker>waker).wake()
        return handle

    def close(self):
        """Close the loop, which does not run (`asyncio.loop.close`)."""
        _Base.close(self)
        # Its descriptor goes with the last who has it: a thread may be about to write.
        self._waker = None

    def _run_once(self):
        cdef Py_ssize_t left
        cdef int milliseconds = -1
        cdef Poller poller = self._selector
        cdef Waker waker
        if self._debug:
            _Base._run_once(self)
            return
        ready = self._ready
        scheduled = self._scheduled
        waker = <Waker>self._waker
        # From here on, what others hand in wakes us.
        waker.sleeping = True
        if scheduled:
            if self._timer_cancelled_count > _MANY:
                self._sweep_timers()
                scheduled = self._scheduled
            while scheduled and scheduled[0]._cancelled:
                self._timer_cancelled_count -= 1
                heapq.heappop(scheduled)._scheduled = False
        if ready or self._stopping:
            milliseconds = 0
        elif scheduled:
            milliseconds = milliseconds_of(scheduled[0]._when - self.time())
        others = poller.wait(milliseconds)
        waker.sleeping = False
        if others is not None:
            self._process_events(others)
        if scheduled:
            end = self.time() + self._clock_resolution
            while scheduled and scheduled[0]._when < end:
                handle = heapq.heappop(scheduled)
                handle._scheduled = False
                ready.append(handle)
        left = len(ready)
        while left:
            left -= 1
            handle = ready.popleft()
            if type(handle) is Handle:
                if not (<Handle>handle)._cancelled:
                    (<Handle>handle).run()
            elif not handle._cancelled:
                handle._run()

    def _process_events(self, events):
        ready = self._ready
        for key, happened in events:
            reader, writer = key.data
            if happened & EVENT_READ and reader is not None:
                if reader._cancelled:
                    self._remove_reader(key.fd)
                else:
                    ready.append(reader)
            if happened & EVENT_WRITE and writer is not None:
                if writer._cancelled:
                    self._remove_writer(key.fd)
                else:
                    ready.append(writer)

    def _sweep_timers(self):
        if self._timer_cancelled_count * 2 > len(self._scheduled):
            kept = []
            for handle in self._scheduled:
                if handle._cancelled:
                    handle._scheduled = False
                else:
                    kept.append(handle)
            heapq.heapify(kept)
            self._scheduled = kept
            self._timer_cancelled_count = 0

    def _make_socket_transport(self, sock, protocol, waiter=None, *, extra=None, server=None, context=None):
        cdef StreamTransport transport
        self._ensure_fd_no_transport(sock)
        self.set_nodelay(sock)
        transport = connected(self, self._selector, sock, protocol, extra, server)
        self.call_soon(transport._begin, context=context)
        if waiter is not None:
            # It is to wake up when the protocol knows of its connection.
            self.call_soon(_set_result_unless_cancelled, waiter, None, context=context)
        return transport

    @staticmethod
    def set_nodelay(sock):
        """Let small segments be sent at once; connections accepted from `sock` inherit it."""
        if sock.family in INTERNET and sock.type == SOCK_STREAM:
            sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, True)

    def accept_connections(self, listening, make, failed, int most):
        """Accept connections for as long as there are any, `most` at most.

        Args:
            listening: The socket; may be closed meanwhile.
            make: Makes the protocol of a connection.
            failed: Called where that raised something; the connection is closed.
            most: How many.

        Raises:
            OSError: If none can be accepted.
        """
        cdef int fd = listening.fileno()
        cdef int got
        cdef sennit_address peer
        cdef sennit_address host = host_of(fd)
        cdef socklen_t length
        cdef Poller poller = self._selector
        while most > 0 and listening.fileno() == fd:
            most -= 1
            length = sizeof(peer)
            got = accept4(fd, &peer.any, &length, SOCK_CLOEXEC | SOCK_NONBLOCK)
            if got < 0:
                if errno == EAGAIN or errno == EINTR:
                    return
                PyErr_SetFromErrno(OSError)
            try:
                protocol = make()
            except BaseException:
                close(got)
                failed()
                continue
            accepted(self, poller, got, protocol, &peer, &host).begin()

    def carry(self, sock, protocol):
        """Make the transport of a connected socket, and introduce it to the protocol now."""
        self.set_nodelay(sock)
        connected(self, self._selector, sock, protocol, None, None).begin()

    def _make_ssl_transport(
        self,
        rawsock,
        protocol,
        sslcontext,
        waiter=None,
        *,
        server_side=False,
        server_hostname=None,
        extra=None,
        server=None,
        context=None,
        **timeouts,
    ):
        from asyncio.sslproto import SSLProtocol

        layer = SSLProtocol(self, protocol, sslcontext, waiter, server_side, server_hostname, **timeouts)
        self._make_socket_transport(rawsock, layer, extra=extra, server=server, context=context)
        return layer._app_transport

    def _ensure_fd_no_transport(self, fd):
        cdef Poller poller = self._selector
        cdef Watched watched = None
        if poller is not None:
            watched = poller.watched_at(fd if isinstance(fd, int) else fd.fileno())
        if isinstance(watched, StreamTransport):
            transport = <StreamTransport>watched
            if not transport.is_closing() and not (<StreamTransport>transport)._lent:
                raise RuntimeError(f"File descriptor {fd!r} is used by transport {transport!r}")
        else:
            _Base._ensure_fd_no_transport(self, fd)

    async def _sendfile_native(self, transp, file, offset, count):
        cdef StreamTransport transport = transp
        waiter = transport._make_empty_waiter()
        try:
            await waiter
            transport.lend(True)
            try:
                return await self.sock_sendfile(transport._sock, file, offset, count, fallback=False)
            finally:
                transport.lend(False)
        finally:
            transport._reset_empty_waiter()
