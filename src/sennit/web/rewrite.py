"""Changing where a request goes, before resources see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sennit.web.resource import Resource

__all__ = ["RewriterResource", "alias", "tildeToUsers"]


class RewriterResource(Resource):
    """A resource whose requests are changed by rules first.

    Args:
        orig: The resource.
        *rewriteRules: Called with each request, in order; they may change its `postpath` and `path`.
    """

    def __init__(self, orig: Any, *rewriteRules: Callable[[Any], object]) -> None:
        super().__init__()
        self.resource = orig
        self.rewriteRules = list(rewriteRules)

    def _rewrite(self, request: Any) -> None:
        for rule in self.rewriteRules:
            rule(request)

    def getChild(self, path: bytes, request: Any) -> Any:
        """Return the child that the rules lead to."""
        request.postpath.insert(0, path)
        request.prepath.pop()
        self._rewrite(request)
        changed = request.postpath.pop(0)
        request.prepath.append(changed)
        return self.resource.getChildWithDefault(changed, request)

    def render(self, request: Any) -> Any:
        """Let the resource answer what the rules made of a request."""
        self._rewrite(request)
        return self.resource.render(request)


def tildeToUsers(request: Any) -> None:
    """Make ``/users/name`` of ``/~name``."""
    if request.postpath and request.postpath[0].startswith(b"~"):
        request.postpath[:1] = [b"users", request.postpath[0][1:]]
        request.path = b"/" + b"/".join(request.prepath + request.postpath)


def alias(aliasPath: str | bytes, sourcePath: str | bytes) -> Callable[[Any], None]:
    """Return a rule that puts one path in place of another.

    Args:
        aliasPath: The path that clients ask for.
        sourcePath: The path that answers.
    """
    wanted, put = _segments(aliasPath), _segments(sourcePath)

    def rewriter(request: Any) -> None:
        if request.postpath[: len(wanted)] == wanted:
            request.postpath[: len(wanted)] = put
            request.path = b"/" + b"/".join(request.prepath + request.postpath)

    return rewriter


def _segments(path: str | bytes) -> list[bytes]:
    octets = path.encode("utf-8") if isinstance(path, str) else path
    return octets.strip(b"/").split(b"/")
