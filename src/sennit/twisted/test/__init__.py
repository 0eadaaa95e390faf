"""What programs' tests take from ``twisted.test``."""

from __future__ import annotations
