"""CGI (RFC 3875): programs that are started for one request each.

What a program writes is held back only until its head is whole, and what it reads is sent as fast as it
reads.  A program whose client goes away is killed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from zope.interface import implementer

from sennit.core.current import current_reactor
from sennit.core.failure import Failure
from sennit.core.interfaces import IPushProducer
from sennit.framing.basic import FileSender
from sennit.http.codes import FOUND, INTERNAL_SERVER_ERROR
from sennit.log import Logger
from sennit.protocol import ProcessProtocol
from sennit.web import request as web_request
from sennit.web.gateway import field_variables, script_name, server_port
from sennit.web.resource import NoResource, PlainErrorPage, Resource
from sennit.web.static import isDangerous

__all__ = ["CGIDirectory", "CGIProcessProtocol", "CGIScript", "FilteredScript"]

_log = Logger()
_LONGEST_HEAD = 65536
_LONGEST_COMPLAINT = 65536


class CGIDirectory(Resource):
    """A directory of programs.

    Args:
        pathname: The directory.
    """

    def __init__(self, pathname: str | bytes | os.PathLike[str]) -> None:
        super().__init__()
        self.path = os.path.abspath(os.fsdecode(pathname))  # noqa: PTH100 (a FilePath's path is text)

    def getChild(self, path: bytes, request: Any) -> Any:
        """Return the program, or the directory, of a name."""
        if isDangerous(path):
            return NoResource("Child resource not found.")
        found = Path(self.path) / os.fsdecode(path)
        if found.is_dir():
            return CGIDirectory(found) if path else self
        if not found.exists():
            return NoResource()
        return CGIScript(str(found))

    def render(self, request: Any) -> Any:
        """Refuse: directories of programs are not listed."""
        return NoResource("CGI directories do not support directory listing.").render(request)


class CGIScript(Resource):
    """A program.

    Args:
        filename: Its path.
        registry: Not used.
        reactor: What starts processes; the current reactor if None.
    """

    isLeaf = True

    def __init__(self, filename: str, registry: Any = None, reactor: Any = None) -> None:
        super().__init__()
        self.filename = filename
        self._given_reactor = reactor

    @property
    def _reactor(self) -> Any:
        return current_reactor() if self._given_reactor is None else self._given_reactor

    def render(self, request: Any) -> int:
        """Start the program."""
        query = request.uri.partition(b"?")[2]
        self.runProcess(self._environment(request, query), request, _words(query))
        return web_request.NOT_DONE_YET

    def _environment(self, request: Any, query: bytes) -> dict[str, Any]:
        host = request.getRequestHostname()
        env: dict[str, Any] = {
            "SERVER_SOFTWARE": web_request.version,
            "SERVER_NAME": host,
            "GATEWAY_INTERFACE": "CGI/1.1",
            "SERVER_PROTOCOL": request.clientproto,
            "SERVER_PORT": server_port(request),
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": script_name(request) or b"/",
            "SCRIPT_FILENAME": self.filename,
            "REQUEST_URI": request.uri,
            "QUERY_STRING": query,
        }
        is_secure = getattr(request, "isSecure", None)
        if is_secure is not None and is_secure():
            env["HTTPS"] = "on"
        client = request.getClientIP()
        if client is not None:
            env["REMOTE_ADDR"] = client
        if request.postpath:
            env["PATH_INFO"] = b"/" + b"/".join([os.fsencode(segment) for segment in request.postpath])
        content: Any = getattr(request, "content", None)
        length = 0 if content is None else content.seek(0, 2)
        if length:
            content.seek(0)
        if length:
            env["CONTENT_LENGTH"] = str(length)
        kind = request.getHeader(b"content-type")
        if kind is not None:
            env["CONTENT_TYPE"] = kind
        env.update(field_variables(request))
        for name, value in os.environ.items():
            # Nobody is to take this server's settings for its client's fields.
            if not name.startswith("HTTP_"):
                env.setdefault(name, value)
        return {name: value for name, value in env.items() if _no_nul(value)}

    def runProcess(self, env: Mapping[str, Any], request: Any, qargs: Sequence[bytes] = ()) -> None:
        """Start the program.

        Args:
            env: Its environment.
            request: The request that it answers.
            qargs: Its arguments.
        """
        self._start([self.filename, *qargs], env, request)

    def _start(self, arguments: list[Any], env: Mapping[str, Any], request: Any) -> None:
        protocol = CGIProcessProtocol(request)
        directory = str(Path(self.filename).parent)
        self._reactor.spawnProcess(protocol, arguments[0], arguments, env, directory)


class FilteredScript(CGIScript):
    """A program that another program runs.

    Attributes:
        filter: The other program; it is given this one's path.
    """

    filter = "/bin/cat"

    def runProcess(self, env: Mapping[str, Any], request: Any, qargs: Sequence[bytes] = ()) -> None:
        """Start the other program."""
        self._start([self.filter, self.filename, *qargs], env, request)


def _words(query: bytes) -> list[bytes]:
    """Return the arguments that a query of words stands for (RFC 3875 section 4.4).

    A query whose words would pass for options is no such query (CVE-2012-1823).
    """
    if not query or b"=" in query:
        return []
    words = [unquote_to_bytes(word) for word in query.split(b"+")]
    return [] if any(word.startswith(b"-") or 0 in word for word in words) else words


def _no_nul(value: str | bytes) -> bool:
    return (b"\0" if isinstance(value, bytes) else "\0") not in value  # type: ignore[operator]  # as the type says


@implementer(IPushProducer)
class CGIProcessProtocol(ProcessProtocol):
    """One program, and the request that it answers.

    Args:
        request: The request.
        script: Not used.
    """

    handling_headers = 1
    headers_written = 0
    headertext = b""
    errortext = b""

    transport: Any
    _gone = False
    _paused = False

    def __init__(self, request: Any, script: Any = None) -> None:
        self.request = request

    # The request's body

    def connectionMade(self) -> None:
        """Send the request's body to the program."""
        request = self.request
        request.registerProducer(self, 1)
        request.notifyFinish().addErrback(self._client_gone)
        request.content.seek(0, 0)
        if request.content.read(1):
            request.content.seek(0, 0)
            sender = FileSender()
            sending = sender.beginFileTransfer(request.content, self.transport)
            sending.addBoth(lambda _: self.transport.closeStdin())
        else:
            self.transport.closeStdin()

    def _client_gone(self, reason: Failure) -> None:
        self._gone = True
        try:
            self.transport.signalProcess("KILL")
        except Exception as error:  # it has ended already
            _log.debug("A CGI program was not killed: {error}", error=error)

    # What the program says

    def errReceived(self, error: bytes) -> None:
        """Keep what the program complains of, for the log."""
        self.errortext = (self.errortext + error)[-_LONGEST_COMPLAINT:]

    def outReceived(self, output: bytes) -> None:
        """Take a piece of the answer: its head is looked at when it is whole."""
        if self._gone:
            return
        if self.handling_headers:
            text = self.headertext + output
            end, mark = _head_end(text)
            if end < 0:
                if len(text) > _LONGEST_HEAD:
                    self._broken("The head of its answer has no end.")
                    return
                self.headertext = text
                return
            try:
                self._head_received(text[:end])
                # The head goes out with this, or is found to hold what may not.
                self.request.write(text[end + mark :])
            except Exception:
                _log.failure("A CGI program's head cannot be sent.", Failure())
                self._broken("Its answer's head cannot be sent.")
                return
            self.handling_headers = 0
        elif output:
            self.request.write(output)

    def _head_received(self, head: bytes) -> None:
        request = self.request
        for line in head.splitlines():
            name, colon, value = line.partition(b":")
            if not colon:
                _log.warn("ignoring malformed CGI header: {line!r}", line=line)
                continue
            name, value = name.strip().lower(), value.strip()
            if name == b"status":
                code, _, message = value.partition(b" ")
                if not (code.isdigit() and len(code) == 3):
                    _log.warn("A CGI program wrote a status that is none: {status!r}", status=value)
                    continue
                request.setResponseCode(int(code), message or None)
            else:
                if name == b"location" and request.code == 200:
                    request.setResponseCode(FOUND)
                # What the server says of itself is not a program's to say.
                if name in (b"content-type", b"content-length"):
                    request.responseHeaders.setRawHeaders(name, [value])
                elif name not in (b"server", b"date", b"transfer-encoding", b"connection"):
                    request.responseHeaders.addRawHeader(name, value)
        self.headers_written = 1

    def _broken(self, why: str) -> None:
        self._gone = True
        _log.error("A CGI program for {request!r} is at fault: {why}", request=self.request, why=why)
        self._answer_with_error()
        self._client_gone(Failure(ValueError(why)))

    def _answer_with_error(self) -> None:
        request = self.request
        page = PlainErrorPage(INTERNAL_SERVER_ERROR, "CGI Script Error", "Premature end of script headers.")
        request.unregisterProducer()
        for name in (b"content-length", b"content-type", b"location"):
            request.responseHeaders.removeHeader(name)
        request.setResponseCode(INTERNAL_SERVER_ERROR)
        request.write(page.render(request))
        request.finish()

    def processEnded(self, reason: Failure) -> None:
        """End the answer."""
        if getattr(reason.value, "exitCode", 0) != 0 and not self._gone:
            _log.error("A CGI program ended badly: {reason}", reason=reason.getErrorMessage())
        if self.errortext:
            _log.error(
                "A CGI program for {request!r} said: {text}",
                request=self.request,
                text=self.errortext.decode("utf-8", "replace"),
                isError=True,
            )
        if self._gone or getattr(self.request, "_disconnected", False):
            return
        self._gone = True
        if self.handling_headers:
            _log.error(
                "Premature end of headers in {request!r}: {text!r}",
                request=self.request,
                text=self.headertext,
            )
            self._answer_with_error()
            return
        request = self.request
        request.unregisterProducer()
        request.finish()

    # Flow

    def pauseProducing(self) -> None:
        """Stop reading what the program writes."""
        self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """Go on reading."""
        self.transport.resumeProducing()

    def stopProducing(self) -> None:
        """Read no more: the client is gone."""
        self.transport.loseConnection()


def _head_end(text: bytes) -> tuple[int, int]:
    """Return where a head ends, and how long the mark there is; programs write either kind of line end."""
    found = [(at, len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if (at := text.find(mark)) >= 0]
    return min(found, default=(-1, 0))
