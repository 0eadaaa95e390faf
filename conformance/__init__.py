"""What Twisted 26.10 offers, as data, and how much of it Sennit's drop-in does."""

from __future__ import annotations
