"""A program for Twisted that has a reactor, and ends."""

from __future__ import annotations

from twisted.internet import reactor

assert not reactor.running
