"""``twisted.web.demo``: a page to see whether a server runs."""

from __future__ import annotations

from typing import Any

from sennit.web.static import Data

__all__ = ["Test"]

_PAGE = b"""<!DOCTYPE html>
<html><head><title>It works</title></head><body><p>Hello! This is a Sennit test page.</p></body></html>
"""


class Test(Data):
    """A page that says hello, whatever is asked for."""

    __test__ = False
    isLeaf = True

    def __init__(self) -> None:
        super().__init__(_PAGE, "text/html")

    def render_GET(self, request: Any) -> Any:
        """Say hello."""
        return super().render_GET(request)
