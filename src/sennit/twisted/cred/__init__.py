"""What only programs written for Twisted take from its ``twisted.cred``."""

from __future__ import annotations
