"""Virtual hosts: several sites at one address, told apart by the name that clients ask for."""

from __future__ import annotations

from typing import Any

from sennit.framing.numbers import NumberError, parse_decimal
from sennit.web.pages import notFound
from sennit.web.resource import Resource

__all__ = ["NameVirtualHost", "VHostMonsterResource"]


class NameVirtualHost(Resource):
    """Hands requests to a resource by their Host field.

    Attributes:
        default: The resource for all other names; None to answer 404.
        hosts: The resources, by name in lower case.
    """

    default: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.hosts: dict[bytes, Any] = {}

    def listStaticEntities(self) -> list[tuple[bytes, Any]]:
        """Return the hosts, as (name, resource), after the children that were put."""
        return [*super().listStaticEntities(), *self.hosts.items()]

    def getStaticEntity(self, name: bytes) -> Any:
        """Return the child or the host of a name, None if there is none."""
        return super().getStaticEntity(name) or self.hosts.get(name)

    def addHost(self, name: bytes, resrc: Any) -> None:
        """Add a host.

        Args:
            name: Its name, without port.
            resrc: The resource that answers for it.
        """
        self.hosts[name.lower()] = resrc

    def removeHost(self, name: bytes) -> None:
        """Remove a host.

        Raises:
            KeyError: If there is none of that name.
        """
        del self.hosts[name.lower()]

    def _getResourceForRequest(self, request: Any) -> Any:
        resource = None
        host = request.getHeader(b"host")
        if host is not None:
            resource = self.hosts.get(_without_port(host).lower())
        if resource is None:
            resource = self.default
        if resource is None:
            return notFound("Not Found", f"host {_shown(host)} not in vhost map")
        return resource

    def render(self, request: Any) -> Any:
        """Let the host's resource answer."""
        return self._getResourceForRequest(request).render(request)

    def getChild(self, path: bytes, request: Any) -> Any:
        """Return the child of the host's resource."""
        resource = self._getResourceForRequest(request)
        if resource.isLeaf:
            request.postpath.insert(0, request.prepath.pop())
            return resource
        return resource.getChildWithDefault(path, request)


def _without_port(host: bytes) -> bytes:
    # A colon inside brackets belongs to an IPv6 address.
    before, colon, port = host.rpartition(b":")
    return before if colon and not port.endswith(b"]") else host


def _shown(host: bytes | None) -> str:
    return repr((host or b"").decode("ascii", "replace"))


class _Host(Resource):
    """Takes the host out of the path, and starts again at the root."""

    def getChild(self, path: bytes, request: Any) -> Any:
        host, colon, digits = path.rpartition(b":")
        if colon:
            try:
                port = parse_decimal(digits, 65535)
            except NumberError:
                return notFound()
        else:
            host, port = path, 443 if request.isSecure() else 80
        request.setHost(host, port, bool(request.isSecure()))
        # What led here is no part of the site's own paths.
        del request.prepath[:]
        request.path = b"/" + b"/".join(request.postpath)
        return request.site.getResourceFor(request)


class VHostMonsterResource(Resource):
    """Lets a proxy in front of us say which host was asked for, in the path.

    Put it under a name that only the proxy knows: ``/name/http/www.example.com:80/rest`` is then answered as
    ``/rest`` of that host.  Whoever knows the name can claim any host.
    """

    def getChild(self, path: bytes, request: Any) -> Any:
        """Take the scheme out of the path.

        Args:
            path: ``http`` or ``https``.
            request: The request on its way.
        """
        if path not in (b"http", b"https"):
            return notFound()
        secure = path == b"https"
        request.isSecure = lambda: secure
        return _Host()
