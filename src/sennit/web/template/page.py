"""`renderElement`: an element as the answer to a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sennit.core.deferred import CancelledError, Deferred
from sennit.core.failure import Failure
from sennit.log import Logger
from sennit.web.errors import FlattenerError
from sennit.web.request import NOT_DONE_YET
from sennit.web.template.flattening import flatten
from sennit.web.template.html_tags import tags

__all__ = ["renderElement"]

_log = Logger()


def renderElement(
    request: Any,
    element: Any,
    doctype: bytes | None = b"<!DOCTYPE html>",
    _failElement: Callable[[Failure], Any] | None = None,
) -> Any:
    """Answer a request with an element, written as it becomes known.

    An element that fails before anything of it was sent is answered with a 500.  When the client goes away,
    what the element waits for is cancelled.

    Args:
        request: The request; it is finished in time.
        element: The element.
        doctype: What to write before it; None for nothing.

    Returns:
        `NOT_DONE_YET`, for `render` to return.
    """
    answer = _Answer(request, doctype, _failElement)
    answer.begin(element)
    return NOT_DONE_YET


class _Answer:
    """A response being written from an element."""

    def __init__(self, request: Any, doctype: bytes | None, fail_element: Any) -> None:
        self._request = request
        self._opening = b"" if doctype is None else doctype + b"\n"
        self._fail_element = fail_element
        self._begun = False
        self._gone = False

    def begin(self, element: Any) -> None:
        done = flatten(self._request, element, self._write)
        notify = getattr(self._request, "notifyFinish", None)
        if notify is not None and not done.called:
            notify().addErrback(self._client_gone, done)
        done.addErrback(self._failed)
        done.addErrback(self._report)
        done.addBoth(self._finish)

    def _write(self, data: bytes) -> None:
        if not self._begun:
            self._begun = True
            data = self._opening + data
        self._request.write(data)

    def _client_gone(self, reason: Failure, done: Deferred[None]) -> None:
        self._gone = True
        done.cancel()

    def _failed(self, failure: Failure) -> Any:
        if self._gone and failure.check(FlattenerError) and _was_cancelled(failure.value):
            return None
        self._report(failure)
        if self._gone:
            return None
        if not self._begun:
            self._request.setResponseCode(500)
        site = getattr(self._request, "site", None)
        if getattr(site, "displayTracebacks", False):
            if self._fail_element is None:
                from sennit.web.failure_page import FailureElement

                self._fail_element = FailureElement
            shown: Any = self._fail_element(failure)
        else:
            shown = tags.div(
                "An error occurred while rendering the response.",
                style="font-size:800%;background-color:#FFF;color:#F00",
            )
        return flatten(self._request, shown, self._write)

    def _report(self, failure: Failure) -> None:
        _log.failure("An error occurred while rendering the response.", failure)

    def _finish(self, result: object) -> None:
        if self._gone:
            return
        if not self._begun and self._opening:
            self._write(b"")
        self._request.finish()


def _was_cancelled(error: Any) -> bool:
    return isinstance(error._exception, CancelledError)
