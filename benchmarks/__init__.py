"""Sennit measured beside what a user would pick instead, in one run, as ratios."""

from __future__ import annotations
