"""Home pages: ``/~name/`` is a directory in the home of a user of the system."""

from __future__ import annotations

import pwd
from pathlib import Path
from typing import Any

from sennit.core.components import proxyForInterface
from sennit.web.interfaces import IResource
from sennit.web.pages import notFound
from sennit.web.static import File

__all__ = ["WithHomePages"]


class WithHomePages(proxyForInterface(IResource)):  # type: ignore[misc]  # the base is made here
    """A resource, and beside its children the home pages of users.

    Args:
        original: The resource, which may be no leaf.
        directory: The directory in each home.
        users: What knows users: ``getpwnam(name)``; the system if None.
    """

    isLeaf = False

    def __init__(self, original: Any, directory: str = "public_html", users: Any = None) -> None:
        super().__init__(original)
        self._directory = directory
        self._users = pwd if users is None else users

    def getChildWithDefault(self, name: bytes, request: Any) -> Any:
        """Return a user's pages for ``~name``, else the resource's child."""
        if not name.startswith(b"~"):
            if self.original.isLeaf:
                # It answers for its paths itself, and wants to see them whole.
                request.postpath.insert(0, request.prepath.pop())
                return self.original
            return self.original.getChildWithDefault(name, request)
        try:
            home = Path(self._users.getpwnam(name[1:].decode("ascii"))[5])
        except (KeyError, ValueError):
            return notFound()
        pages = home / self._directory
        # Links lead out of a home only for those who may read there anyway: nobody else's pages are shown.
        return File(str(pages), "text/plain") if pages.is_dir() else notFound()
