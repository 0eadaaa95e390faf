"""The contenders: programs for Twisted that run on both, and what others would write instead."""

from __future__ import annotations
