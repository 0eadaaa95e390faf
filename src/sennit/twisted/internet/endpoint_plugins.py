"""Lets endpoint strings find the parsers that Twisted plugins offer; importing this is enough."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sennit.core.interfaces import (
    IStreamClientEndpointStringParserWithReactor,
    IStreamServerEndpointStringParser,
)
from sennit.endpoint.plugins import add_parser_source
from sennit.twisted.finder import installed
from sennit.twisted.plugin import getPlugins

__all__: list[str] = []


def _parsers() -> Iterator[Any]:
    if not installed():
        # It was, and its plugins with it.
        return
    yield from getPlugins(IStreamServerEndpointStringParser)
    yield from getPlugins(IStreamClientEndpointStringParserWithReactor)


add_parser_source(_parsers)
