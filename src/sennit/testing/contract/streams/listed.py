"""The list that the contract's checks are in, and what they share."""

from __future__ import annotations

from sennit.testing.contract.checks import Checks
from sennit.testing.contract.kinds import StreamCase

__all__ = ["BIG", "check"]

BIG = 6_000_000
"""More bytes than any system holds for a stream."""

check: Checks[StreamCase] = Checks()
