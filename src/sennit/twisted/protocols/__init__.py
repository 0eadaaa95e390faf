"""Small protocols that exist only because Twisted has them."""

from __future__ import annotations
