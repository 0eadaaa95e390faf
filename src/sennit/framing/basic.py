"""The receivers of framed messages, under one roof: lines, netstrings, length-prefixed strings, files."""

from __future__ import annotations

from sennit.framing.filesender import FileSender
from sennit.framing.lengths import (
    Int8StringReceiver,
    Int16StringReceiver,
    Int32StringReceiver,
    IntNStringReceiver,
    StringTooLongError,
)
from sennit.framing.lines import LineOnlyReceiver, LineReceiver
from sennit.framing.netstrings import IncompleteNetstring, NetstringParseError, NetstringReceiver
from sennit.framing.pausing import PauseableMixin as _PauseableMixin
from sennit.framing.stateful import StatefulStringProtocol

__all__ = [
    "DEBUG",
    "FileSender",
    "IncompleteNetstring",
    "Int8StringReceiver",
    "Int16StringReceiver",
    "Int32StringReceiver",
    "IntNStringReceiver",
    "LineOnlyReceiver",
    "LineReceiver",
    "NetstringParseError",
    "NetstringReceiver",
    "StatefulStringProtocol",
    "StringTooLongError",
    "_PauseableMixin",
]

DEBUG = 0
"""Has no effect; programs set it."""
