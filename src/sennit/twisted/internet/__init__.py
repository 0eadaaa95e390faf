"""The process-wide reactor that Twisted programs import, and the ways to choose it."""

from __future__ import annotations
