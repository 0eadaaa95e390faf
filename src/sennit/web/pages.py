"""Resources that answer with an error: small HTML pages with everything in them escaped."""

from __future__ import annotations

from sennit.http.codes import FORBIDDEN, NOT_FOUND
from sennit.web.resource import PlainErrorPage

__all__ = ["errorPage", "forbidden", "notFound"]


def errorPage(code: int, brief: str, detail: str) -> PlainErrorPage:
    """Make a resource that answers with an error.

    Args:
        code: The status code.
        brief: What happened, in a few words.
        detail: What happened, in a sentence.
    """
    return PlainErrorPage(code, brief, detail)


def notFound(
    brief: str = "No Such Resource", message: str = "Sorry. No luck finding that resource."
) -> PlainErrorPage:
    """Make a resource that answers 404."""
    return PlainErrorPage(NOT_FOUND, brief, message)


def forbidden(
    brief: str = "Forbidden Resource", message: str = "Sorry, resource is forbidden."
) -> PlainErrorPage:
    """Make a resource that answers 403."""
    return PlainErrorPage(FORBIDDEN, brief, message)
