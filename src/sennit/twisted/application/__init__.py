"""``twisted.application``, as far as it is more than `sennit.app`."""

from __future__ import annotations
