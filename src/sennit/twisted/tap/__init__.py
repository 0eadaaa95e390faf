"""``twisted.tap``: services as plug-ins for ``twist`` and ``twistd``."""

from __future__ import annotations
