"""The reactor of a process that chose none: on the best loop there is."""

from __future__ import annotations

from sennit.twisted.internet.asyncioreactor import install

__all__ = ["install"]
