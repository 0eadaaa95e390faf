"""Distributed web: a server in another process answers for part of the URL space.

There, publish a site on a UNIX socket (that nobody but the process in front can reach)::

    reactor.listenUNIX("/run/blog.sock", ResourcePublisher(site).factory(), mode=0o600)

Here, put a subscription where the site is to be::

    root.putChild(b"blog", ResourceSubscription("unix", "/run/blog.sock"))

`UserDirectory` has a place for every user of the system: files in a directory of theirs, or a server that
they run themselves.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Any

from sennit.core.failure import Failure
from sennit.http.client import Agent, HTTPConnectionPool
from sennit.http.codes import INTERNAL_SERVER_ERROR
from sennit.log import Logger
from sennit.web import request as web_request
from sennit.web.pages import errorPage, notFound
from sennit.web.published import IDENTITY, PublishingSite, identity_of
from sennit.web.request import NOT_DONE_YET
from sennit.web.resource import Resource
from sennit.web.static import File
from sennit.web.template.element import Element, renderer
from sennit.web.template.html_tags import tags
from sennit.web.template.loaders import TagLoader
from sennit.web.template.page import renderElement
from sennit.web.upstream import Upstream

__all__ = [
    "SIZE_LIMIT",
    "Issue",
    "Request",
    "ResourcePublisher",
    "ResourceSubscription",
    "UserDirectory",
]

SIZE_LIMIT = 640 * 1024
"""Octets in the largest piece that is sent to another object's ``callRemote``."""

_log = Logger()


class ResourcePublisher:
    """Publishes a site to the process in front of it.

    Args:
        site: The site, or its root resource.
    """

    persistenceVersion = 2

    def __init__(self, site: Any) -> None:
        self.site = site

    def factory(self, **options: Any) -> Any:
        """Return the factory to listen with, on a socket that nobody but the process in front can reach.

        Args:
            **options: As for `Site`.
        """
        return PublishingSite(_as_site(self.site), **options)

    def upgradeToVersion2(self) -> None:
        """Take no notice: nothing of version 1 is kept."""

    def getPerspectiveNamed(self, name: str) -> Any:
        """Return this publisher, whatever name it is asked for by."""
        return self

    def remote_request(self, request: Any) -> Any:
        """Answer a request of another process's.

        Args:
            request: The request (`Request`), whose answer goes to its ``remote``.

        Returns:
            The body, or `NOT_DONE_YET`.
        """
        resource = _as_site(self.site).getResourceFor(request)
        _log.info("{request}", request=request)
        result = resource.render(request)
        if isinstance(result, bytes):
            request.write(result)
            request.finish()
        return result


def _as_site(site: Any) -> Any:
    if hasattr(site, "getResourceFor"):
        return site
    from sennit.web.site import Site

    return Site(site)


class Request(web_request.Request):
    """Another process's request, whose answer goes there by its object's ``callRemote``.

    Attributes:
        remote: The other process's request.
    """

    remote: Any = None

    def setCopyableState(self, state: dict[str, Any]) -> None:
        """Become the request that another process describes.

        Args:
            state: What `getStateToCopyFor` gave.
        """
        from io import BytesIO

        state = dict(state)
        self.remote = state.pop("remote")
        self.content = BytesIO(state.pop("content"))
        self._forceSSL = int(bool(state.pop("isSecure", False)))
        for name in ("client", "host"):
            setattr(self, name, state.pop(name, None))
        for name, value in state.items():
            setattr(self, name, value)

    def write(self, bytes: bytes) -> None:
        """Send a piece of the body to the other process."""
        for start in range(0, len(bytes), SIZE_LIMIT):
            self._call("write", bytes[start : start + SIZE_LIMIT])

    def finish(self) -> None:
        """Let the other process end the answer."""
        self._call("finish")

    def setHeader(self, name: Any, value: Any) -> None:
        """Have the other process set a response field."""
        self._call("setHeader", name, value)

    def setResponseCode(self, code: int, message: bytes | None = None) -> None:
        """Have the other process set the status code."""
        self._call("setResponseCode", code, message)

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Have the other process say how fast the body may be made."""
        self._call("registerProducer", producer, streaming)

    def unregisterProducer(self) -> None:
        """End what `registerProducer` began."""
        self._call("unregisterProducer")

    def _call(self, name: str, *args: Any) -> None:
        self.remote.callRemote(name, *args).addErrback(self.fail)

    def fail(self, failure: Failure) -> None:
        """Note in the log that the other process could not be told."""
        _log.failure("The process in front could not be told of an answer.", failure)


def _lost() -> Any:
    return errorPage(INTERNAL_SERVER_ERROR, "Server Connection Lost", "The publisher cannot be reached.")


class Issue:
    """A request on its way to a publisher.

    Args:
        request: The request.
    """

    def __init__(self, request: Any) -> None:
        self.request = request

    def finished(self, result: Any) -> None:
        """Take what the publisher gave: if it is a body, it is the answer.

        Raises:
            TypeError: If it is neither a body nor `NOT_DONE_YET`.
        """
        if result == NOT_DONE_YET:
            return
        if not isinstance(result, str | bytes):
            raise TypeError(f"A publisher gave {result!r}: return a body or NOT_DONE_YET.")
        self.request.write(result)
        self.request.finish()

    def failed(self, failure: Failure) -> Failure:
        """Answer 500 for a publisher that failed."""
        _lost().render(self.request)
        _log.failure("A publisher failed.", failure)
        return failure


class ResourceSubscription(Upstream):
    """A place in a site that a publisher answers for.

    Args:
        host: ``"unix"``, or the publisher's host.
        port: The UNIX socket's path, or the TCP port.
        reactor: The reactor; the current one if None.
        **options: As for `Upstream`.

    Attributes:
        waiting: Whether an answer is awaited that begins a connection.
        pending: Requests that wait for `connected`.
        publisher: What requests go to by its ``callRemote``, if `connected` gave one; else they travel as
            `sennit.web.published` says.
    """

    isLeaf = True
    waiting = 0
    publisher: Any = None

    def __init__(self, host: str, port: Any, reactor: Any = None, **options: Any) -> None:
        super().__init__(b"http://published/", None, reactor, keep_host=True, **options)
        self.host = host
        self.port = port
        self.pending: list[Any] = []

    def connected(self, publisher: Any) -> None:
        """Send requests to an object's ``callRemote("request", request)`` from now on."""
        self.publisher = publisher
        self.waiting = 0
        pending, self.pending = self.pending, []
        for request in pending:
            self.render(request)

    def notConnected(self, msg: Any) -> None:
        """Answer the requests that wait: their publisher cannot be reached."""
        self.publisher = None
        self.waiting = 0
        pending, self.pending = self.pending, []
        for request in pending:
            _lost().render(request)
        _log.warn("A publisher cannot be reached: {reason}", reason=msg)

    def booted(self) -> None:
        """Take note that the publisher that `connected` gave is gone."""
        self.notConnected("The connection was dropped.")

    def render(self, request: Any) -> Any:
        """Have the publisher answer."""
        if self.publisher is not None:
            issue = Issue(request)
            self.publisher.callRemote("request", request).addCallbacks(issue.finished, issue.failed)
            return NOT_DONE_YET
        if self.waiting:
            self.pending.append(request)
            return NOT_DONE_YET
        request.requestHeaders.setRawHeaders(IDENTITY, [identity_of(request)])
        if self._agent is None:
            reactor = self._reactor
            self._agent = Agent.usingEndpointFactory(reactor, self, HTTPConnectionPool(reactor))
        return super().render(request)

    def endpointForURI(self, uri: Any) -> Any:
        """Return how the publisher is reached."""
        from sennit.endpoint import TCP4ClientEndpoint, UNIXClientEndpoint

        if self.host == "unix":
            return UNIXClientEndpoint(self._reactor, os.fspath(self.port))
        return TCP4ClientEndpoint(self._reactor, self.host, self.port)

    def _connect(self, factory: Any) -> None:
        timeout = self._timeout or 30
        if self.host == "unix":
            self._reactor.connectUNIX(os.fspath(self.port), factory, timeout=timeout)
        else:
            self._reactor.connectTCP(self.host, self.port, factory, timeout=timeout)

    def _target(self, request: Any) -> bytes:
        target: bytes = request.uri
        return target if target.startswith(b"/") else b"/"

    def _fields(self, request: Any) -> Any:
        # The publisher is as near as this process itself: it is told all, and of the client by IDENTITY.
        yield from (
            (name, values)
            for name, values in super()._fields(request)
            if not name.lower().startswith(b"x-forwarded-")
        )


class _UserList(Element):
    """The users whose pages can be seen."""

    loader = TagLoader(
        tags.html(
            tags.head(tags.title("Users")),
            tags.body(tags.h1("Users"), tags.ul(tags.li(tags.a(render="user")), render="users")),
        )
    )

    def __init__(self, users: list[tuple[str, str]]) -> None:
        super().__init__()
        self._users = users

    @renderer
    def users(self, request: Any, tag: Any) -> Any:
        """Write an item for each user."""
        items = [tags.li(tags.a(text, href=link)) for link, text in self._users]
        return tag.clone().clear()(*items)


class UserDirectory(Resource):
    """A place for every user of the system.

    ``name/`` is the directory `userDirName` in their home; ``name.twistd/`` is the publisher that they run on
    the socket `userSocketName` there.

    Args:
        userDatabase: What knows the users: ``getpwall()`` and ``getpwnam(name)``; the system if None.

    Attributes:
        template: The element class of the list of users.
    """

    userDirName = "public_html"
    userSocketName = ".twistd-web-pb"
    template: Any = _UserList

    def __init__(self, userDatabase: Any = None) -> None:
        super().__init__()
        self._pwd = pwd if userDatabase is None else userDatabase

    def _users(self) -> list[tuple[str, str]]:
        """Return a link and a name for each place that there is."""
        users = []
        for entry in self._pwd.getpwall():
            name, full_name, home = entry[0], entry[4].partition(",")[0] or entry[0], Path(entry[5])
            if (home / self.userDirName).exists():
                users.append((f"{name}/", f"{full_name} (file)"))
            if (home / self.userSocketName).exists():
                users.append((f"{name}.twistd/", f"{full_name} (twistd)"))
        return users

    def render_GET(self, request: Any) -> Any:
        """Answer with the list of users."""
        return renderElement(request, self.template(self._users()))

    def getChild(self, name: bytes, request: Any) -> Any:
        """Return a user's place."""
        if name == b"":
            return self
        user, dot, kind = name.rpartition(b".")
        served = dot == b"." and kind == b"twistd"
        try:
            entry = self._pwd.getpwnam((user if served else name).decode("utf-8", "surrogateescape"))
        except (KeyError, ValueError):
            return notFound()
        home = Path(entry[5])
        if served:
            subscription = ResourceSubscription("unix", str(home / self.userSocketName))
            self.putChild(name, subscription)
            return subscription
        directory = home / self.userDirName
        return File(str(directory), "text/plain") if directory.is_dir() else notFound()
