"""`ASGIResource`: an ASGI application as a place in a site, over HTTP/1.1 and HTTP/2 alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

from sennit.core.coroutine import ensureDeferred
from sennit.web.asgi.exchange import Exchange
from sennit.web.asgi.lifespan import Lifespan
from sennit.web.request import NOT_DONE_YET
from sennit.web.resource import Resource
from sennit.web.site import Site

__all__ = ["ASGIResource", "ASGISite"]

_ASGI = {"version": "3.0", "spec_version": "2.4"}
_HTTP_EXTENSIONS: dict[str, dict[str, Any]] = {"http.response.trailers": {}}
_WEBSOCKET_EXTENSIONS: dict[str, dict[str, Any]] = {"websocket.http.response": {}}
_VERSIONS = ("1.0", "1.1", "2", "3")
_PERCENT = ord("%")


class ASGIResource(Resource):
    """Has an ASGI application answer for every path below it.

    Where it is put in a tree, requests are to be routed before their bodies arrive
    (``Site(..., stream_bodies=True)``) if the application is to read them as they do; at the root that goes
    without saying.

    Args:
        application: The application (ASGI 3.0).
        root_path: The path under which the application is, if a proxy in front takes it off.
        websocket_limits: What a WebSocket's client may take up; the defaults if None.
    """

    isLeaf = True
    streams_body = True

    def __init__(
        self, application: Callable[..., Any], *, root_path: str = "", websocket_limits: Any = None
    ) -> None:
        super().__init__()
        self.application = application
        self.state: dict[str, Any] = {}
        self._root_path = root_path
        self._websocket_limits = websocket_limits
        self._lifespan: Lifespan | None = None

    async def startup(self) -> None:
        """Let the application start.

        Raises:
            LifespanFailed: If it says that it cannot.
        """
        self._lifespan = Lifespan(self.application, self.state)
        await self._lifespan.startup()

    async def shutdown(self) -> None:
        """Let the application stop."""
        if self._lifespan is not None:
            await self._lifespan.shutdown()

    def render(self, request: Any) -> int:
        """Hand a request to the application."""
        head = request._head
        if head.upgrade and self._asks_for_websocket(request):
            exchange: Any = self._websocket_exchange(request)
            scope = self._scope(request, "websocket")
        else:
            exchange = Exchange(request)
            scope = self._scope(request, "http")
        running = ensureDeferred(self.application(scope, exchange.receive, exchange.send))
        if not (running.called and running.result is None and request.finished):
            running.addBoth(exchange.application_ended)
        return NOT_DONE_YET

    def _asks_for_websocket(self, request: Any) -> bool:
        from sennit.websocket.handshake import is_upgrade

        wanted = request._head.protocol
        if wanted is not None:
            return bool(wanted == b"websocket")
        return request.method == b"GET" and is_upgrade(request.requestHeaders)

    def _websocket_exchange(self, request: Any) -> Any:
        from sennit.web.asgi.websocket import WebSocketExchange
        from sennit.websocket import DEFAULT_WEBSOCKET_LIMITS

        return WebSocketExchange(request, self._websocket_limits or DEFAULT_WEBSOCKET_LIMITS)

    def _scope(self, request: Any, kind: str) -> dict[str, Any]:
        """Return what the application is told of a request at first."""
        head = request._head
        raw_path, _, query = request.uri.partition(b"?")
        if raw_path[:1] != b"/":
            raw_path = request.path
        secure = request.isSecure()
        scope: dict[str, Any] = {
            "type": kind,
            "asgi": _ASGI,
            "http_version": _VERSIONS[head.version],
            "scheme": "https" if secure else "http",
            "path": (unquote_to_bytes(raw_path) if _PERCENT in raw_path else raw_path).decode(
                "utf-8", "replace"
            ),
            "raw_path": raw_path,
            "query_string": query,
            "root_path": self._root_path or (self._mounted_at(request) if request.prepath else ""),
            "headers": [(name.lower(), value) for name, value in head.headers],
            "client": _end(request.client),
            "server": _end(request.host),
            "state": self.state.copy() if self.state else {},
        }
        if kind == "http":
            scope["method"] = request.method.decode("latin-1")
            scope["extensions"] = _HTTP_EXTENSIONS
        else:
            scope["scheme"] = "wss" if secure else "ws"
            scope["subprotocols"] = [
                token.strip()
                for value in request.requestHeaders.getRawHeaders("sec-websocket-protocol") or ()
                for token in value.split(",")
            ]
            scope["extensions"] = _WEBSOCKET_EXTENSIONS
        return scope

    def _mounted_at(self, request: Any) -> str:
        return "".join([f"/{segment.decode('utf-8', 'replace')}" for segment in request.prepath])


def _end(address: Any) -> tuple[str, int | None] | None:
    """Return an address as ASGI has it."""
    host = getattr(address, "host", None)
    if host is not None:
        return (host, address.port)
    name = getattr(address, "name", None)
    return (name.decode("utf-8", "replace"), None) if name else None


class ASGISite(Site):
    """A site that is an ASGI application, and is told with it when the server starts and stops.

    Args:
        application: The application.
        root_path: The path under which the application is, if a proxy in front takes it off.
        **kwargs: As for `Site`.

    Attributes:
        asgi: The application's resource.
    """

    def __init__(self, application: Callable[..., Any], *, root_path: str = "", **kwargs: Any) -> None:
        self.asgi = ASGIResource(application, root_path=root_path)
        super().__init__(self.asgi, **kwargs)

    @classmethod
    def around(cls, resources: tuple[ASGIResource, Any], **kwargs: Any) -> ASGISite:
        """Make a site of an application's resource, and of what stands in front of it.

        Args:
            resources: The application's resource, and the site's root.
            **kwargs: As for `Site`.
        """
        application, root = resources
        site = cls(application.application, **kwargs)
        site.asgi, site.resource = application, root
        return site

    async def startup(self) -> None:
        """Let the application start; to be called before the site listens.

        Raises:
            LifespanFailed: If it says that it cannot.
        """
        await self.asgi.startup()

    async def shutdown(self) -> None:
        """Let the application stop; to be called when the site is drained."""
        await self.asgi.shutdown()
