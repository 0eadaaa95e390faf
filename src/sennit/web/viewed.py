"""A request as another process sees it: what it may know of it, and do with it.

`getStateToCopyFor` gives what is sent there; the ``view_`` methods are what it may call.
"""

from __future__ import annotations

from typing import Any

__all__ = ["ViewedRequest"]


class ViewedRequest:
    """What makes a request viewable from another process; mixed into `Request`."""

    def getStateToCopyFor(self: Any, issuer: Any) -> dict[str, Any]:
        """Return what the other process is told of this request.

        Args:
            issuer: The other process.
        """
        self.content.seek(0)
        return {
            "method": self.method,
            "uri": self.uri,
            "path": self.path,
            "clientproto": self.clientproto,
            "prepath": list(self.prepath),
            "postpath": list(self.postpath),
            "args": self.args,
            "requestHeaders": self.requestHeaders,
            "responseHeaders": self.responseHeaders,
            "content": self.content.read(),
            "client": self.getClientAddress(),
            "host": self.getHost(),
            "isSecure": self.isSecure(),
            "remote": self,
        }

    def view_write(self: Any, issuer: Any, data: bytes) -> None:
        """Send a piece of the body."""
        self.write(data)

    def view_finish(self: Any, issuer: Any) -> None:
        """End the response."""
        self.finish()

    def view_addCookie(self: Any, issuer: Any, k: bytes, v: bytes, **kwargs: Any) -> None:
        """Set a cookie at the client."""
        self.addCookie(k, v, **kwargs)

    def view_setHeader(self: Any, issuer: Any, k: bytes, v: bytes) -> None:
        """Set a response field."""
        self.setHeader(k, v)

    def view_setLastModified(self: Any, issuer: Any, when: float) -> Any:
        """Say when the resource last changed."""
        return self.setLastModified(when)

    def view_setETag(self: Any, issuer: Any, tag: bytes) -> Any:
        """Set the entity tag."""
        return self.setETag(tag)

    def view_setResponseCode(self: Any, issuer: Any, code: int, message: bytes | None = None) -> None:
        """Set the status code."""
        self.setResponseCode(code, message)

    def view_registerProducer(self: Any, issuer: Any, producer: Any, streaming: bool) -> None:
        """Have the body made by a producer over there.

        Args:
            issuer: The other process.
            producer: Its `callRemote` reaches the producer.
            streaming: Whether it is a push producer.
        """
        self.registerProducer(_RemoteProducer(producer), streaming)

    def view_unregisterProducer(self: Any, issuer: Any) -> None:
        """End what `view_registerProducer` began."""
        self.unregisterProducer()


class _RemoteProducer:
    """Stands for a producer in another process."""

    def __init__(self, remote: Any) -> None:
        self.pauseProducing = lambda: remote.callRemote("pauseProducing")
        self.resumeProducing = lambda: remote.callRemote("resumeProducing")
        self.stopProducing = lambda: remote.callRemote("stopProducing")
