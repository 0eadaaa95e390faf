"""The plugins that ``twisted.plugins`` has from Sennit, beside those of other distributions."""

from __future__ import annotations
