"""HTTP statuses as exceptions: a server's code answers by raising one, a client's raises one of an answer."""

from __future__ import annotations

from sennit.http.codes import RESPONSES

__all__ = ["Error", "InfiniteRedirection", "PageRedirect", "RedirectWithNoLocation", "reason_of"]


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
        try:
            int(code)
        except ValueError:
            raise ValueError(f"Not a valid HTTP status code: {code!r}") from None
        if not message:
            message = reason_of(code)
        super().__init__(code, message, response)
        self.status = b"%d" % code if isinstance(code, int) else code
        self.message = message
        self.response = response

    def __str__(self) -> str:
        status = self.status.decode("ascii", "backslashreplace")
        return f"{status} {self.message.decode('utf-8', 'replace')}" if self.message else status


def reason_of(code: int | bytes) -> bytes | None:
    """Return the usual reason phrase of a status code, None if there is none."""
    try:
        return RESPONSES.get(int(code))
    except ValueError:
        return None


class _Redirection(Error):
    """A redirection, with where it led."""

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


class PageRedirect(_Redirection):
    """A redirection that was not followed.

    Args:
        code: The status code.
        message: A short explanation; the code's reason phrase if None.
        response: The body that came with it.
        location: Where it led.
    """


class InfiniteRedirection(_Redirection):
    """More redirections than are followed.

    Args:
        code: The status code of the last one.
        message: A short explanation; the code's reason phrase if None.
        response: The body that came with it.
        location: Where it led.
    """


class RedirectWithNoLocation(Error):
    """A redirection that does not say where to.

    Attributes:
        uri: What was asked for.
    """

    def __init__(self, code: bytes | int, message: bytes, uri: bytes) -> None:
        super().__init__(code, message)
        self.message = (self.message or b"") + b" to " + uri
        self.uri = uri
