"""``twist``: runs one plug-in's service in the foreground."""

from __future__ import annotations
