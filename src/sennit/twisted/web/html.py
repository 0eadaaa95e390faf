"""``twisted.web.html``: HTML put together from strings, as it was before there were templates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from sennit.core.failure import Failure
from sennit.core.report import report_error

__all__ = ["PRE", "UL", "linkList", "output"]


def PRE(text: str) -> str:
    """Return text as a ``<pre>`` element, escaped."""
    return f"<pre>{escape(text)}</pre>"


def UL(lst: Iterable[str]) -> str:
    """Return HTML strings as the items of a ``<ul>`` element."""
    items = "".join(f"<li> {item}</li>\n" for item in lst)
    return f"<ul>\n{items}</ul>"


def linkList(lst: Iterable[tuple[str, str]]) -> str:
    """Return (URL, text) pairs, both HTML, as a ``<ul>`` element of links."""
    return UL([f'<a href="{url}">{text}</a>' for url, text in lst])


def output(func: Callable[..., str], *args: Any, **kw: Any) -> str:
    """Return what a function returns; if it fails, report that and return HTML that says so."""
    try:
        return func(*args, **kw)
    except Exception:
        report_error(Failure(), f"A function failed to make its HTML: {func!r}, {args!r}, {kw!r}.")
        return PRE("An error occurred.")
