"""Media types by file name."""

from __future__ import annotations

import mimetypes
import os.path
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["getTypeAndEncoding", "loadMimeTypes"]

_OURS = {
    ".conf": "text/plain",
    ".diff": "text/plain",
    ".flac": "audio/x-flac",
    ".java": "text/plain",
    ".ogg": "application/ogg",
    ".oz": "text/x-oz",
    ".swf": "application/x-shockwave-flash",
    ".tgz": "application/x-gtar",
    ".wml": "text/vnd.wap.wml",
    ".xul": "application/vnd.mozilla.xul+xml",
    ".patch": "text/plain",
}


def loadMimeTypes(
    mimetype_locations: Sequence[str] | None = None,
    init: Callable[[Sequence[str] | None], Any] = mimetypes.init,
) -> dict[str, str]:
    """Return media types by file name extension: the standard library's, the system's and some more.

    Args:
        mimetype_locations: Files to read them from, in the form of ``mime.types``; None for the usual places.
        init: What reads them.
    """
    init(mimetype_locations)
    return {**mimetypes.types_map, **_OURS}


def getTypeAndEncoding(
    filename: str, types: Mapping[str, str], encodings: Mapping[str, str], defaultType: str
) -> tuple[str, str | None]:
    """Return the media type and the content coding that a file's name stands for.

    Args:
        filename: The file's name.
        types: Media types by extension.
        encodings: Content codings by extension.
        defaultType: The media type of names that `types` does not know.
    """
    stem, extension = os.path.splitext(filename)
    extension = extension.lower()
    encoding = encodings.get(extension)
    if encoding is not None:
        extension = os.path.splitext(stem)[1].lower()
    return types.get(extension, defaultType), encoding
