"""What is in twisted.web for its own sake: older ways of making and reading markup."""

from __future__ import annotations
