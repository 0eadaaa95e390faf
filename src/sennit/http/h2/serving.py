"""What a factory that speaks HTTP/2 loads, when it does."""

from __future__ import annotations

from sennit.http.h2.choosing import Chooser
from sennit.http.h2.server import Http2Channel

__all__ = ["Chooser", "Http2Channel"]
