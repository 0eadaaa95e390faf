"""Resources that answer with an error: small HTML pages, whose text is escaped by the template."""

from __future__ import annotations

from typing import Any

from sennit.http.codes import FORBIDDEN, NOT_FOUND
from sennit.web.resource import Resource
from sennit.web.template.html_tags import tags
from sennit.web.template.page import renderElement

__all__ = ["errorPage", "forbidden", "notFound"]


class _ErrorPage(Resource):
    """A page that says what went wrong, at every path below it too."""

    isLeaf = True

    def __init__(self, code: int, brief: str, detail: str) -> None:
        super().__init__()
        self.code = code
        self.brief = brief
        self.detail = detail

    def render(self, request: Any) -> Any:
        """Answer with the page."""
        request.setResponseCode(self.code)
        request.setHeader(b"content-type", b"text/html; charset=utf-8")
        head = tags.head(tags.title(f"{self.code} - {self.brief}"))
        page = tags.html(head, tags.body(tags.h1(self.brief), tags.p(self.detail)))
        return renderElement(request, page)

    def getChild(self, path: bytes, request: Any) -> Any:
        """Return this same page."""
        return self


def errorPage(code: int, brief: str, detail: str) -> Any:
    """Make a resource that answers with an error.

    Args:
        code: The status code.
        brief: What happened, in a few words.
        detail: What happened, in a sentence.
    """
    return _ErrorPage(code, brief, detail)


def notFound(brief: str = "No Such Resource", message: str = "Sorry. No luck finding that resource.") -> Any:
    """Make a resource that answers 404."""
    return _ErrorPage(NOT_FOUND, brief, message)


def forbidden(brief: str = "Forbidden Resource", message: str = "Sorry, resource is forbidden.") -> Any:
    """Make a resource that answers 403."""
    return _ErrorPage(FORBIDDEN, brief, message)
