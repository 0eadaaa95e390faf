"""Twisted's commands, as far as they are no more than a call away from what they do."""

from __future__ import annotations
