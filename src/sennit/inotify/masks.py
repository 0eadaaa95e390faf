"""What can happen to a file or folder, as the bits of a mask (inotify(7)); the room's face lists them."""

from __future__ import annotations

from typing import Final

IN_ACCESS: Final = 0x1
IN_MODIFY: Final = 0x2
IN_ATTRIB: Final = 0x4
IN_CLOSE_WRITE: Final = 0x8
IN_CLOSE_NOWRITE: Final = 0x10
IN_OPEN: Final = 0x20
IN_MOVED_FROM: Final = 0x40
IN_MOVED_TO: Final = 0x80
IN_CREATE: Final = 0x100
IN_DELETE: Final = 0x200
IN_DELETE_SELF: Final = 0x400
IN_MOVE_SELF: Final = 0x800

# Told without being asked for.
IN_UNMOUNT: Final = 0x2000
IN_Q_OVERFLOW: Final = 0x4000
IN_IGNORED: Final = 0x8000
IN_ISDIR: Final = 0x40000000

# How to watch.
IN_ONLYDIR: Final = 0x1000000
IN_DONT_FOLLOW: Final = 0x2000000
IN_MASK_ADD: Final = 0x20000000
IN_ONESHOT: Final = 0x80000000

IN_CLOSE: Final = IN_CLOSE_WRITE | IN_CLOSE_NOWRITE
IN_MOVED: Final = IN_MOVED_FROM | IN_MOVED_TO
IN_CHANGED: Final = IN_MODIFY | IN_ATTRIB
IN_WATCH_MASK: Final = (
    IN_CHANGED | IN_MOVED | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT
)
"""Everything that changes something."""

_NAMES: Final = {
    IN_ACCESS: "access",
    IN_MODIFY: "modify",
    IN_ATTRIB: "attrib",
    IN_CLOSE_WRITE: "close_write",
    IN_CLOSE_NOWRITE: "close_nowrite",
    IN_OPEN: "open",
    IN_MOVED_FROM: "moved_from",
    IN_MOVED_TO: "moved_to",
    IN_CREATE: "create",
    IN_DELETE: "delete",
    IN_DELETE_SELF: "delete_self",
    IN_MOVE_SELF: "move_self",
    IN_UNMOUNT: "unmount",
    IN_Q_OVERFLOW: "queue_overflow",
    IN_IGNORED: "ignored",
    IN_ONLYDIR: "only_dir",
    IN_DONT_FOLLOW: "dont_follow",
    IN_MASK_ADD: "mask_add",
    IN_ISDIR: "is_dir",
    IN_ONESHOT: "one_shot",
}


def humanReadableMask(mask: int) -> list[str]:
    """Return the names of the bits that are set, such as ``["create", "is_dir"]``."""
    return [name for bit, name in _NAMES.items() if mask & bit]
