"""WSGI (PEP 3333): synchronous applications as resources, run by a thread pool.

A thread runs the application; everything that touches the request is done by the reactor's thread, to which
calls are sent.  An application that makes a body faster than its client takes it is made to wait: of what it
wrote, no more than `WSGIResource.buffer_limit` octets lie here.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from threading import Condition
from typing import Any, NoReturn
from wsgiref.types import WSGIApplication

from zope.interface import implementer

from sennit.core.failure import Failure
from sennit.core.interfaces import IPushProducer
from sennit.http.codes import INTERNAL_SERVER_ERROR, NO_BODY_CODES
from sennit.log import Logger
from sennit.web.gateway import field_variables, script_name
from sennit.web.interfaces import IResource
from sennit.web.request import NOT_DONE_YET

__all__ = ["WSGIResource"]

_log = Logger()


@implementer(IResource)
class WSGIResource:
    """A WSGI application, as a leaf of a site.

    Args:
        reactor: The reactor (`IReactorFromThreads`).
        threadpool: The `ThreadPool` whose threads run the application.
        application: The application.

    Attributes:
        buffer_limit: Octets of a body that may wait for the client before the application's thread does.
    """

    isLeaf = True
    buffer_limit = 1 << 18

    def __init__(self, reactor: Any, threadpool: Any, application: WSGIApplication) -> None:
        self._reactor = reactor
        self._threadpool = threadpool
        self._application = application

    def render(self, request: Any) -> int:
        """Let a thread run the application."""
        response = _Response(self._reactor, self._threadpool, self._application, request, self.buffer_limit)
        response.start()
        return NOT_DONE_YET

    def getChildWithDefault(self, name: bytes, request: Any) -> NoReturn:
        """Refuse: all below is the application's.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError("A WSGI application has no children that IResource could find.")

    def putChild(self, path: bytes, child: Any) -> NoReturn:
        """Refuse: all below is the application's.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError("Nothing can be put under a WSGI application.")


class _Errors:
    """``wsgi.errors``: what is written becomes log events."""

    def write(self, data: str) -> None:
        if not isinstance(data, str):
            raise TypeError(f"write() argument must be str, not {data!r} ({type(data).__name__})")
        _log.error("{text}", system="wsgi", isError=True, text=data, message=(data,))

    def writelines(self, lines: Any) -> None:
        self.write("".join(lines))

    def flush(self) -> None:
        """Do nothing: nothing is held back."""


class _Input:
    """``wsgi.input``: the body, with the methods that PEP 3333 names and no others."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def read(self, size: int | None = None) -> bytes:
        data: bytes = self._body.read() if size is None else self._body.read(size)
        return data

    def readline(self, size: int | None = None) -> bytes:
        # None is for the whole line in PEP 3333, and not taken by all files.
        line: bytes = self._body.readline(-1 if size is None else size)
        return line

    def readlines(self, size: int | None = None) -> list[bytes]:
        lines: list[bytes] = self._body.readlines(-1 if size is None else size)
        return lines

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)


def _length(request: Any) -> bytes:
    """Return the length of a body that came without one, empty if there is no body."""
    if request.getHeader(b"transfer-encoding") is None:
        return b""
    length = request.content.seek(0, 2)
    request.content.seek(0)
    return b"%d" % length


def _native(octets: bytes | str) -> str:
    return octets if isinstance(octets, str) else octets.decode("latin-1")


@implementer(IPushProducer)
class _Response:
    """One request, and the application's answer to it."""

    def __init__(
        self,
        reactor: Any,
        threadpool: Any,
        application: WSGIApplication,
        request: Any,
        buffer_limit: int,
    ) -> None:
        self._reactor = reactor
        self._threadpool = threadpool
        self._application = application
        self._request = request
        self._limit = buffer_limit
        # What both threads look at.
        self._state = Condition()
        self._waiting = 0
        self._gone = False
        # The reactor's thread alone.
        self._paused = False
        self._sent_while_paused = 0
        self._registered = False
        # The application's thread alone.
        self._headers_sent = False
        self._status: str | None = None
        self._headers: list[tuple[str, str]] = []
        self.environ = self._make_environ()

    def _make_environ(self) -> dict[str, Any]:
        request = self._request
        postpath = request.postpath
        client = request.getClientAddress()
        query = request.uri.partition(b"?")[2]
        host = request.getHost()
        environ: dict[str, Any] = {
            "REQUEST_METHOD": _native(request.method),
            "REMOTE_ADDR": getattr(client, "host", ""),
            "REMOTE_PORT": str(getattr(client, "port", "")),
            "SCRIPT_NAME": _native(script_name(request)),
            "PATH_INFO": _native(b"/" + b"/".join(postpath)) if postpath else "",
            "QUERY_STRING": _native(query),
            "CONTENT_TYPE": _native(request.getHeader(b"content-type") or b""),
            "CONTENT_LENGTH": _native(request.getHeader(b"content-length") or _length(request)),
            "SERVER_NAME": _native(request.getRequestHostname()),
            "SERVER_PORT": str(getattr(host, "port", 80)),
            "SERVER_PROTOCOL": _native(request.clientproto),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https" if request.isSecure() else "http",
            "wsgi.run_once": False,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.input_terminated": True,
            "wsgi.errors": _Errors(),
            "wsgi.input": _Input(request.content),
        }
        for variable, value in field_variables(request):
            environ[variable] = _native(value)
        return environ

    # In the reactor's thread

    def start(self) -> None:
        """Have a thread run the application."""
        self._request.content.seek(0)
        self._request.notifyFinish().addBoth(self._request_over)
        self._threadpool.callInThread(self._run)

    def _request_over(self, result: object) -> None:
        with self._state:
            self._gone = True
            self._state.notify_all()

    def _begin(self, status: str, headers: list[tuple[str, str]]) -> None:
        request = self._request
        request.defaultContentType = None
        code, _, message = status.partition(" ")
        request.setResponseCode(int(code), message.encode("latin-1"))
        for name, value in headers:
            # These two are the server's own.
            if name.lower() not in ("server", "date"):
                request.responseHeaders.addRawHeader(name.encode("latin-1"), value.encode("latin-1"))

    def _write(self, begin: tuple[str, list[tuple[str, str]]] | None, data: bytes) -> None:
        if self._gone:
            return
        try:
            if begin is not None:
                self._begin(*begin)
            self._request.write(data)
        except Exception:
            # Headers that may not go on the wire, for one.
            self._abandon("What a WSGI application wrote cannot be sent.", begun=begin is None)
            return
        if self._paused:
            self._sent_while_paused += len(data)
        else:
            self._made_room(len(data))
            # Without a channel the client is gone, and notice of that on its way.
            if not self._registered and self._request.channel is not None:
                # From now on the transport says when it is full.
                self._registered = True
                self._request.registerProducer(self, True)

    def _finish(self, begin: tuple[str, list[tuple[str, str]]] | None, data: bytes) -> None:
        if self._gone:
            return
        try:
            if begin is not None:
                self._begin(*begin)
                self._say_length(len(data))
            if data:
                self._request.write(data)
        except Exception:
            self._abandon("What a WSGI application wrote cannot be sent.", begun=begin is None)
            return
        if self._registered:
            self._request.unregisterProducer()
        self._request.finish()

    def _say_length(self, length: int) -> None:
        """Say how long a body is that is here as a whole (PEP 3333, "Handling the Content-Length Header")."""
        request = self._request
        known = request.responseHeaders.hasHeader(b"content-length")
        if length and not known and request.code not in NO_BODY_CODES:
            request.setHeader(b"content-length", b"%d" % length)

    def _abandon(self, message: str, reason: Failure | None = None, *, begun: bool) -> None:
        """Log an error, and end a response that will not be whole."""
        _log.failure(message, Failure() if reason is None else reason)
        if self._gone:
            return
        if self._registered:
            self._registered = False
            self._request.unregisterProducer()
        if begun:
            # The client must not take what it has for the whole.
            self._request.loseConnection()
        else:
            request = self._request
            for name, _ in list(request.responseHeaders.getAllRawHeaders()):
                request.responseHeaders.removeHeader(name)
            request.setResponseCode(INTERNAL_SERVER_ERROR)
            request.write(b"")
            request.finish()
        self._request_over(None)

    def _made_room(self, size: int) -> None:
        with self._state:
            self._waiting -= size
            self._state.notify_all()

    def pauseProducing(self) -> None:
        """Let the application's thread wait when it has written as much as may lie here."""
        self._paused = True

    def resumeProducing(self) -> None:
        """Let the application's thread go on."""
        self._paused = False
        sent, self._sent_while_paused = self._sent_while_paused, 0
        self._made_room(sent)

    def stopProducing(self) -> None:
        """Do nothing more: the client is gone."""
        self._request_over(None)

    # In the application's thread

    def _run(self) -> None:
        try:
            self._carry_out()
        except Exception:
            reason = Failure()
            self._reactor.callFromThread(
                self._abandon, "WSGI application error", reason, begun=self._headers_sent
            )
        # The frames would keep the request alive for as long as the thread idles.
        self.environ = {}

    def _carry_out(self) -> None:
        body: Any = self._application(self.environ, self._start_response)
        last = b""
        try:
            if type(body) is list and len(body) == 1:
                last = body[0]
            else:
                for piece in body:
                    if piece:
                        self._send(piece)
                    if self._gone:
                        break
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()
        self._end(last)

    def _start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        """Take the head, as PEP 3333 says: it is sent with the first piece of the body."""
        if self._status is not None and exc_info is None:
            raise RuntimeError("start_response was called again, without exc_info.")
        if exc_info is not None and self._headers_sent:
            try:
                raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        _check_head(status, headers)
        self._status = status
        self._headers = [(name, value) for name, value in headers]
        return self._send

    def _head(self) -> tuple[str, list[tuple[str, str]]] | None:
        if self._headers_sent:
            return None
        if self._status is None:
            raise RuntimeError("The application did not call start_response before its body.")
        self._headers_sent = True
        return self._status, self._headers

    def _send(self, data: bytes) -> None:
        """Send a piece of the body, when there is room for it."""
        if not isinstance(data, bytes):
            raise TypeError(f"Can only write bytes to a transport, not {data!r}")
        begin = self._head()
        with self._state:
            while self._waiting > self._limit and not self._gone:
                self._state.wait()
            if self._gone:
                return
            self._waiting += len(data)
        self._reactor.callFromThread(self._write, begin, data)

    def _end(self, data: bytes) -> None:
        if not isinstance(data, bytes):
            raise TypeError(f"Can only write bytes to a transport, not {data!r}")
        self._reactor.callFromThread(self._finish, self._head(), data)


def _warn(message: str) -> None:
    warnings.warn(message, category=RuntimeWarning, stacklevel=5)


def _check_head(status: Any, headers: Any) -> None:
    """Refuse a head of other types than PEP 3333 wants.

    Raises:
        TypeError: If there is one.
    """
    if not isinstance(status, str):
        raise TypeError(f"status must be str, not {status!r} ({type(status).__name__})")
    if not isinstance(headers, list):
        if not isinstance(headers, Sequence) or isinstance(headers, str | bytes):
            raise TypeError(f"headers must be a list, not {headers!r} ({type(headers).__name__})")
        _warn(f"headers should be a list, not {headers!r} ({type(headers).__name__})")
    for pair in headers:
        if not isinstance(pair, tuple):
            if not isinstance(pair, Sequence) or isinstance(pair, str | bytes):
                raise TypeError(f"header must be a (str, str) tuple, not {pair!r} ({type(pair).__name__})")
            _warn(f"header should be a (str, str) tuple, not {pair!r} ({type(pair).__name__})")
        if len(pair) != 2:
            raise TypeError(f"header must be a (str, str) tuple, not {pair!r}")
        for part in pair:
            if not isinstance(part, str):
                raise TypeError(f"header must be (str, str) tuple, not {pair!r}")
