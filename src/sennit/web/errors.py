"""What can go wrong in publishing, and the exceptions that stand for status codes."""

from __future__ import annotations

from collections.abc import Sequence

from sennit.http.codes import RESPONSES

__all__ = ["Error", "InfiniteRedirection", "PageRedirect", "RedirectWithNoLocation", "UnsupportedMethod"]


class Error(Exception):
    """An HTTP status, as an exception.

    Args:
        code: The status code.
        message: A short explanation; the code's reason phrase if None.
        response: The body that came with it.

    Attributes:
        status: The status code, as bytes.
        message: The explanation.
        response: The body.
    """

    status: bytes
    message: bytes | None
    response: bytes | None

    def __init__(
        self, code: int | bytes, message: bytes | None = None, response: bytes | None = None
    ) -> None:
        number = int(code)
        if message is None:
            message = RESPONSES.get(number)
        super().__init__(code, message, response)
        self.status = b"%d" % number if isinstance(code, int) else code
        self.message = message
        self.response = response

    def __str__(self) -> str:
        status = self.status.decode("ascii", "backslashreplace")
        return f"{status} {self.message.decode('utf-8', 'replace')}" if self.message else status


class PageRedirect(Error):
    """A redirection that was not followed.

    Attributes:
        location: Where it led.
    """

    def __init__(
        self,
        code: int | bytes,
        message: bytes | None = None,
        response: bytes | None = None,
        location: bytes | None = None,
    ) -> None:
        super().__init__(code, message, response)
        if self.message and location:
            self.message = self.message + b" to " + location
        self.location = location


class InfiniteRedirection(PageRedirect):
    """More redirections than are followed."""


class RedirectWithNoLocation(Error):
    """A redirection that does not say where to.

    Attributes:
        uri: What was asked for.
    """

    def __init__(self, code: bytes | int, message: bytes, uri: bytes) -> None:
        super().__init__(code, message)
        self.message = (self.message or b"") + b" to URI: " + uri
        self.uri = uri


class UnsupportedMethod(Exception):
    """A resource does not answer to a method.

    Args:
        allowedMethods: The methods it answers to.
    """

    def __init__(self, allowedMethods: Sequence[bytes], *args: object) -> None:
        super().__init__(allowedMethods, *args)
        given: object = allowedMethods
        if isinstance(given, str | bytes):
            raise TypeError(f"allowedMethods is a list of methods, not {allowedMethods!r}.")
        self.allowedMethods = allowedMethods

    def __str__(self) -> str:
        return f"Expected one of {self.allowedMethods!r}"
